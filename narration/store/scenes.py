"""Scenes: written piece by piece, finished once, and read by their own user only."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import NoReturn

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import Conflict, NotFound
from narration.store.columns import now, stored_moment, stored_prose
from narration.store.database import Database
from narration.store.tables import narrations, scenes, stories
from narration.story import NarrationState, Scene, SceneState

__all__ = ["PREVIOUS_TEXTS", "SCENE", "Scenes", "of_user", "save_text"]

PREVIOUS_TEXTS = 20
"""How many earlier scenes are looked back to: more than any prompt has room for."""

SCENE = tuple(scenes.c[name] for name in Scene.__struct_fields__)
"""The columns of a `Scene`."""

# Whoever still saves a scene was not interrupted: it was another server that started
# on the same file and thought so.
_SAVE_TEXT = """
    UPDATE scenes SET text = ?, updated_at = ?, state = 'writing'
    WHERE id = ? AND state IN ('writing', 'interrupted')
"""
_FINISH = """
    UPDATE scenes SET text = ?, updated_at = ?, state = ?
    WHERE id = ? AND state IN ('writing', 'interrupted')
"""
_TOUCH_STORY = """
    UPDATE stories SET updated_at = ? WHERE id = (SELECT story_id FROM scenes WHERE id = ?)
"""
_THERE = "SELECT 1 FROM scenes WHERE id = ?"


def of_user(user_id: int) -> ColumnElement[bool]:
    """The condition that a scene is this user's."""
    own = select(stories.c.id).where(stories.c.user_id == user_id)
    return scenes.c.story_id.in_(own)


class Scenes:
    """The part of the store that keeps scenes.

    The methods without a `user_id` are for the session that writes the scene.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def scenes(self, user_id: int, story_id: int) -> list[Scene]:
        """The story's scenes in order.

        Raises:
            NotFound: the story is not there for this user.
        """
        story = select(stories.c.id).where(
            stories.c.id == story_id, stories.c.user_id == user_id
        )
        query = select(*SCENE).where(scenes.c.story_id == story_id).order_by(scenes.c.number)
        async with self._database.reading() as connection:
            if await connection.scalar(story) is None:
                raise NotFound("there is no such story")
            return [Scene(**row) for row in (await connection.execute(query)).mappings()]

    async def scene(self, user_id: int, scene_id: int) -> Scene:
        """One scene.

        Raises:
            NotFound: it is not there for this user.
        """
        query = select(*SCENE).where(scenes.c.id == scene_id, of_user(user_id))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("there is no such scene")
        return Scene(**row)

    async def previous_texts(
        self, user_id: int, story_id: int, before_number: int
    ) -> list[str]:
        """What was written before scene `before_number`, in the story's order.

        Only the nearest `PREVIOUS_TEXTS` scenes that have text; none if the story
        is not there for this user.
        """
        query = (
            select(scenes.c.text)
            .where(
                scenes.c.story_id == story_id,
                scenes.c.number < before_number,
                scenes.c.text != "",
                of_user(user_id),
            )
            .order_by(scenes.c.number.desc())
            .limit(PREVIOUS_TEXTS)
        )
        async with self._database.reading() as connection:
            newest_first = (await connection.scalars(query)).all()
        return list(reversed(newest_first))

    async def update_scene(self, user_id: int, scene_id: int, *, text: str) -> Scene:
        """Replace a scene's text.  If it differs, the scene's audio is not its audio any more;
        it is kept, so that sentences that did not change need not be spoken again.

        Raises:
            NotFound: it is not there for this user.
            Conflict: it is being written.
        """
        scene = select(scenes.c.state, scenes.c.text).where(
            scenes.c.id == scene_id, of_user(user_id)
        )
        outdate = (
            update(narrations)
            .where(narrations.c.scene_id == scene_id)
            .values(state=NarrationState.OUTDATED)
        )

        async def change(connection: AsyncConnection) -> Scene:
            before = (await connection.execute(scene)).one_or_none()
            if before is None:
                raise NotFound("there is no such scene")
            if before.state is SceneState.WRITING:
                raise Conflict("the scene is being written; stop it first")
            if before.text != text:
                await connection.execute(outdate)
            result = await connection.execute(
                update(scenes)
                .where(scenes.c.id == scene_id)
                .values(text=text, updated_at=now())
                .returning(*SCENE)
            )
            return Scene(**result.mappings().one())

        return await self._database.write(change)

    async def delete_scene(self, user_id: int, scene_id: int) -> None:
        """Delete a scene and its audio, in whatever state it is.

        Raises:
            NotFound: it is not there for this user.
        """

        async def remove(connection: AsyncConnection) -> None:
            gone = await connection.execute(
                delete(scenes).where(scenes.c.id == scene_id, of_user(user_id))
            )
            if not gone.rowcount:
                raise NotFound("there is no such scene")

        await self._database.delete(remove)

    def save_text(self, scene_id: int, text: str) -> asyncio.Future[None]:
        """Keep `text` as all that has been written so far.

        Raises:
            NotFound: the scene is gone.
            Conflict: it is finished.
        """
        return self._database.commit(lambda connection: save_text(connection, scene_id, text))

    def finish_scene(
        self, scene_id: int, text: str, state: SceneState
    ) -> asyncio.Future[None]:
        """Keep the scene's whole text, and how it ended.

        Raises:
            NotFound: the scene is gone.
            Conflict: it is finished already.
        """
        if state is SceneState.WRITING:
            raise ValueError("a scene that is being written is not finished")
        return self._database.commit(
            lambda connection: _finish(connection, scene_id, text, state), soon=True
        )


def save_text(connection: sqlite3.Connection, scene_id: int, text: str) -> None:
    """See `Scenes.save_text`."""
    row = (stored_prose(text), stored_moment(now()), scene_id)
    if not connection.execute(_SAVE_TEXT, row).rowcount:
        _refuse(connection, scene_id)


def _finish(
    connection: sqlite3.Connection, scene_id: int, text: str, state: SceneState
) -> None:
    moment = stored_moment(now())
    row = (stored_prose(text), moment, state.value, scene_id)
    if not connection.execute(_FINISH, row).rowcount:
        _refuse(connection, scene_id)
    connection.execute(_TOUCH_STORY, (moment, scene_id))


def _refuse(connection: sqlite3.Connection, scene_id: int) -> NoReturn:
    if connection.execute(_THERE, (scene_id,)).fetchone() is None:
        raise NotFound("there is no such scene")
    raise Conflict("the scene is finished")
