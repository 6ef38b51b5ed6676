"""Users, and what each of them has chosen about narration."""

from __future__ import annotations

import asyncio
import sqlite3

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound
from narration.store.cache import Cache
from narration.store.columns import now, stored_json, stored_prose
from narration.store.database import Database
from narration.store.tables import tts_settings, users
from narration.story import TTSSettings

__all__ = ["CACHED_USERS", "Users"]

CACHED_USERS = 1_000
"""So many users' ids and settings are at hand: every request asks for the one, and every scene
that begins for the other.
"""

_PUT_SETTINGS = f"""
    UPDATE tts_settings
    SET {", ".join(f"{name} = :{name}" for name in TTSSettings.__struct_fields__)}
    WHERE user_id = :user_id
"""
_SETTINGS = tuple(tts_settings.c[name] for name in TTSSettings.__struct_fields__)


class Users:
    """The part of the store that knows who there is.

    What it said once it says from memory: no other program changes users or their settings.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: Cache[str, int] = Cache(CACHED_USERS)
        self._settings: Cache[int, TTSSettings] = Cache(CACHED_USERS)

    async def user(self, name: str) -> int:
        """The id of the user called `name`, who is created if need be."""
        if (cached := self._ids.get(name)) is not None:
            return cached
        user_id = await self._user(name)
        self._ids.put(name, user_id)
        return user_id

    async def _user(self, name: str) -> int:
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
        if (cached := self._settings.get(user_id)) is not None:
            return cached
        query = select(*_SETTINGS).where(tts_settings.c.user_id == user_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("there is no such user")
        return self._settings.put_found(user_id, TTSSettings(**row))

    def put_tts_settings(self, user_id: int, settings: TTSSettings) -> asyncio.Future[None]:
        """Replace all of the user's settings.

        Raises:
            NotFound: there is no such user.
        """

        values = msgspec.structs.asdict(settings)
        prose = {name: stored_prose(it) for name, it in values.items() if isinstance(it, str)}
        row = values | prose | {"extra_params": stored_json(settings.extra_params)}

        def put(connection: sqlite3.Connection) -> None:
            if not connection.execute(_PUT_SETTINGS, row | {"user_id": user_id}).rowcount:
                raise NotFound("there is no such user")

        # Also if whoever changes them does not wait any more: they are changed all the same.
        def changed(_: None) -> None:
            self._settings.put(user_id, msgspec.structs.replace(settings, **prose))

        return self._database.commit(put, changed, soon=True)
