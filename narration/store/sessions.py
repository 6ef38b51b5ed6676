"""Which scene a session told, for clients that come back when the session is gone."""

from __future__ import annotations

import asyncio
import sqlite3

from sqlalchemy import select

from narration.store.columns import now, stored_moment
from narration.store.database import Database
from narration.store.scenes import SCENE
from narration.store.tables import scenes, sessions
from narration.story import Scene

__all__ = ["SESSIONS_PER_SCENE", "Sessions", "remember"]

SESSIONS_PER_SCENE = 10
"""How many sessions of a scene are remembered: its latest, so that they stay few for ever."""

_KEEP = "INSERT INTO sessions (id, user_id, scene_id, created_at) VALUES (?, ?, ?, ?)"
# By the order in which they were added: a clock may be set back.
_PRUNE = """
    DELETE FROM sessions WHERE rowid IN (
        SELECT rowid FROM sessions WHERE scene_id = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?
    )
"""


class Sessions:
    """The part of the store that remembers sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_session(
        self, session_id: str, user_id: int, scene_id: int
    ) -> asyncio.Future[None]:
        """Remember that the user's session tells this scene.

        Raises:
            NotFound: there is no such user, or no such scene.
            Conflict: there was such a session before.
        """
        return self._database.commit(
            lambda connection: remember(connection, session_id, user_id, scene_id), soon=True
        )

    async def scene_of_session(self, user_id: int, session_id: str) -> Scene | None:
        """The scene that a session of this user told; None if none is known."""
        query = (
            select(*SCENE)
            .join(sessions, sessions.c.scene_id == scenes.c.id)
            .where(sessions.c.id == session_id, sessions.c.user_id == user_id)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else Scene(**row)


def remember(
    connection: sqlite3.Connection, session_id: str, user_id: int, scene_id: int
) -> None:
    """See `Sessions.keep_session`."""
    connection.execute(_KEEP, (session_id, user_id, scene_id, stored_moment(now())))
    connection.execute(_PRUNE, (scene_id, SESSIONS_PER_SCENE))
