"""Brings a database file to this version's schema, before anything else uses it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from narration.errors import StoreError
from narration.store.shrinking import make_shrinkable

__all__ = ["migrate"]

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK_SECONDS = 30.0


_PAGE_BYTES = 16_384
"""Of a new file.  Most of it is audio, 50 kB a second until it is compressed: to write it
takes 290 us of CPU a sentence in such pages, and 440 us in SQLite's own of 4 kB.
"""


def migrate(path: Path) -> None:
    """Create the database at `path`, or bring it up to date.  Blocks.

    All steps are one transaction: the file is either migrated or as it was.

    Raises:
        StoreError: it cannot be opened, is no database of ours, or is newer than we are.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It holds people's stories and keys: its owner's eyes only.  WAL files follow suit.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be opened ({error.strerror}); see store.path"
        ) from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={"timeout": _LOCK_SECONDS, "isolation_level": None},
    )

    # Room that audio leaves can be given back to the disk, which a file has to know from its
    # first table on, like how large its pages are.
    @event.listens_for(engine, "connect")
    def _shrinkable(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        if not connection.execute("PRAGMA auto_vacuum").fetchone()[0]:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")

    # Begun by hand: the driver by itself leaves changes of tables outside of transactions,
    # and so half a migration behind.  Immediate: of two servers that start, one waits.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            _upgrade(connection, path)
        _use_wal(path)
        make_shrinkable(path)
    except (DatabaseError, sqlite3.DatabaseError) as error:
        reason = error.orig if isinstance(error, DatabaseError) else error
        raise StoreError(
            f"{path} cannot be used as a database ({reason}); see store.path"
        ) from error
    finally:
        engine.dispose()


def _use_wal(path: Path) -> None:
    """Let readers and the writer go on side by side, from now on: the file remembers it."""
    give_up = time.monotonic() + _LOCK_SECONDS
    with closing(sqlite3.connect(path, _LOCK_SECONDS)) as database:
        while True:
            try:
                database.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                # For this one change SQLite does not wait for others by itself.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                    raise
                time.sleep(0.05)


def _upgrade(connection: Connection, path: Path) -> None:
    """Bring the schema up to date."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None and inspect(connection).get_table_names():
        raise StoreError(f"{path} is another program's database; see store.path")
    if current not in {None, *(step.revision for step in steps.walk_revisions())}:
        raise StoreError(
            f"the database {path} was written by a newer version of Narration "
            f"(schema {current}, this one knows {steps.get_current_head()}); "
            "install that version, or name another file in store.path"
        )
    if current != steps.get_current_head():
        command.upgrade(config, "head")
