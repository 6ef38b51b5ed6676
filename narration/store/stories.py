"""Stories, each of which is seen by its own user only."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound
from narration.store.columns import AHEAD, now
from narration.store.database import Database
from narration.store.tables import stories
from narration.story import Story

__all__ = ["Stories"]

_STORY = tuple(stories.c[name] for name in Story.__struct_fields__)


class Stories:
    """The part of the store that keeps stories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_story(
        self, user_id: int, title: str, premise: str, language: str
    ) -> Story:
        """A new story without scenes.

        Raises:
            NotFound: there is no such user.
        """
        created_at = now()
        row = insert(stories).values(
            user_id=user_id,
            title=title,
            premise=premise,
            language=language,
            created_at=created_at,
            updated_at=created_at,
        )

        async def create(connection: AsyncConnection) -> Story:
            result = await connection.execute(row.returning(*_STORY))
            return Story(**result.mappings().one())

        return await self._database.write(create)

    async def stories(self, user_id: int) -> list[Story]:
        """The user's stories, the one worked on last first."""
        query = (
            select(*_STORY)
            .where(stories.c.user_id == user_id)
            .order_by(
                stories.c.updated_at > now() + AHEAD,
                stories.c.updated_at.desc(),
                stories.c.id.desc(),
            )
        )
        async with self._database.reading() as connection:
            return [Story(**row) for row in (await connection.execute(query)).mappings()]

    async def story(self, user_id: int, story_id: int) -> Story:
        """One story.

        Raises:
            NotFound: it is not there for this user.
        """
        query = select(*_STORY).where(stories.c.id == story_id, stories.c.user_id == user_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("there is no such story")
        return Story(**row)

    async def update_story(
        self,
        user_id: int,
        story_id: int,
        *,
        title: str | None = None,
        premise: str | None = None,
        language: str | None = None,
    ) -> Story:
        """Change what is given, and return the story as it is then.

        Raises:
            NotFound: it is not there for this user.
        """
        given = {"title": title, "premise": premise, "language": language}
        changes = {name: value for name, value in given.items() if value is not None}

        async def change(connection: AsyncConnection) -> Story:
            result = await connection.execute(
                update(stories)
                .where(stories.c.id == story_id, stories.c.user_id == user_id)
                .values(**changes, updated_at=now())
                .returning(*_STORY)
            )
            row = result.mappings().one_or_none()
            if row is None:
                raise NotFound("there is no such story")
            return Story(**row)

        return await self._database.write(change)

    async def delete_story(self, user_id: int, story_id: int) -> None:
        """Delete a story with its scenes and their audio.

        Raises:
            NotFound: it is not there for this user.
        """

        async def remove(connection: AsyncConnection) -> None:
            gone = await connection.execute(
                delete(stories).where(stories.c.id == story_id, stories.c.user_id == user_id)
            )
            if not gone.rowcount:
                raise NotFound("there is no such story")

        await self._database.delete(remove)
