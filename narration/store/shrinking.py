"""Gives the room that deleted audio leaves in the database back to the disk."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from narration.errors import StoreError

__all__ = ["make_shrinkable", "shrink"]

logger = logging.getLogger(__name__)

_LOCK_SECONDS = 30.0
_PAGES_AT_ONCE = 250
_BREAK_SECONDS = 0.05
"""Whoever wants to write meanwhile looks again and again, and needs time to find it free."""
_INCREMENTAL = 2


def make_shrinkable(path: Path) -> None:
    """Rewrite a file that cannot give room back, as those of earlier versions.  Blocks.

    Where that does not succeed it is as it was, until the next start: its room is used again,
    and not given back.
    """
    with closing(sqlite3.connect(path, _LOCK_SECONDS, isolation_level=None)) as database:
        if _number(database, "auto_vacuum") == _INCREMENTAL:
            return
        content = _number(database, "page_count") - _number(database, "freelist_count")
        needed = 2 * content * _number(database, "page_size")  # The new file, and its log.
        if shutil.disk_usage(path.parent).free < needed:
            logger.warning(
                "%s will not become smaller when audio is deleted; to be rewritten for that "
                "it needs %d MB of free disk, once, when the server starts",
                path,
                needed // 1_000_000 + 1,
            )
            return
        try:
            database.execute("PRAGMA auto_vacuum=INCREMENTAL")
            database.execute("VACUUM")
        except sqlite3.OperationalError as error:  # The disk is full, say.
            logger.warning("%s will not become smaller when audio is deleted: %s", path, error)


def shrink(path: Path) -> None:
    """Make the file as small as its content.  Blocks; others can use it meanwhile.

    Raises:
        StoreError: they do not let go of it, or it cannot be written.
    """
    try:
        _shrink(path)
    except sqlite3.Error as error:
        raise StoreError(
            f"the room cannot be given back to the disk now ({error}); try again later"
        ) from error


def _shrink(path: Path) -> None:
    with closing(sqlite3.connect(path, _LOCK_SECONDS, isolation_level=None)) as database:
        free = _number(database, "freelist_count")
        while free:
            # As a script: of a statement by itself, the driver runs the first step only.
            database.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
            before, free = free, _number(database, "freelist_count")
            if free >= before:  # The file cannot, or others free more than we give back.
                break
            time.sleep(_BREAK_SECONDS)
        # What others look at stays in the log until they have done so.
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _number(database: sqlite3.Connection, pragma: str) -> int:
    number: int = database.execute(f"PRAGMA {pragma}").fetchone()[0]
    return number
