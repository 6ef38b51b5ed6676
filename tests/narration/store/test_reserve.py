"""On a full disk something can still be deleted, since room is kept back for that."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import StoreError
from narration.store import Store
from narration.store.columns import now
from narration.store.reserve import RESERVE_BYTES
from narration.store.tables import users
from narration.story import NarrationState, Occasion, Scene, Sentence, Story
from tests.narration.store.conftest import BY, sound

Line = Callable[[int], Sentence]

_FILLING = "BEGIN INSERT INTO filler VALUES (randomblob(10000000)); END"


@pytest.fixture
async def reserve(store: Store, tmp_path: Path) -> Path:
    """The room that `store` keeps back."""
    await asyncio.to_thread(store.database.reserve.keep)
    path = tmp_path / "narration.db.reserve"
    size = (await asyncio.to_thread(path.stat)).st_blocks * 512
    assert size >= RESERVE_BYTES, "it takes no room"
    return path


async def is_kept(reserve: Path) -> bool:
    return await asyncio.to_thread(reserve.exists)


async def test_what_makes_room_takes_what_is_kept_back_and_is_done(
    store: Store, reserve: Path
) -> None:
    tried = 0

    async def change(connection: AsyncConnection) -> None:
        nonlocal tried
        tried += 1
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        room = pages if await is_kept(reserve) else pages + 1_000
        await connection.exec_driver_sql(f"PRAGMA max_page_count={room}")
        row = {"name": "x" * 100_000, "created_at": now()}
        await connection.execute(insert(users).values(**row))

    with pytest.raises(StoreError, match="full"):
        await store.database.write(change)
    assert await is_kept(reserve), "it is not for what makes no room"
    await store.database.delete(change)
    assert not await is_kept(reserve)
    assert tried == 3
    async with store.database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(users)) == 1
    await asyncio.to_thread(store.database.reserve.keep)
    assert await is_kept(reserve), "there is room again"


@pytest.mark.parametrize("what", ["story", "scene", "narrations", "eviction", "no room"])
async def test_each_thing_that_can_be_deleted_may_use_it(
    store: Store,
    ann: int,
    story: Story,
    scene: Scene,
    line: Line,
    reserve: Path,
    tmp_path: Path,
    what: str,
) -> None:
    narration = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    await store.save_sentence(narration, line(0), sound(ann, b"\1\0"))
    await store.finish_narration(narration, NarrationState.COMPLETE)
    await fill(store, tmp_path / "narration.db")
    deletes: dict[str, Callable[[], Awaitable[object]]] = {
        "story": lambda: store.delete_story(ann, story.id),
        "scene": lambda: store.delete_scene(ann, scene.id),
        "narrations": lambda: store.delete_narrations(ann, scene.id),
        "eviction": lambda: store.evict(0, idle_seconds=0),
        "no room": lambda: store.update_story(ann, story.id, title="b"),
    }
    with pytest.raises(StoreError, match="full; delete something, or make room"):
        await deletes[what]()
    assert await is_kept(reserve) == (what == "no room")


async def fill(store: Store, path: Path) -> None:
    """From now on every change of a story, and what is deleted, takes more than there is."""

    def add_triggers() -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE filler (bytes BLOB)")
            for when in ("DELETE ON stories", "UPDATE ON stories", "DELETE ON narrations"):
                name = when.replace(" ", "_")
                database.execute(f"CREATE TRIGGER {name} BEFORE {when} {_FILLING}")
            database.execute(f"CREATE TRIGGER scene BEFORE DELETE ON scenes {_FILLING}")

    await asyncio.to_thread(add_triggers)

    async def limit(connection: AsyncConnection) -> None:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 100}")

    await store.database.write(limit)
