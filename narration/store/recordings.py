"""What is heard of sentences: each sound kept once, for all narrations that it occurs in.

It is stored as a WAV file first, for that costs a live session nothing, and as FLAC later.
`narration.audio.decode` reads either.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from narration.errors import NotFound
from narration.store.columns import stored_json
from narration.store.database import Database
from narration.store.tables import recordings
from narration.story import Word

__all__ = [
    "NewRecording",
    "Recordings",
    "forget_recording",
    "keep_recording",
    "stored_words",
    "words_of",
]

_FIND = """
    SELECT audio, words FROM recordings
    LEFT JOIN recording_words ON recording_id = recordings.id
    WHERE user_id = ? AND key = ?
"""
_KEYED = "SELECT id, samples, crc FROM recordings WHERE user_id = ? AND key = ?"
_ADD = """
    INSERT INTO recordings (user_id, key, samples, crc, bytes, audio, encoded)
    VALUES (?, ?, ?, ?, ?, ?, 0)
"""
_ADD_WORDS = "INSERT INTO recording_words (recording_id, words) VALUES (?, ?)"
_FORGET = "DELETE FROM recordings WHERE id = ?"
_ENCODED = """
    UPDATE recordings SET audio = ?, bytes = ?, encoded = 1 WHERE id = ? AND encoded = 0
"""
_UNENCODED = "SELECT count(*) FROM recordings WHERE encoded = 0"


class NewRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A sound to be kept, as a WAV file, and what is known of its PCM: `samples` and `crc`
    (CRC-32), and when its `words` are.

    Under its `key` (`recording_key`) it is found again; what is not the whole of a sentence
    has none.  It is never used for another user.
    """

    user_id: int
    key: str | None
    samples: int
    crc: int
    audio: bytes
    words: tuple[Word, ...] = ()


class Recordings:
    """The part of the store that keeps sounds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recording(
        self, user_id: int, key: str
    ) -> asyncio.Future[tuple[bytes, tuple[Word, ...]] | None]:
        """What this user has of such a sentence, as a file without a pause, and its words;
        None without it.
        """

        def find(connection: sqlite3.Connection) -> tuple[bytes, tuple[Word, ...]] | None:
            row = connection.execute(_FIND, (user_id, key)).fetchone()
            if row is None:
                return None
            audio, words = row
            return audio, stored_words(words)

        return self._database.look_up(find)

    async def audio(self, recording_id: int) -> bytes:
        """A recording that `pieces` named, as a file, without the pause that follows.

        Raises:
            NotFound: it is gone.
        """
        query = select(recordings.c.audio).where(recordings.c.id == recording_id)
        async with self._database.reading() as connection:
            audio: bytes | None = await connection.scalar(query)
        if audio is None:
            raise NotFound("there is no such audio any more")
        return audio

    def encoded(self, files: Sequence[tuple[int, bytes]]) -> asyncio.Future[None]:
        """Keep these recordings as the FLAC files that were made of them.

        What is gone, or FLAC already, stays as it is.
        """

        def replace(connection: sqlite3.Connection) -> None:
            rows = [(flac, len(flac), recording_id) for recording_id, flac in files]
            connection.executemany(_ENCODED, rows)

        return self._database.commit(replace)

    def unencoded(self) -> asyncio.Future[int]:
        """How many recordings wait to be made FLAC of."""

        def count(connection: sqlite3.Connection) -> int:
            [waiting] = connection.execute(_UNENCODED).fetchone()
            return int(waiting)

        return self._database.look_up(count)


def keep_recording(connection: sqlite3.Connection, new: NewRecording) -> tuple[int, bool]:
    """The id of what is kept of a sound, and whether it was not there before.

    Where there is another sound under its key (not every voice says a thing twice in the
    same way), that one keeps the key.
    """
    key = new.key
    if key is not None:
        there = connection.execute(_KEYED, (new.user_id, key)).fetchone()
        if there is not None:
            found, *heard = there
            if heard == [new.samples, new.crc]:
                return int(found), False
            key = None
    row = (new.user_id, key, new.samples, new.crc, len(new.audio), new.audio)
    added = connection.execute(_ADD, row).lastrowid
    if added is None:
        raise AssertionError("a row that was added has an id")
    if new.words:
        connection.execute(_ADD_WORDS, (added, stored_json(new.words)))
    return added, True


def forget_recording(connection: sqlite3.Connection, recording_id: int) -> None:
    """Let go of a recording that no sentence refers to."""
    connection.execute(_FORGET, (recording_id,))


def words_of(stored: object) -> tuple[Word, ...]:
    """The words that a row of `recording_words` holds; none if there is no row."""
    return () if stored is None else msgspec.convert(stored, tuple[Word, ...])


def stored_words(stored: str | None) -> tuple[Word, ...]:
    """The same, of what plain SQL found."""
    return () if stored is None else words_of(json.loads(stored))
