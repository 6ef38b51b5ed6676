"""What is heard of sentences: each sound kept once, for all narrations that it occurs in."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound
from narration.store.database import Database
from narration.store.tables import recording_words, recordings
from narration.story import Word

__all__ = [
    "KnownRecording",
    "NewRecording",
    "Recordings",
    "forget_recording",
    "keep_recording",
    "words_of",
]


# Made once: putting a statement together takes as long as running it.
_KEY = (recordings.c.user_id == bindparam("user_id")) & (recordings.c.key == bindparam("key"))
_FLAC = (
    select(recordings.c.flac, recording_words.c.words).outerjoin(recording_words).where(_KEY)
)
_SAME = select(recordings.c.id).where(
    _KEY,
    recordings.c.samples == bindparam("samples"),
    recordings.c.crc == bindparam("crc"),
)
_ADD = (
    insert(recordings)
    .values({it.name: bindparam(it.name) for it in recordings.c if it.name != "id"})
    .inline()
)
_ADD_WORDS = insert(recording_words)
_ADD_UNLESS_THERE = _ADD.on_conflict_do_nothing(index_elements=["user_id", "key"])


class NewRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A sound to be kept, as FLAC, and what is known of its PCM: `samples` and `crc` (CRC-32),
    and when its `words` are.

    Under its `key` (`recording_key`) it is found again; what is not the whole of a sentence
    has none.  It is never used for another user.
    """

    user_id: int
    key: str | None
    samples: int
    crc: int
    flac: bytes
    words: tuple[Word, ...] = ()


class KnownRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A sound that is kept already."""

    id: int
    samples: int


class Recordings:
    """The part of the store that keeps sounds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recording(self, user_id: int, key: str) -> tuple[bytes, tuple[Word, ...]] | None:
        """What this user has of such a sentence, as FLAC without a pause, and its words;
        None without it.
        """
        async with self._database.reading() as connection:
            found = await connection.execute(_FLAC, {"user_id": user_id, "key": key})
            row = found.one_or_none()
        return None if row is None else (row.flac, words_of(row.words))

    async def same_recording(
        self, user_id: int, key: str, *, samples: int, crc: int
    ) -> KnownRecording | None:
        """The recording that there is of this very sound; None without one."""
        so = {"user_id": user_id, "key": key, "samples": samples, "crc": crc}
        async with self._database.reading() as connection:
            found: int | None = await connection.scalar(_SAME, so)
        return None if found is None else KnownRecording(id=found, samples=samples)

    async def flac(self, recording_id: int) -> bytes:
        """A recording that `pieces` named, as FLAC, without the pause that follows.

        Raises:
            NotFound: it is gone.
        """
        query = select(recordings.c.flac).where(recordings.c.id == recording_id)
        async with self._database.reading() as connection:
            flac: bytes | None = await connection.scalar(query)
        if flac is None:
            raise NotFound("there is no such audio any more")
        return flac


async def keep_recording(connection: AsyncConnection, new: NewRecording) -> tuple[int, bool]:
    """The id of what is kept of a sound, and whether it was not there before.

    Where there is another sound under its key (not every voice says a thing twice in the
    same way), that one keeps the key.
    """
    row = msgspec.structs.asdict(new) | {"bytes": len(new.flac)}
    del row["words"]
    added = await connection.execute(_ADD_UNLESS_THERE, row)
    if added.rowcount:
        await _keep_words(connection, added.lastrowid, new.words)
        return added.lastrowid, True
    same = {name: row[name] for name in ("user_id", "key", "samples", "crc")}
    found: int | None = await connection.scalar(_SAME, same)
    if found is not None:
        return found, False
    added = await connection.execute(_ADD, row | {"key": None})
    await _keep_words(connection, added.lastrowid, new.words)
    return added.lastrowid, True


async def forget_recording(connection: AsyncConnection, recording_id: int) -> None:
    """Let go of a recording that no sentence refers to."""
    await connection.execute(delete(recordings).where(recordings.c.id == recording_id))


def words_of(stored: Any) -> tuple[Word, ...]:
    """The words that a row of `recording_words` holds; none if there is no row."""
    return () if stored is None else msgspec.convert(stored, tuple[Word, ...])


async def _keep_words(
    connection: AsyncConnection, recording_id: int, words: tuple[Word, ...]
) -> None:
    if words:
        row = {"recording_id": recording_id, "words": msgspec.to_builtins(words)}
        await connection.execute(_ADD_WORDS, row)
