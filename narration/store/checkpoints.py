"""Copies what was committed from the WAL into the database, beside whoever writes."""

from __future__ import annotations

import asyncio
import logging
import sqlite3

from narration.store.job_thread import Failed, JobThread, attempt

__all__ = ["CHECKPOINT_SECONDS", "Checkpoints"]

CHECKPOINT_SECONDS = 1.0
"""So long after a write, at the latest, it is on its way into the database."""

_log = logging.getLogger(__name__)


class Checkpoints:
    """SQLite would do it in the middle of a commit, of every so many, and wait for the disk
    there; and whoever begins a scene at that moment would wait with it.  Here nobody does:
    others may write meanwhile.

    Args:
        thread: has a connection that may write.
    """

    def __init__(self, thread: JobThread[sqlite3.Connection]) -> None:
        self._thread = thread
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._running = self._again = False
        self._failing = self._closed = False

    def wrote(self) -> None:
        """Something was committed."""
        if self._running:
            self._again = True
        elif self._timer is None and not self._closed:
            self._timer = self._loop.call_later(CHECKPOINT_SECONDS, self._begin)

    async def close(self) -> None:
        """End the thread, and its connection; idempotent."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        await self._thread.close()

    def _begin(self) -> None:
        self._timer = None
        self._running, self._again = True, False
        self._thread.hop(lambda connection: attempt(_checkpoint, connection), self._end)

    def _end(self, outcome: bool | Failed) -> None:
        self._running = False
        failed = isinstance(outcome, Failed)
        if isinstance(outcome, Failed) and not self._failing:
            # Until then the WAL grows.
            _log.warning("the WAL cannot be copied for now: %s", outcome.error)
        self._failing = failed
        if self._again or outcome is not True:
            self.wrote()


def _checkpoint(connection: sqlite3.Connection) -> bool:
    """As far as readers let it, and holding nobody up; return whether that was all."""
    [(busy, frames, copied)] = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return not busy and frames == copied
