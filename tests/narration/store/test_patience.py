"""Another program that holds the file is waited for, and at the end by all together."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from narration.errors import StoreError
from narration.store import Store
from narration.story import Scene, SceneState, Story


@pytest.fixture
def held(store: Store, tmp_path: Path, scene: Scene) -> Iterator[sqlite3.Connection]:
    """The file of `store`, held by a backup, say."""
    with closing(
        sqlite3.connect(tmp_path / "narration.db", isolation_level=None)
    ) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def test_writes_wait_for_another_program_that_holds_the_file(
    store: Store, ann: int, story: Story, scene: Scene, held: sqlite3.Connection
) -> None:
    saved = store.save_text(scene.id, "Once.")
    changed = asyncio.ensure_future(store.update_story(ann, story.id, title="b"))
    await asyncio.sleep(0.3)  # Longer than SQLite waits by itself.
    assert not saved.done()
    held.execute("ROLLBACK")
    await saved
    assert (await changed).title == "b"
    assert (await store.scene(ann, scene.id)).text == "Once."


async def test_at_the_end_all_writes_together_wait_no_longer_than_told(
    store: Store, ann: int, story: Story, scene: Scene, held: sqlite3.Connection
) -> None:
    began = time.monotonic()
    store.database.end_waits_in(0.5)
    writes = [
        asyncio.ensure_future(write)
        for _ in range(10)
        for write in (
            store.save_text(scene.id, "Once."),
            store.update_story(ann, story.id, title="b"),
            store.finish_scene(scene.id, "Once.", SceneState.COMPLETE),
        )
    ]
    results = await asyncio.gather(*writes, return_exceptions=True)
    late = await asyncio.gather(store.save_text(scene.id, "x"), return_exceptions=True)
    await store.close()
    took = time.monotonic() - began
    assert {type(error) for error in [*results, *late]} == {StoreError}
    assert "locked" in str(results[0])
    assert 0.5 <= took < 5, "each by itself would wait for ten seconds"


async def test_what_can_be_written_is_written_after_that(
    store: Store, ann: int, scene: Scene
) -> None:
    store.database.end_waits_in(0.0)
    await store.finish_scene(scene.id, "Once.", SceneState.COMPLETE)
    assert (await store.scene(ann, scene.id)).text == "Once."
