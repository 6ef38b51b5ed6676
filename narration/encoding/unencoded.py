"""Reads the recordings that are not encoded yet, and never keeps the database waiting."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["UnencodedRecordings"]

_BUSY_SECONDS = 10.0
# `fetchall` on one row, and not `fetchone`: with it the statement ends, and its read
# transaction, beyond which the WAL cannot be folded into the file.
_NEXT = """
SELECT id, audio FROM recordings WHERE encoded = 0 AND id > ? ORDER BY id LIMIT 1 OFFSET ?
"""


class UnencodedRecordings:
    """A connection that can only read; between two calls it holds nothing of the database.

    It could not write either without harm: who waits for SQLite's write lock would wait for
    a process that runs only when nobody else wants to (a priority inversion).

    Args:
        path: the database.  That it exists is the server's business.

    Raises:
        sqlite3.Error: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            timeout=_BUSY_SECONDS,
        )
        # Every page is read once, so a cache would be for nothing.
        self._connection.execute("PRAGMA cache_size=-64")

    def next(self, after: int, pass_over: int) -> tuple[int, object] | None:
        """Id and audio of the first recording after `after`, or a later one if some are
        passed over; None without one.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        rows = self._connection.execute(_NEXT, (after, pass_over)).fetchall()
        return rows[0] if rows else None

    def close(self) -> None:
        """Disconnect; idempotent."""
        self._connection.close()
