"""Which scene a session told, for clients that come back when the session is gone."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.store.columns import now
from narration.store.database import Database
from narration.store.scenes import SCENE
from narration.store.tables import scenes, sessions
from narration.story import Scene

__all__ = ["SESSIONS_PER_SCENE", "Sessions"]

SESSIONS_PER_SCENE = 10
"""How many sessions of a scene are remembered: its latest, so that they stay few for ever."""


class Sessions:
    """The part of the store that remembers sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep_session(self, session_id: str, user_id: int, scene_id: int) -> None:
        """Remember that the user's session tells this scene.

        Raises:
            NotFound: there is no such user, or no such scene.
            Conflict: there was such a session before.
        """
        older = (
            select(sessions.c.id)
            .where(sessions.c.scene_id == scene_id)
            .order_by(sessions.c.created_at.desc())
            .offset(SESSIONS_PER_SCENE)
        )

        async def keep(connection: AsyncConnection) -> None:
            await connection.execute(
                insert(sessions).values(
                    id=session_id, user_id=user_id, scene_id=scene_id, created_at=now()
                )
            )
            await connection.execute(delete(sessions).where(sessions.c.id.in_(older)))

        await self._database.write(keep)

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
