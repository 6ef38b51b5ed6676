"""The one way to the database file: who reads, who writes, and whose turn it is."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar, overload

from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import StoreError
from narration.store.checkpoints import Checkpoints
from narration.store.connections import Connections, connect
from narration.store.failures import DiskFull, our_errors
from narration.store.group_commit import GATHER_SECONDS, GroupCommit, Transaction
from narration.store.job_thread import JobThread
from narration.store.look_ups import LookUps
from narration.store.reserve import Reserve
from narration.store.turns import Turns

__all__ = ["Database"]

R = TypeVar("R")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Database:
    """Reads side by side, writes one after the other.

    SQLite lets one connection write at a time.  Were there several, they would fail with
    "database is locked" under load; so they take turns, in the order in which they were asked.

    What a session does again and again is a job in plain SQL, which shares its hop to
    a thread and its transaction with others (`commit`, `look_up`).  What people ask for
    now and then is put together by SQLAlchemy (`write`, `reading`).
    """

    def __init__(
        self, connections: Connections, gather_seconds: float, reserve: Reserve
    ) -> None:
        self.reserve = reserve
        self._readers = connections.readers
        self._writer = connections.writer
        self._turns = Turns()
        self._committing = JobThread(connections.committing, "narration-db-commits")
        self._looking_up = JobThread(connections.looking_up, "narration-db-look-ups")
        self._checkpoints = Checkpoints(
            JobThread(connections.checkpointing, "narration-db-checkpoints")
        )
        self._commits = GroupCommit(
            self._committing,
            self._turns,
            gather_seconds,
            connections.patience,
            self._checkpoints.wrote,
        )
        self._patience = connections.patience
        self._look_ups = LookUps(self._looking_up)
        self._reads = 0
        self._no_reads = asyncio.Event()
        self._no_reads.set()
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, gather_seconds: float = GATHER_SECONDS) -> Self:
        """Create or migrate the file, and connect to it.

        Raises:
            StoreError: that cannot be done.
        """
        # A thread of its own, which ends here; the default executor's would stay.
        thread = ThreadPoolExecutor(1, "narration-db-migration")
        try:
            connections = await asyncio.get_running_loop().run_in_executor(
                thread, connect, path
            )
        finally:
            thread.shutdown(wait=False)
        return cls(connections, gather_seconds, Reserve(path))

    def end_waits_in(self, seconds: float) -> None:
        """In so many seconds, and from then on, no write waits for another program."""
        self._patience.end_in(seconds)

    async def close(self) -> None:
        """Finish what was begun, and disconnect; idempotent."""
        self._closed = True
        self._commits.seal()
        await self._turns.idle()
        await self._look_ups.idle()
        # A connection that is in use now would outlive its pool.
        await self._no_reads.wait()
        # The last connection to close folds the WAL into the file, so it must be a writer.
        await self._readers.dispose()
        await self._looking_up.close()
        await self._checkpoints.close()
        await self._committing.close()
        await self._writer.dispose()

    @overload
    def commit(
        self, job: Callable[[Transaction], T], *, soon: bool = ...
    ) -> asyncio.Future[T]: ...

    @overload
    def commit(
        self, job: Callable[[Transaction], T], then: Callable[[T], R], *, soon: bool = ...
    ) -> asyncio.Future[R]: ...

    def commit(
        self,
        job: Callable[[Transaction], T],
        then: Callable[[T], Any] | None = None,
        *,
        soon: bool = False,
    ) -> asyncio.Future[Any]:
        """Have `job` write, in a transaction that it shares; all of it happens, or nothing.

        It runs in a thread.  Jobs run in the order of the calls, but those that are to be done
        `soon` may overtake others.  A caller that cancels the future stops waiting, and the
        job is done all the same.

        Args:
            job: what it returns is the result.
            then: given the result on the event loop, when it is committed and before the next
                transaction begins; the future has what this returns or raises.
            soon: somebody waits for it.
        """
        if self._closed:
            return _refused()
        return self._commits.add(job, then, soon=soon)

    def commit_unheard(self, job: Callable[[Transaction], None]) -> None:
        """Like `commit`, for what nobody waits for: a failure is logged.

        When the database is being closed it is left out.
        """
        if not self._closed:
            self._commits.add(job, None, soon=False).cancel()

    def look_up(self, job: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Have `job` read, in a thread, together with what others look up at this moment."""
        return _refused() if self._closed else self._look_ups.add(job)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with; each statement sees the latest commit."""
        self._refuse_if_closed()
        self._reads += 1
        self._no_reads.clear()
        try:
            with our_errors():
                async with self._readers.connect() as connection:
                    yield connection
        finally:
            self._reads -= 1
            if not self._reads:
                self._no_reads.set()

    async def write(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `change` in a transaction of its own; all of it happens, or nothing.

        Writes happen in the order of the calls.  A caller that is cancelled stops
        waiting, and its write is done all the same: a transaction that
        ends in the middle would cost the next writer its connection.
        """
        self._refuse_if_closed()
        task = self._begin(change)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_log_failure)
            raise

    async def delete(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """The same, for what makes room: it may use what is kept back on a full disk."""
        try:
            return await self.write(change)
        except DiskFull:
            if not await asyncio.to_thread(self.reserve.release):
                raise
        return await self.write(change)

    def _begin(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> asyncio.Task[T]:
        turn = asyncio.get_running_loop().create_future()

        def begin() -> None:
            if turn.cancelled():
                self._turns.give_back()
            else:
                turn.set_result(None)

        def done(_: asyncio.Task[T]) -> None:
            if turn.done() and not turn.cancelled():
                self._turns.give_back()
            turn.cancel()  # It may not have had its turn, and is not to get one.

        self._commits.seal()
        self._turns.take(begin)
        task = asyncio.create_task(self._transact(turn, change), name="narration-db-write")
        task.add_done_callback(done)
        return task

    async def _transact(
        self, turn: asyncio.Future[None], change: Callable[[AsyncConnection], Awaitable[T]]
    ) -> T:
        await turn
        with our_errors():
            async with self._writer.begin() as connection:
                result = await change(connection)
        self._checkpoints.wrote()
        return result

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreError("the database is closed")


def _refused() -> asyncio.Future[Any]:
    refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    refused.set_exception(StoreError("the database is closed"))
    return refused


def _log_failure(write: asyncio.Task[Any]) -> None:
    if not write.cancelled() and (error := write.exception()):
        _log.error("a write that nobody waited for failed: %s", error)
