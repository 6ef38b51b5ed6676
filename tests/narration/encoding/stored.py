"""Recordings in a database, as the store keeps them, and what becomes of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from narration.errors import StoreError
from tests.patience import PATIENCE_SECONDS

__all__ = ["Stored"]

_SCHEMA = """
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT,
    encoded INTEGER NOT NULL,
    audio BLOB NOT NULL
);
CREATE INDEX ix_recordings_unencoded ON recordings (id) WHERE encoded = 0;
"""


class Stored:
    """The store's part, on a file of its own.

    `batches` has the ids that each commit brought; unless it `commits`, nothing else comes
    of it.  `problems` are raised instead of as many commits.  `before` is run before each.
    `found` is set when there was something to encode.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.batches: list[list[int]] = []
        self.commits = True
        self.problems: list[StoreError] = []
        self.before: Callable[[], object] = lambda: None
        self.found = asyncio.Event()
        self.create()

    def create(self) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)
        # One that stays, as the server's does.
        self.connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False
        )

    def close(self) -> None:
        self.connection.close()

    def add(self, *audio: object, encoded: bool = False) -> list[int]:
        """Store these, and return their ids."""
        added = [
            self.connection.execute(
                "INSERT INTO recordings (encoded, audio) VALUES (?, ?)", (encoded, one)
            ).lastrowid
            for one in audio
        ]
        return [id for id in added if id is not None]

    def audio(self) -> dict[int, bytes]:
        """What is stored now."""
        return dict(self.connection.execute("SELECT id, audio FROM recordings ORDER BY id"))

    async def encoded(self, rows: Sequence[tuple[int, bytes]], /) -> None:
        if self.problems:
            raise self.problems.pop(0)
        await asyncio.to_thread(self._encoded, rows)

    async def unencoded(self) -> int:
        count = await asyncio.to_thread(self._unencoded)
        if count:
            self.found.set()
        return count

    async def all_but(self, left: int = 0) -> None:
        """Wait until no more than `left` are unencoded."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await asyncio.to_thread(self._unencoded) > left:
                await asyncio.sleep(0.01)

    def _encoded(self, rows: Sequence[tuple[int, bytes]]) -> None:
        self.before()
        self.batches.append([id for id, _ in rows])
        if not self.commits:
            return
        self.connection.executemany(
            "UPDATE recordings SET audio = ?, encoded = 1 WHERE id = ?",
            [(flac, id) for id, flac in rows],
        )

    def _unencoded(self) -> int:
        try:
            (count,) = self.connection.execute(
                "SELECT count(*) FROM recordings WHERE encoded = 0"
            ).fetchone()
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error
        assert isinstance(count, int)
        return count
