"""The connections to a database file: two that write in turn, a few that read."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import PoolResetState

from narration.store.failures import our_errors
from narration.store.group_commit import Transaction
from narration.store.patience import LOOK_SECONDS, Patience
from narration.store.schema import migrate

__all__ = ["Connections", "connect"]

C = TypeVar("C", bound=sqlite3.Connection)

_READERS = 2
_READ_WAIT_SECONDS = 30.0


class Connections(NamedTuple):
    """SQLAlchemy's, which connect when they are needed, and those for jobs in plain SQL."""

    readers: AsyncEngine
    writer: AsyncEngine
    committing: Transaction
    looking_up: sqlite3.Connection
    checkpointing: sqlite3.Connection
    patience: Patience


def connect(path: Path) -> Connections:
    """Connect to a database, which is created or migrated before.  Blocks.

    Raises:
        StoreError: that cannot be done.
    """
    migrate(path)
    url = URL.create("sqlite+aiosqlite", database=str(path))
    with our_errors():
        committing = _handed_over(path, Transaction)
        _set_up_to_write(committing)
        looking_up = _handed_over(path, sqlite3.Connection)
        _set_up_to_read(looking_up)
        checkpointing = _handed_over(path, sqlite3.Connection)
        _set_up_to_write(checkpointing)
    patience = Patience()
    return Connections(
        _reading(url), _writing(url, patience), committing, looking_up, checkpointing, patience
    )


def _handed_over(path: Path, factory: type[C]) -> C:
    """A connection for a thread of its own."""
    return sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, factory=factory
    )


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")


def _set_up_to_write(connection: sqlite3.Connection) -> None:
    _set_up(connection)
    connection.execute(f"PRAGMA busy_timeout={LOOK_SECONDS * 1_000:.0f}")  # See `Patience`.
    # With the WAL this loses nothing when the process dies; when the power fails it
    # loses the last moments, and no consistency.  FULL would wait for the disk each time.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA journal_size_limit=67108864")
    # Else some builds write zeros over all that is deleted, which takes as much room again.
    connection.execute("PRAGMA secure_delete=FAST")
    # In pages, 64 MB.  Most of it is copied by then (`Checkpoints`).  While somebody writes
    # without a pause this is where the WAL begins anew; at 16 MB one commit in a hundred took
    # 40 ms, measured, and at 64 MB less than 1 ms.
    connection.execute("PRAGMA wal_autocheckpoint=4096")


def _set_up_to_read(connection: sqlite3.Connection) -> None:
    _set_up(connection)
    # Whoever reads has to wait only while a file is being put in order after a crash.
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA query_only=ON")


class _Writer(sqlite3.Connection):
    """Made on the thread that aiosqlite keeps for it, which thus gets its name here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        threading.current_thread().name = "narration-db-writer"
        _set_up_to_write(self)


class _Reader(sqlite3.Connection):
    """Made on the thread that aiosqlite keeps for it, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        threading.current_thread().name = "narration-db-reader"
        _set_up_to_read(self)


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


def _writing(url: URL, patience: Patience) -> AsyncEngine:
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

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.run_async(patience.begin_async)

    return engine
