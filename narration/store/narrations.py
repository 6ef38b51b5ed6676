"""The versions of a scene's audio: who speaks it, why, and how far that has come."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, case, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound
from narration.store.columns import AHEAD, now, stored_moment, stored_prose
from narration.store.database import Database
from narration.store.scenes import of_user
from narration.store.tables import narrations, scenes, stories
from narration.story import Narration, NarrationState, Occasion, SpokenBy

__all__ = [
    "VERSIONS_PER_SCENE",
    "Narrations",
    "current_of",
    "finish",
    "narration_of",
    "note_use",
    "require",
    "resume",
    "start",
]

VERSIONS_PER_SCENE = 10
"""How many versions of a scene's audio are kept: the latest, so that they stay few, and
beyond these the latest that is complete.
"""

_TOUCH_AFTER = timedelta(minutes=1)
"""How old the note of a narration's last use may be: not every read is to cost a write."""

_START = """
    INSERT INTO narrations (
        scene_id, state, provider, voice, speed, created_at, parameters, occasion, used_at
    )
    VALUES (
        :scene, 'speaking', :provider, :voice, :speed, :created_at, :parameters, :occasion,
        :used_at
    )
"""
# One that is outdated may have most of what is to be spoken now.
_PURGE = """
    DELETE FROM narrations
    WHERE scene_id = :scene AND state <> 'speaking'
    AND id NOT IN (
        SELECT id FROM narrations WHERE scene_id = :scene ORDER BY id DESC LIMIT :newest
    )
    AND id <> (
        SELECT coalesce(max(id), 0) FROM narrations
        WHERE scene_id = :scene AND state IN ('complete', 'outdated')
    )
"""
_RESUME = """
    UPDATE narrations
    SET provider = :provider, voice = :voice, speed = :speed, parameters = :parameters,
        occasion = :occasion, state = 'speaking', used_at = :used_at
    WHERE id = :narration
"""
# Else it would stand there as interrupted for good, whatever comes of the next attempt.
_CLOSE_INTERRUPTED = """
    UPDATE narrations SET state = 'failed', message = :message
    WHERE scene_id = :scene AND state = 'interrupted' AND occasion IN ('demand', 'auto_play')
"""
_TAKEN_UP = "the server ended while it was spoken; it was begun again"
_CUT = "DELETE FROM sentences WHERE narration_id = ? AND number >= ?"
_FINISH = """
    UPDATE narrations SET state = ?, message = ?, used_at = ?
    WHERE id = ? AND state <> 'outdated'
"""
_THERE = "SELECT 1 FROM narrations WHERE id = ?"
_NOTE_USE = "UPDATE narrations SET used_at = ? WHERE id = ?"

_IN_BACKGROUND = (Occasion.DEMAND, Occasion.AUTO_PLAY)


def narration_of(row: RowMapping) -> Narration:
    """The narration that a row of the table is."""
    return Narration(
        id=row["id"],
        scene_id=row["scene_id"],
        state=row["state"],
        spoken_by=SpokenBy(
            provider=row["provider"],
            voice=row["voice"],
            speed=row["speed"],
            parameters=row["parameters"],
        ),
        occasion=row["occasion"],
        message=row["message"],
        created_at=row["created_at"],
    )


