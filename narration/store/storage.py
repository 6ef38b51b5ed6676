"""How much room audio takes, and what gives way when it is too much."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import msgspec
from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.store.columns import AHEAD, now
from narration.store.database import Database
from narration.store.tables import narrations, recordings, scenes, sentences, stories
from narration.story import NarrationState

__all__ = ["MB", "EvictionReport", "Storage", "StorageFigures"]

MB = 1_000_000
"""The bytes in a megabyte, as the settings count them."""

IDLE_SECONDS = 300.0
"""What was used since then may be playing: it stays.  Much longer than any sentence, and than
a use may go without a note.
"""

_EVICTED_AT_ONCE = 5
"""What is deleted in one write, so that sessions get their turn."""


class EvictionReport(msgspec.Struct, frozen=True, kw_only=True):
    """How many narrations had to go, how much that freed, and how much audio is left."""

    narrations: int
    freed_bytes: int
    audio_bytes: int


class StorageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What there is.  Of the file's `file_bytes`, `free_bytes` wait for new content."""

    stories: int
    scenes: int
    narrations: int
    recordings: int
    audio_bytes: int
    file_bytes: int
    free_bytes: int


class Storage:
    """The part of the store that watches its size."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def audio_bytes(self) -> int:
        """How much audio is kept, of all users."""
        async with self._database.reading() as connection:
            return await _audio_bytes(connection)

    async def figures(self) -> StorageFigures:
        """What there is, and how much room it takes."""
        async with self._database.reading() as connection:
            counts = [
                await connection.scalar(select(func.count()).select_from(table)) or 0
                for table in (stories, scenes, narrations, recordings)
            ]
            audio_bytes = await _audio_bytes(connection)
            size, pages, free = [
                (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("page_size", "page_count", "freelist_count")
            ]
        return StorageFigures(
            stories=counts[0],
            scenes=counts[1],
            narrations=counts[2],
            recordings=counts[3],
            audio_bytes=audio_bytes,
            file_bytes=pages * size,
            free_bytes=free * size,
        )

    async def evict(
        self,
        max_bytes: int,
        keep: Collection[int] = (),
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> EvictionReport:
        """Delete whole narrations, those first that were not used for longest, until there is
        no more than `max_bytes` of audio.

        What is being spoken stays, what was used in the last `idle_seconds`, and all of the
        scenes in `keep`; so there may be more left.  The room is used for new audio.
        """
        gone = freed = 0
        while (left := await self.audio_bytes()) > max_bytes:

            async def step(
                connection: AsyncConnection, *, surplus: int = left - max_bytes
            ) -> tuple[int, int]:
                return await _evict_some(connection, surplus, keep, idle_seconds)

            some, some_bytes = await self._database.delete(step)
            if not some:
                break
            gone, freed = gone + some, freed + some_bytes
        return EvictionReport(narrations=gone, freed_bytes=freed, audio_bytes=left)


async def _audio_bytes(connection: AsyncConnection) -> int:
    return await connection.scalar(select(func.sum(recordings.c.bytes))) or 0


async def _evict_some(
    connection: AsyncConnection, surplus: int, keep: Collection[int], idle_seconds: float
) -> tuple[int, int]:
    """Delete a few narrations that were not used for longest, until `surplus` bytes are free.

    Returns how many, and how many bytes that was.
    """
    audible = exists().where(
        sentences.c.narration_id == narrations.c.id, sentences.c.recording_id.is_not(None)
    )
    moment, used_at = now(), narrations.c.used_at
    ahead = used_at > moment + AHEAD
    idle_longest = (
        select(narrations.c.id)
        .where(
            narrations.c.state != NarrationState.SPEAKING,
            or_(used_at < moment - timedelta(seconds=idle_seconds), ahead),
            narrations.c.scene_id.not_in(keep),
            audible,
        )
        .order_by(ahead.desc(), used_at, narrations.c.id)
        .limit(_EVICTED_AT_ONCE)
    )
    gone = freed = 0
    for narration_id in (await connection.scalars(idle_longest)).all():
        if freed >= surplus:
            break
        freed += await _bytes_of(connection, narration_id)
        await connection.execute(delete(narrations).where(narrations.c.id == narration_id))
        gone += 1
    return gone, freed


async def _bytes_of(connection: AsyncConnection, narration_id: int) -> int:
    """How much audio only this narration uses."""
    used = sentences.alias("used")
    elsewhere = sentences.alias("elsewhere")
    only_here = (
        select(used.c.recording_id)
        .where(
            used.c.narration_id == narration_id,
            ~exists().where(
                elsewhere.c.recording_id == used.c.recording_id,
                elsewhere.c.narration_id != narration_id,
            ),
        )
        .distinct()
    )
    own = select(func.sum(recordings.c.bytes)).where(recordings.c.id.in_(only_here))
    return await connection.scalar(own) or 0
