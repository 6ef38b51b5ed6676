"""Writes happen one after the other, whole, and whatever becomes of who asked for them."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import NotFound, StoreError
from narration.store import Store
from narration.store.columns import now
from narration.store.database import Database
from narration.store.tables import stories, users
from narration.story import Occasion, Scene, SceneState, Sentence, Story
from tests.narration.store.conftest import BY, sound
from tests.patience import PATIENCE_SECONDS

Line = Callable[[int], Sentence]


def database_threads() -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return sorted(name for name in names if name.startswith("narration-db"))


def no_database_thread_stays() -> bool:
    """A thread that has closed its connection still takes a moment to end."""
    for thread in threading.enumerate():
        if thread.name.startswith("narration-db"):
            thread.join(10)
    return database_threads() == []


async def add_user(connection: AsyncConnection, name: str) -> None:
    await connection.execute(insert(users).values(name=name, created_at=now()))


async def add_story(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(
        insert(stories).values(
            user_id=user_id,
            title="",
            premise="",
            language="en",
            created_at=now(),
            updated_at=now(),
        )
    )


async def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db")

    async def half(connection: AsyncConnection) -> None:
        await add_user(connection, "ann")
        raise NotFound("the other half")

    async def whole(connection: AsyncConnection) -> None:
        await add_user(connection, "ben")

    with pytest.raises(NotFound, match="the other half"):
        await database.write(half)
    await database.write(whole)
    async with database.reading() as connection:
        assert (await connection.scalars(select(users.c.name))).all() == ["ben"]
    await database.close()


async def test_a_commit_that_fails_does_not_stop_the_next_write(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db")

    async def noticed_too_late(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        await add_story(connection, user_id=999)

    async def sound(connection: AsyncConnection) -> None:
        await add_user(connection, "ann")

    for _ in range(2):
        with pytest.raises(NotFound):
            await database.write(noticed_too_late)
    await database.write(sound)
    async with database.reading() as connection:
        assert (await connection.scalars(select(users.c.name))).all() == ["ann"]
        assert (await connection.scalars(select(stories.c.id))).all() == []
    await database.close()


async def test_a_full_disk_fails_what_has_no_room_and_nothing_else(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db")

    async def limit(connection: AsyncConnection) -> None:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")

    async def large(connection: AsyncConnection) -> None:
        await add_user(connection, "x" * 100_000)

    async def small(connection: AsyncConnection) -> None:
        await add_user(connection, "ann")

    await database.write(limit)
    with pytest.raises(StoreError, match="full"):
        await database.write(large)
    await database.write(small)
    async with database.reading() as connection:
        assert (await connection.scalars(select(users.c.name))).all() == ["ann"]
    await database.close()


async def test_readers_do_not_wait_for_a_writer_and_see_whole_writes(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db")
    half, go_on = asyncio.Event(), asyncio.Event()

    async def slow(connection: AsyncConnection) -> None:
        await add_user(connection, "ann")
        half.set()
        await go_on.wait()
        await add_user(connection, "ben")

    async def count() -> int:
        async with database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(users)) or 0

    writing = asyncio.create_task(database.write(slow))
    await half.wait()
    assert await count() == 0
    go_on.set()
    await writing
    assert await count() == 2
    await database.close()


async def test_readers_cannot_write(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db")
    with pytest.raises(StoreError, match="readonly"):
        async with database.reading() as connection:
            await add_user(connection, "ann")
    await database.close()


async def test_cancelled_writes_are_done_and_do_not_stop_others(
    store: Store, ann: int, scene: Scene, line: Line
) -> None:
    chance = random.Random(7)
    narration = await store.start_narration(scene.id, BY, Occasion.LIVE)
    for number in range(50):
        save = store.save_sentence(narration, line(number), sound(ann, b"audio" * 2_000))
        for _ in range(chance.randrange(25)):
            await asyncio.sleep(0)
        await asyncio.sleep(chance.choice([0, 0, 0.000_2, 0.000_5, 0.001]))
        save.cancel()
        await asyncio.wait([save])
    await asyncio.wait_for(store.save_text(scene.id, "The end."), PATIENCE_SECONDS)
    assert (await store.scene(ann, scene.id)).text == "The end."
    # Those cancelled before they began are not written; begun ones are, with their audio.
    for sentence in await store.sentences(ann, scene.id):
        await store.sentence_recording(ann, scene.id, sentence.number)
    assert len(asyncio.all_tasks()) == 1


async def test_a_write_that_was_begun_is_not_undone_by_cancelling(
    store: Store, ann: int, scene: Scene
) -> None:
    save = store.save_text(scene.id, "Kept.")
    await asyncio.sleep(0)
    save.cancel()
    with pytest.raises(asyncio.CancelledError):
        await save
    await store.finish_scene(scene.id, "Kept to the end.", SceneState.STOPPED)
    assert (await store.scene(ann, scene.id)).text == "Kept to the end."


async def test_a_failure_that_nobody_waits_for_is_logged(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    save = store.save_text(999, "secret words")
    await asyncio.sleep(0)
    save.cancel()
    await asyncio.wait([save])
    await store.close()
    assert "there is no such scene" in caplog.text
    assert "secret words" not in caplog.text


async def test_cancelled_readers_give_back_their_connection(
    store: Store, ann: int, scene: Scene, line: Line
) -> None:
    narration = await store.start_narration(scene.id, BY, Occasion.LIVE)
    await store.save_sentence(narration, line(0), sound(ann, b"audio" * 100_000))
    chance = random.Random(8)
    for _ in range(50):
        read = asyncio.create_task(store.sentence_recording(ann, scene.id, 0))
        for _ in range(chance.randrange(25)):
            await asyncio.sleep(0)
        read.cancel()
        await asyncio.wait([read])
    reads = (store.sentence_recording(ann, scene.id, 0) for _ in range(20))
    read_all = await asyncio.wait_for(asyncio.gather(*reads), PATIENCE_SECONDS)
    assert {len(read.audio) for read in read_all} == {500_000}
    await store.close()
    assert no_database_thread_stays()


async def test_200_sessions_write_side_by_side_while_others_read_and_lock(
    store: Store, ann: int, story: Story, line: Line, tmp_path: Path
) -> None:
    scenes = [await store.create_scene(ann, story.id, "") for _ in range(200)]

    async def session(scene: Scene) -> None:
        narration = await store.start_narration(scene.id, BY, Occasion.LIVE)
        for number in range(2):
            await store.save_text(scene.id, f"{scene.id}: {number}")
            await store.save_sentence(narration, line(number), sound(ann, b"flac" * 1_000))
            await store.scene(ann, scene.id)
        await store.finish_scene(scene.id, f"{scene.id}: all", SceneState.COMPLETE)

    def another_program() -> None:
        with closing(sqlite3.connect(tmp_path / "narration.db", timeout=30)) as database:
            for _ in range(5):
                with database:
                    database.execute("UPDATE users SET name = name")

    await asyncio.gather(asyncio.to_thread(another_program), *map(session, scenes))
    assert {scene.text for scene in await store.scenes(ann, story.id)} == {
        f"{scene.id}: all" for scene in scenes
    }
    for scene in scenes:
        assert len(await store.sentences(ann, scene.id)) == 2
    assert set(database_threads()) <= {
        "narration-db-checkpoints",
        "narration-db-commits",
        "narration-db-look-ups",
        "narration-db-reader",
        "narration-db-writer",
    }
    assert len(database_threads()) <= 6


async def test_writes_happen_in_the_order_of_the_calls(store: Store, scene: Scene) -> None:
    done: list[int] = []

    async def save(number: int) -> None:
        await store.save_text(scene.id, str(number))
        done.append(number)

    saves = []
    for number in range(200):
        saves.append(asyncio.create_task(save(number)))
        # New ones come while others wait, in all phases of the one that is at work.
        for _ in range(number % 7):
            await asyncio.sleep(0)
    await asyncio.gather(*saves)
    assert done == list(range(200))


async def test_closing_waits_for_who_is_reading(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "narration.db")
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def read() -> int:
        async with database.reading() as connection:
            reading.set()
            await go_on.wait()
            return await connection.scalar(select(func.count()).select_from(users)) or 0

    reader = asyncio.create_task(read())
    await reading.wait()
    closing_down = asyncio.create_task(database.close())
    await asyncio.wait([closing_down], timeout=0.05)
    assert not closing_down.done()
    go_on.set()
    await closing_down
    assert await reader == 0
    assert no_database_thread_stays()


async def test_closing_finishes_what_was_begun_and_leaves_nothing_running(
    store: Store, ann: int, scene: Scene, tmp_path: Path
) -> None:
    saves = [store.save_text(scene.id, f"{number}") for number in range(20)]
    reads = [asyncio.create_task(store.scene(ann, scene.id)) for _ in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*saves, *reads)
    assert no_database_thread_stays()
    assert len(asyncio.all_tasks()) == 1
    with pytest.raises(StoreError, match="closed"):
        await store.save_text(scene.id, "late")
    with pytest.raises(StoreError, match="closed"):
        await store.scene(ann, scene.id)
    await store.close()
    with closing(sqlite3.connect(tmp_path / "narration.db")) as database:
        assert database.execute("SELECT text FROM scenes").fetchall() == [("19",)]
