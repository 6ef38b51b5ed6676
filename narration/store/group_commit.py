"""Group commit: what many sessions want to write at one moment is one transaction."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from narration.errors import StoreError
from narration.store.failures import our_error
from narration.store.job_thread import Failed, Job, JobThread, attempt
from narration.store.patience import Patience
from narration.store.turns import Turns

__all__ = ["GATHER_SECONDS", "GroupCommit", "Transaction"]

T = TypeVar("T")
R = TypeVar("R")

GATHER_SECONDS = 0.25
"""So long after the last transaction a job that nobody waits for waits for others to share the
next one.
"""


class Transaction(sqlite3.Connection):
    """The connection that jobs write with.

    `found` is for what a job wants to leave to those that follow in the same transaction;
    it is forgotten with it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found: dict[object, Any] = {}


MOST_UNHURRIED = 4
"""So many jobs that nobody waits for share a transaction at most: each may write a sentence's
audio, and whoever begins a scene meanwhile waits for all of them.
"""


class GroupCommit:
    """Gathers jobs while another transaction runs, and a moment after it if nobody waits for
    them; then runs them in the order in which they came, in one transaction, and in one hop
    to the thread.  Those that somebody waits for overtake the others, but for the first few,
    which they take along.

    A job that fails is undone, and no other.  If the transaction as a whole fails (the disk
    is full, another program holds the file), all of its jobs do, and the next one is tried.

    Who adds jobs bounds how many wait: a session has one or two on their way, a request one.

    Args:
        thread: has the connection.
        turns: shared with all who write to the same file.
        gather_seconds: how long after a transaction jobs may wait for others.
        patience: how long to wait for another program.
        wrote: told after each transaction.
    """

    def __init__(
        self,
        thread: JobThread[Transaction],
        turns: Turns,
        gather_seconds: float,
        patience: Patience,
        wrote: Callable[[], None],
    ) -> None:
        self._patience = patience
        self._wrote = wrote
        self._thread = thread
        self._turns = turns
        self._gather_seconds = gather_seconds
        self._loop = asyncio.get_running_loop()
        self._urgent: list[Job] = []
        self._unhurried: deque[Job] = deque()
        self._queued: object | None = None
        """The turn that is asked for, if one is."""
        self._timer: asyncio.TimerHandle | None = None
        self._ran_at = -math.inf

    def add(
        self,
        run: Callable[[Transaction], T],
        then: Callable[[T], R] | None,
        *,
        soon: bool,
    ) -> asyncio.Future[Any]:
        """Have a job done; `soon`, with the first few of those that wait already."""
        future: asyncio.Future[Any] = self._loop.create_future()
        job = Job(run, then, future)
        if soon:
            self._urgent.append(job)
            self._queue()
            return future
        self._unhurried.append(job)
        if self._timer is None and not self._queued:
            # Those of this turn of the loop share a transaction in any case.
            seconds = self._ran_at + self._gather_seconds - self._loop.time()
            self._timer = self._loop.call_later(max(seconds, 0.0), self._queue)
        return future

    def seal(self) -> None:
        """Let the jobs that wait go before whoever takes a turn now, and no later ones."""
        self._forget_timer()
        self._queued = None  # What has asked for a turn goes in a turn of its own, now.
        while jobs := self._next():
            self._turns.take(partial(self._run, jobs))

    def _queue(self) -> None:
        self._forget_timer()
        if self._queued is None and (self._urgent or self._unhurried):
            self._queued = turn = object()
            self._turns.take(partial(self._begin, turn))

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self, turn: object) -> None:
        if turn is not self._queued:  # Its jobs were sealed meanwhile.
            self._turns.give_back()
            return
        self._queued = None
        self._run(self._next())

    def _next(self) -> list[Job]:
        """What goes into one transaction."""
        count = min(len(self._unhurried), MOST_UNHURRIED)
        jobs = [self._unhurried.popleft() for _ in range(count)] + self._urgent
        self._urgent = []
        return jobs

    def _run(self, jobs: list[Job]) -> None:
        self._ran_at = self._loop.time()
        runs = [job.run for job in jobs]
        self._thread.hop(partial(_commit, self._patience, runs), partial(self._end, jobs))

    def _end(self, jobs: Sequence[Job], outcomes: Sequence[Any]) -> None:
        try:
            for job, outcome in zip(jobs, outcomes, strict=True):
                job.settle(outcome)
        finally:
            # Not before: what a job learns of its result counts for the next group.
            self._turns.give_back()
        self._wrote()
        if self._timer is None or len(self._unhurried) >= MOST_UNHURRIED:
            self._queue()  # More have waited than one transaction takes.


def _commit(
    patience: Patience, runs: Sequence[Callable[[Transaction], Any]], connection: Transaction
) -> Sequence[Any]:
    """The results of all of them, in order, or `Failed`.  In the thread; does not raise."""
    outcomes: list[Any] = []
    try:
        patience.begin(connection)
        for run in runs:
            outcomes.append(_attempt(connection, run))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _roll_back(connection)
        return [Failed(StoreError(f"the database failed: {error}")) for _ in runs]
    finally:
        connection.found.clear()
    return outcomes


def _attempt(connection: Transaction, run: Callable[[Transaction], Any]) -> Any:
    """What comes of one job."""
    connection.execute("SAVEPOINT job")
    outcome = attempt(run, connection)
    if isinstance(outcome, Failed):
        if not connection.in_transaction:
            # SQLite has undone all of them by itself, as it may when the disk is full.
            raise sqlite3.OperationalError(str(outcome.error))
        connection.execute("ROLLBACK TO job")
        outcome = Failed(our_error(outcome.error))
    connection.execute("RELEASE job")
    return outcome


def _roll_back(connection: Transaction) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        # Then `BEGIN` says so the next time, and it is tried again.
        return