def current_of(scene: ColumnElement[int] | int) -> ScalarSelect[int]:
    """The id of the narration that is the scene's audio: the newest one of its text.

    One that failed is so only if there is no other.
    """
    # Another name, for queries that look at narrations themselves.
    version = narrations.alias("version")
    return (
        select(version.c.id)
        .where(version.c.scene_id == scene, version.c.state != NarrationState.OUTDATED)
        .order_by(version.c.state == NarrationState.FAILED, version.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


class Narrations:
    """The part of the store that knows who spoke a scene.

    The methods without a `user_id` are for the session that narrates the scene.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def start_narration(
        self, scene_id: int, by: SpokenBy, occasion: Occasion
    ) -> asyncio.Future[int]:
        """The id of a new narration of the scene, which takes the place of any earlier one.

        Of those the last `VERSIONS_PER_SCENE` are kept, with this one; and the last that was
        complete, so that attempts which come to nothing, however many, cost no audio.

        Raises:
            NotFound: the scene is gone.
        """
        return self._database.commit(
            lambda connection: start(connection, scene_id, by, occasion), soon=True
        )

    def resume_narration(
        self, narration_id: int, by: SpokenBy, occasion: Occasion, *, first: int
    ) -> asyncio.Future[None]:
        """Let sentences be added again, from number `first` on; what there is of those goes.

        Raises:
            NotFound: the narration is gone.
        """
        return self._database.commit(
            lambda connection: resume(connection, narration_id, by, occasion, first), soon=True
        )

    def finish_narration(
        self, narration_id: int, state: NarrationState, message: str | None = None
    ) -> asyncio.Future[None]:
        """Keep how the narration ended, and of one that failed why.

        One whose text was changed meanwhile stays outdated.

        Raises:
            NotFound: the narration is gone.
        """
        return self._database.commit(
            lambda connection: finish(connection, narration_id, state, message), soon=True
        )

    async def narration(self, user_id: int, scene_id: int) -> Narration | None:
        """The scene's audio; without any of its text as it is now, that of its last text.

        Raises:
            NotFound: the scene is not there for this user.
        """
        scene = select(scenes.c.id).where(scenes.c.id == scene_id, of_user(user_id))
        rank = case(
            (narrations.c.state == NarrationState.OUTDATED, 2),
            (narrations.c.state == NarrationState.FAILED, 1),
            else_=0,
        )
        best = (
            select(narrations)
            .where(narrations.c.scene_id == scene_id)
            .order_by(rank, narrations.c.id.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            if await connection.scalar(scene) is None:
                raise NotFound("there is no such scene")
            row = (await connection.execute(best)).mappings().one_or_none()
        return None if row is None else narration_of(row)

    async def delete_narrations(self, user_id: int, scene_id: int) -> None:
        """Delete all versions of the scene's audio.

        Raises:
            NotFound: the scene is not there for this user.
        """
        scene = select(scenes.c.id).where(scenes.c.id == scene_id, of_user(user_id))

        async def remove(connection: AsyncConnection) -> None:
            if await connection.scalar(scene) is None:
                raise NotFound("there is no such scene")
            await connection.execute(
                delete(narrations).where(narrations.c.scene_id == scene_id)
            )

        await self._database.delete(remove)

    async def unfinished_narrations(self) -> list[tuple[int, int, Occasion]]:
        """User, scene and occasion of what was spoken in the background when a server died."""
        query = (
            select(stories.c.user_id, narrations.c.scene_id, narrations.c.occasion)
            .join(scenes, scenes.c.id == narrations.c.scene_id)
            .join(stories, stories.c.id == scenes.c.story_id)
            .where(
                narrations.c.state == NarrationState.INTERRUPTED,
                narrations.c.occasion.in_(_IN_BACKGROUND),
                narrations.c.id == current_of(narrations.c.scene_id),
            )
            .order_by(narrations.c.id)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [(row.user_id, row.scene_id, row.occasion) for row in rows]

    def close_interrupted(self, scene_id: int, message: str) -> asyncio.Future[None]:
        """Keep that what was being spoken in the background of a scene when a server ended is
        not gone on with, and why.
        """
        row = {"scene": scene_id, "message": stored_prose(message)}

        def close(connection: sqlite3.Connection) -> None:
            connection.execute(_CLOSE_INTERRUPTED, row)

        return self._database.commit(close, soon=True)

    async def touch(self, narration_id: int) -> None:
        """Keep that the narration is being used: those that are not may be evicted."""
        query = select(narrations.c.used_at).where(narrations.c.id == narration_id)
        async with self._database.reading() as connection:
            used_at = await connection.scalar(query)
        note_use(self._database, narration_id, used_at)


def start(
    connection: sqlite3.Connection, scene_id: int, by: SpokenBy, occasion: Occasion
) -> int:
    """See `Narrations.start_narration`."""
    moment = stored_moment(now())
    row = {
        **_spoken(by),
        "scene": scene_id,
        "occasion": occasion.value,
        "created_at": moment,
        "used_at": moment,
    }
    started = connection.execute(_START, row).lastrowid
    if started is None:
        raise AssertionError("a row that was added has an id")
    if occasion in _IN_BACKGROUND:
        connection.execute(_CLOSE_INTERRUPTED, {"scene": scene_id, "message": _TAKEN_UP})
    connection.execute(_PURGE, {"scene": scene_id, "newest": VERSIONS_PER_SCENE})
    return started


def resume(
    connection: sqlite3.Connection,
    narration_id: int,
    by: SpokenBy,
    occasion: Occasion,
    first: int,
) -> None:
    """See `Narrations.resume_narration`."""
    row = {
        **_spoken(by),
        "narration": narration_id,
        "occasion": occasion.value,
        "used_at": stored_moment(now()),
    }
    if not connection.execute(_RESUME, row).rowcount:
        raise NotFound("there is no such narration")
    connection.execute(_CUT, (narration_id, first))


def finish(
    connection: sqlite3.Connection,
    narration_id: int,
    state: NarrationState,
    message: str | None,
) -> None:
    """See `Narrations.finish_narration`."""
    said = None if message is None else stored_prose(message)
    row = (state.value, said, stored_moment(now()), narration_id)
    if not connection.execute(_FINISH, row).rowcount:
        require(connection, narration_id)


def require(connection: sqlite3.Connection, narration_id: int) -> None:
    """Make sure that a narration is there.

    Raises:
        NotFound: it is gone.
    """
    if connection.execute(_THERE, (narration_id,)).fetchone() is None:
        raise NotFound("there is no such narration")


def note_use(database: Database, narration_id: int, used_at: datetime | None) -> None:
    """Have it noted that the narration is used, if that was not noted lately."""
    moment = now()
    if used_at is None or -AHEAD < moment - used_at < _TOUCH_AFTER:
        return

    def note(connection: sqlite3.Connection) -> None:
        connection.execute(_NOTE_USE, (stored_moment(moment), narration_id))

    database.commit_unheard(note)


def _spoken(by: SpokenBy) -> dict[str, str | float]:
    return {
        "provider": stored_prose(by.provider),
        "voice": stored_prose(by.voice),
        "speed": by.speed,
        "parameters": stored_prose(by.parameters),
    }
