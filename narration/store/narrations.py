"""The versions of a scene's audio: who speaks it, why, and how far that has come."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    ScalarSelect,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound
from narration.store.columns import now
from narration.store.database import Database
from narration.store.scenes import of_user
from narration.store.tables import narrations, scenes, sentences, stories
from narration.story import Narration, NarrationState, Occasion, SpokenBy

__all__ = ["VERSIONS_PER_SCENE", "Narrations", "current_of", "narration_of", "note_use"]

VERSIONS_PER_SCENE = 10
"""How many versions of a scene's audio are kept: the latest, so that they stay few, and
beyond these the latest that is complete.
"""

_TOUCH_AFTER = timedelta(minutes=1)
"""How old the note of a narration's last use may be: not every read is to cost a write."""

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

    async def start_narration(self, scene_id: int, by: SpokenBy, occasion: Occasion) -> int:
        """The id of a new narration of the scene, which takes the place of any earlier one.

        Of those the last `VERSIONS_PER_SCENE` are kept, with this one; and the last that was
        complete, so that attempts which come to nothing, however many, cost no audio.

        Raises:
            NotFound: the scene is gone.
        """
        moment = now()
        row = insert(narrations).values(
            **_spoken(by),
            scene_id=scene_id,
            occasion=occasion,
            state=NarrationState.SPEAKING,
            created_at=moment,
            used_at=moment,
        )
        newest = (
            select(narrations.c.id)
            .where(narrations.c.scene_id == scene_id)
            .order_by(narrations.c.id.desc())
            .limit(VERSIONS_PER_SCENE)
        )
        # One that is outdated may have most of what is to be spoken now.
        whole = select(func.coalesce(func.max(narrations.c.id), 0)).where(
            narrations.c.scene_id == scene_id,
            narrations.c.state.in_([NarrationState.COMPLETE, NarrationState.OUTDATED]),
        )
        purge = delete(narrations).where(
            narrations.c.scene_id == scene_id,
            narrations.c.state != NarrationState.SPEAKING,
            narrations.c.id.not_in(newest),
            narrations.c.id.not_in(whole),
        )

        async def start(connection: AsyncConnection) -> int:
            result = await connection.execute(row.returning(narrations.c.id))
            started: int = result.scalar_one()
            await connection.execute(purge)
            return started

        return await self._database.write(start)

    async def resume_narration(
        self, narration_id: int, by: SpokenBy, occasion: Occasion, *, first: int
    ) -> None:
        """Let sentences be added again, from number `first` on; what there is of those goes.

        Raises:
            NotFound: the narration is gone.
        """

        async def resume(connection: AsyncConnection) -> None:
            resumed = await connection.execute(
                update(narrations)
                .where(narrations.c.id == narration_id)
                .values(
                    **_spoken(by),
                    occasion=occasion,
                    state=NarrationState.SPEAKING,
                    used_at=now(),
                )
            )
            if not resumed.rowcount:
                raise NotFound("there is no such narration")
            await connection.execute(
                delete(sentences).where(
                    sentences.c.narration_id == narration_id, sentences.c.number >= first
                )
            )

        await self._database.write(resume)

    async def finish_narration(
        self, narration_id: int, state: NarrationState, message: str | None = None
    ) -> None:
        """Keep how the narration ended, and of one that failed why.

        One whose text was changed meanwhile stays outdated.

        Raises:
            NotFound: the narration is gone.
        """

        async def finish(connection: AsyncConnection) -> None:
            one = narrations.c.id == narration_id
            found = await connection.scalar(select(narrations.c.state).where(one))
            if found is None:
                raise NotFound("there is no such narration")
            if found is not NarrationState.OUTDATED:
                await connection.execute(
                    update(narrations)
                    .where(one)
                    .values(state=state, message=message, used_at=now())
                )

        await self._database.write(finish)

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

        await self._database.write(remove)

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

    async def touch(self, narration_id: int) -> None:
        """Keep that the narration is being used: those that are not may be evicted."""
        query = select(narrations.c.used_at).where(narrations.c.id == narration_id)
        async with self._database.reading() as connection:
            used_at = await connection.scalar(query)
        note_use(self._database, narration_id, used_at)


def note_use(database: Database, narration_id: int, used_at: datetime | None) -> None:
    """Have it noted that the narration is used, if that was not noted lately."""
    moment = now()
    if used_at is None or moment - used_at < _TOUCH_AFTER:
        return

    async def note(connection: AsyncConnection) -> None:
        await connection.execute(
            update(narrations).where(narrations.c.id == narration_id).values(used_at=moment)
        )

    database.write_soon(note)


def _spoken(by: SpokenBy) -> dict[str, str | float]:
    return msgspec.structs.asdict(by)
