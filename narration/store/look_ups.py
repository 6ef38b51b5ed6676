"""Reads that many sessions need: those of one moment go to the database in one hop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from narration.store.failures import our_error
from narration.store.job_thread import Failed, Job, JobThread, attempt

__all__ = ["LookUps"]

T = TypeVar("T")


class LookUps:
    """Never waits for a writer.  Each statement sees the latest commit.

    A session looks up as many sentences at once as it has voices, which bounds the queue.
    """

    def __init__(self, thread: JobThread[sqlite3.Connection]) -> None:
        self._thread = thread
        self._loop = asyncio.get_running_loop()
        self._jobs: list[Job] = []
        self._busy = False
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, run: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Have something looked up."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.append(Job(run, None, future))
        if not self._busy:
            self._begin()
        return future

    async def idle(self) -> None:
        """Wait until nothing is being looked up."""
        await self._idle.wait()

    def _begin(self) -> None:
        self._busy = True
        self._idle.clear()
        jobs, self._jobs = self._jobs, []
        wanted = [job for job in jobs if not job.future.cancelled()]
        runs = [job.run for job in wanted]
        self._thread.hop(partial(_read, runs), partial(self._end, wanted))

    def _end(self, jobs: Sequence[Job], outcomes: Sequence[Any]) -> None:
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.settle(outcome)
        if self._jobs:
            self._begin()
        else:
            self._busy = False
            self._idle.set()


def _read(
    runs: Sequence[Callable[[sqlite3.Connection], Any]], connection: sqlite3.Connection
) -> Sequence[Any]:
    outcomes = [attempt(run, connection) for run in runs]
    return [Failed(our_error(it.error)) if isinstance(it, Failed) else it for it in outcomes]
