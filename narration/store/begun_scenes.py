"""Begins scenes: a number, a session, and what the prompt looks back to, in one write."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime

import msgspec

from narration.errors import NotFound
from narration.store.columns import now, stored_moment, stored_prose, told_moment
from narration.store.database import Database
from narration.store.scenes import PREVIOUS_TEXTS
from narration.store.sessions import remember
from narration.story import Scene, SceneState, Story

__all__ = ["BegunScene", "BegunScenes"]

_TOUCH_STORY = """
    UPDATE stories SET updated_at = ? WHERE id = ? AND user_id = ?
    RETURNING title, premise, language, created_at
"""
_ADD_SCENE = """
    INSERT INTO scenes (story_id, number, state, created_at, updated_at, prompt, text)
    SELECT :story, coalesce(max(number), 0) + 1, 'writing', :moment, :moment, :prompt, ''
    FROM scenes WHERE story_id = :story
    RETURNING id, number
"""
_PREVIOUS_TEXTS = """
    SELECT text FROM scenes WHERE story_id = ? AND number < ? AND text <> ''
    ORDER BY number DESC LIMIT ?
"""


class BegunScene(msgspec.Struct, frozen=True, kw_only=True):
    """A scene that is being written, its story, and the texts before it, in order."""

    story: Story
    scene: Scene
    previous_texts: list[str]


class BegunScenes:
    """The part of the store that begins scenes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_scene(self, user_id: int, story_id: int, prompt: str) -> asyncio.Future[Scene]:
        """The story's next scene, empty and being written.

        Raises:
            NotFound: the story is not there for this user.
        """
        return self._database.commit(
            lambda connection: _create(connection, user_id, story_id, prompt)[1], soon=True
        )

    def begin_scene(
        self, user_id: int, story_id: int, prompt: str, session_id: str
    ) -> asyncio.Future[BegunScene]:
        """The same, told in this session, and with all that its writer has to know.

        Raises:
            NotFound: the story is not there for this user.
            Conflict: there was such a session before.
        """

        def begin(connection: sqlite3.Connection) -> BegunScene:
            story, scene = _create(connection, user_id, story_id, prompt)
            remember(connection, session_id, user_id, scene.id)
            before = (story_id, scene.number, PREVIOUS_TEXTS)
            newest_first = connection.execute(_PREVIOUS_TEXTS, before).fetchall()
            texts = [text for (text,) in reversed(newest_first)]
            return BegunScene(story=story, scene=scene, previous_texts=texts)

        return self._database.commit(begin, soon=True)


def _create(
    connection: sqlite3.Connection, user_id: int, story_id: int, prompt: str
) -> tuple[Story, Scene]:
    moment = now()
    stored = stored_moment(moment)
    touched = connection.execute(_TOUCH_STORY, (stored, story_id, user_id)).fetchall()
    if not touched:
        raise NotFound("there is no such story")
    story = _story(story_id, moment, *touched[0])
    prompt = stored_prose(prompt)
    row = {"story": story_id, "moment": stored, "prompt": prompt}
    [(scene_id, number)] = connection.execute(_ADD_SCENE, row).fetchall()
    scene = Scene(scene_id, story_id, number, prompt, "", SceneState.WRITING, moment, moment)
    return story, scene


def _story(
    story_id: int, moment: datetime, title: str, premise: str, language: str, created_at: str
) -> Story:
    return Story(story_id, title, premise, language, told_moment(created_at), moment)
