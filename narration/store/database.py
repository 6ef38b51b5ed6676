"""The connections to the database: one that writes, a few that read."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolResetState

from narration.errors import Conflict, NotFound, StoreError
from narration.store.schema import migrate

__all__ = ["Database"]

T = TypeVar("T")

_READERS = 2
_READ_WAIT_SECONDS = 30.0
_log = logging.getLogger(__name__)


class _Connection(sqlite3.Connection):
    """Made on the thread that aiosqlite keeps for it, which thus gets its name here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA foreign_keys=ON")
        # Other programs may hold the file for a moment: a backup, sqlite3 in a shell.
        self.execute("PRAGMA busy_timeout=10000")


class _Writer(_Connection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        threading.current_thread().name = "narration-db-writer"
        # With the WAL this loses nothing when the process dies; when the power fails it
        # loses the last moments, and no consistency.  FULL would wait for the disk each time.
        self.execute("PRAGMA synchronous=NORMAL")
        self.execute("PRAGMA journal_size_limit=67108864")


class _Reader(_Connection):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        threading.current_thread().name = "narration-db-reader"
        self.execute("PRAGMA query_only=ON")


class Database:
    """Reads side by side, writes one after the other.

    SQLite lets one connection write at a time.  Were there several, they would
    fail with "database is locked" under load; so there is one, and a queue for it.
    """

    def __init__(self, readers: AsyncEngine, writer: AsyncEngine) -> None:
        self._readers = readers
        self._writer = writer
        self._turn = asyncio.Lock()
        self._writes: set[asyncio.Task[Any]] = set()
        self._reads = 0
        self._no_reads = asyncio.Event()
        self._no_reads.set()
        self._closed = False

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Create or migrate the file, and connect to it.

        Raises:
            StoreError: that cannot be done.
        """
        # A thread of its own, which ends here; the default executor's would stay.
        thread = ThreadPoolExecutor(1, "narration-db-migration")
        try:
            engines = await asyncio.get_running_loop().run_in_executor(thread, _open, path)
        finally:
            thread.shutdown(wait=False)
        return cls(*engines)

    async def close(self) -> None:
        """Finish what was begun, and disconnect; idempotent."""
        self._closed = True
        if self._writes:
            await asyncio.wait(self._writes)
        # A connection that is in use now would outlive its pool.
        await self._no_reads.wait()
        # The last connection to close folds the WAL into the file, so it must be the writer.
        await self._readers.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with; each statement sees the latest commit."""
        self._refuse_if_closed()
        self._reads += 1
        self._no_reads.clear()
        try:
            with _errors():
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

    def write_soon(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> None:
        """Like `write`, for what nobody needs to wait for: a failure is logged.

        When the database is being closed it is left out.
        """
        if not self._closed:
            self._begin(change).add_done_callback(_log_failure)

    def _begin(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> asyncio.Task[T]:
        task = asyncio.create_task(self._transact(change), name="narration-db-write")
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return task

    async def _transact(self, change: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        # The pool would let one writer in at a time as well, but not in their order.
        async with self._turn:
            with _errors():
                async with self._writer.begin() as connection:
                    return await change(connection)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreError("the database is closed")


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the database's errors into ours."""
    try:
        yield
    except OverflowError as error:
        # A number that no row can have, because no column can hold it.
        raise NotFound("there is no such thing") from error
    except IntegrityError as error:
        if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_FOREIGNKEY":
            raise NotFound("what this belongs to does not exist") from error
        raise Conflict("this is stored already") from error
    except PoolTimeout as error:
        raise StoreError("the database is overloaded; try again later") from error
    except DBAPIError as error:
        raise StoreError(f"the database failed: {error.orig}") from error
    except StatementError as error:
        raise StoreError("this cannot be stored") from error
    except sqlite3.Error as error:  # What `_begin` runs is the driver's own.
        raise StoreError(f"the database failed: {error}") from error


def _open(path: Path) -> tuple[AsyncEngine, AsyncEngine]:
    """The engines that read and that write, on a database that is up to date.  Blocks."""
    migrate(path)
    url = URL.create("sqlite+aiosqlite", database=str(path))
    return _reading(url), _writing(url)


def _reading(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,  # Errors are logged, and the story is not.
        pool_size=_READERS,
        max_overflow=0,
        pool_timeout=_READ_WAIT_SECONDS,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        connect_args={"factory": _Reader},
    )


def _writing(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        # The pool would roll back after every commit: a trip to the thread for nothing.
        pool_reset_on_return=None,
        connect_args={"factory": _Writer, "isolation_level": None},
    )

    # Where a commit fails (the disk is full, say), its transaction may still be open, and the
    # next one could not begin.
    @event.listens_for(engine.sync_engine, "reset")
    def _reset(driver: Any, _record: object, state: PoolResetState) -> None:
        if not state.terminate_only and driver.driver_connection.in_transaction:
            driver.rollback()

    # Immediate: what a change reads before it writes is still true when it writes.
    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.run_async(lambda sqlite: sqlite.execute("BEGIN IMMEDIATE"))

    return engine


def _log_failure(write: asyncio.Task[Any]) -> None:
    if not write.cancelled() and (error := write.exception()):
        _log.error("a write that nobody waited for failed: %s", error)
