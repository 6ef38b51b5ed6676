"""How long writes wait for another program that holds the database file."""

from __future__ import annotations

import math
import sqlite3
import time

import aiosqlite

__all__ = ["LOOK_SECONDS", "Patience"]

LOOK_SECONDS = 0.05
"""So long SQLite waits by itself; in between it is looked whether the time is up."""

_WAIT_SECONDS = 10.0
"""Other programs may hold the file for a moment: a backup, sqlite3 in a shell."""

_BEGIN = "BEGIN IMMEDIATE"
"""Immediate: what a transaction reads before it writes is still true when it writes."""


class Patience:
    """Each transaction waits for some seconds; and none any longer once the time for all of
    them is up, so that a server that ends does not wait for one after the other.
    """

    def __init__(self) -> None:
        self._end = math.inf

    def end_in(self, seconds: float) -> None:
        """In so many seconds the time is up."""
        self._end = time.monotonic() + seconds

    def begin(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction.  Blocks.

        Raises:
            sqlite3.Error: it cannot begin.
        """
        started = time.monotonic()
        while True:
            try:
                connection.execute(_BEGIN)
            except sqlite3.OperationalError as error:
                self._check(started, error)
            else:
                return

    async def begin_async(self, connection: aiosqlite.Connection) -> None:
        """The same, on a connection that has a thread of its own."""
        started = time.monotonic()
        while True:
            try:
                await connection.execute(_BEGIN)
            except sqlite3.OperationalError as error:
                self._check(started, error)
            else:
                return

    def _check(self, started: float, error: sqlite3.OperationalError) -> None:
        """Raise it, if it is not that another program holds the file, or no more time."""
        is_held = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        if not is_held or time.monotonic() >= min(started + _WAIT_SECONDS, self._end):
            raise error
