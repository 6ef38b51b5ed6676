"""Everything that is kept: the one way from the program to its database."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.store.begun_scenes import BegunScenes
from narration.store.columns import now
from narration.store.continuations import Continuations
from narration.store.database import Database
from narration.store.group_commit import GATHER_SECONDS
from narration.store.narrations import Narrations
from narration.store.recordings import Recordings
from narration.store.scenes import Scenes
from narration.store.sentences import Sentences
from narration.store.sessions import Sessions
from narration.store.storage import Storage
from narration.store.stories import Stories
from narration.store.tables import narrations, scenes
from narration.store.users import Users
from narration.story import NarrationState, SceneState

__all__ = ["Store"]


class Store(
    Users,
    Stories,
    Scenes,
    BegunScenes,
    Narrations,
    Sentences,
    Recordings,
    Continuations,
    Sessions,
    Storage,
):
    """Users, stories, scenes and their audio, in one SQLite file.

    What a user asks for goes by that user's id, and what is another's is not
    found.  A write that returned survives the death of the process.  A write whose
    caller was cancelled is done all the same, in its turn.
    """

    @classmethod
    async def open(cls, path: str | Path, *, gather_seconds: float = GATHER_SECONDS) -> Self:
        """Open the file at `path`; it and its folder are created, an older one is migrated.

        Args:
            path: the file.
            gather_seconds: how long what nobody waits for may wait to be written.

        Raises:
            StoreError: it cannot be opened, is not ours, or is of a newer version.
        """
        return cls(await Database.open(Path(path), gather_seconds=gather_seconds))

    @property
    def database(self) -> Database:
        """For those beside the store who have jobs of their own for it."""
        return self._database

    async def close(self) -> None:
        """Finish the writes that were begun, and let go of the file; idempotent."""
        await self._database.close()

    async def interrupt_unfinished(self) -> int:
        """Mark what a server that died left unfinished; returns how many scenes.

        To be called before any session starts.
        """

        async def interrupt(connection: AsyncConnection) -> int:
            await connection.execute(
                update(narrations)
                .where(narrations.c.state == NarrationState.SPEAKING)
                .values(state=NarrationState.INTERRUPTED)
            )
            interrupted = await connection.execute(
                update(scenes)
                .where(scenes.c.state == SceneState.WRITING)
                .values(state=SceneState.INTERRUPTED, updated_at=now())
            )
            return interrupted.rowcount

        return await self._database.write(interrupt)
