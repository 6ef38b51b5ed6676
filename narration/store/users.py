"""Users, and what each of them has chosen about narration."""

from __future__ import annotations

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound
from narration.store.columns import now
from narration.store.database import Database
from narration.store.tables import tts_settings, users
from narration.story import TTSSettings

__all__ = ["Users"]

_SETTINGS = tuple(tts_settings.c[name] for name in TTSSettings.__struct_fields__)


class Users:
    """The part of the store that knows who there is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def user(self, name: str) -> int:
        """The id of the user called `name`, who is created if need be."""
        known = select(users.c.id).where(users.c.name == name)
        async with self._database.reading() as connection:
            found: int | None = await connection.scalar(known)
        if found is not None:
            return found

        async def create(connection: AsyncConnection) -> int:
            found: int | None = await connection.scalar(known)
            if found is not None:
                return found
            row = insert(users).values(name=name, created_at=now()).returning(users.c.id)
            created: int = (await connection.execute(row)).scalar_one()
            choices = msgspec.structs.asdict(TTSSettings())
            await connection.execute(insert(tts_settings).values(user_id=created, **choices))
            return created

        return await self._database.write(create)

    async def tts_settings(self, user_id: int) -> TTSSettings:
        """The user's settings.

        Raises:
            NotFound: there is no such user.
        """
        query = select(*_SETTINGS).where(tts_settings.c.user_id == user_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("there is no such user")
        return TTSSettings(**row)

    async def put_tts_settings(self, user_id: int, settings: TTSSettings) -> None:
        """Replace all of the user's settings.

        Raises:
            NotFound: there is no such user.
        """

        async def put(connection: AsyncConnection) -> None:
            changed = await connection.execute(
                update(tts_settings)
                .where(tts_settings.c.user_id == user_id)
                .values(msgspec.structs.asdict(settings))
            )
            if not changed.rowcount:
                raise NotFound("there is no such user")

        await self._database.write(put)
