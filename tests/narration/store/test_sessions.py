"""A client that comes back to a session that is gone is told which scene it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from narration.errors import Conflict, NotFound
from narration.store import Store
from narration.store.sessions import SESSIONS_PER_SCENE
from narration.story import Scene, SceneState, Story


async def test_a_session_leads_its_own_user_to_its_scene_after_a_restart(
    store: Store, ann: int, ben: int, scene: Scene, tmp_path: Path
) -> None:
    await store.keep_session("abc", ann, scene.id)
    await store.finish_scene(scene.id, "Half a", SceneState.PARTIAL)
    await store.close()
    again = await Store.open(tmp_path / "narration.db")
    found = await again.scene_of_session(ann, "abc")
    assert found is not None
    assert (found.id, found.text, found.state) == (scene.id, "Half a", SceneState.PARTIAL)
    assert await again.scene_of_session(ben, "abc") is None
    assert await again.scene_of_session(ann, "abd") is None
    assert await again.scene_of_session(ann, "") is None
    await again.close()


async def test_only_a_scenes_latest_sessions_are_remembered(
    store: Store, ann: int, story: Story, scene: Scene
) -> None:
    other = await store.create_scene(ann, story.id, "")
    await store.keep_session("other", ann, other.id)
    for number in range(SESSIONS_PER_SCENE + 2):
        await store.keep_session(str(number), ann, scene.id)
    known = [
        await store.scene_of_session(ann, str(number)) is not None
        for number in range(SESSIONS_PER_SCENE + 2)
    ]
    assert known == [False, False] + [True] * SESSIONS_PER_SCENE
    assert await store.scene_of_session(ann, "other") == other


async def test_a_session_is_not_forgotten_for_being_kept_after_a_clock_was_set_back(
    store: Store, ann: int, scene: Scene, tmp_path: Path
) -> None:
    for number in range(SESSIONS_PER_SCENE):
        await store.keep_session(str(number), ann, scene.id)
    set_clock = "UPDATE sessions SET created_at = '2099-01-01 00:00:00.000000'"
    with closing(sqlite3.connect(tmp_path / "narration.db")) as database, database:
        database.execute(set_clock)
    await store.keep_session("new", ann, scene.id)
    assert await store.scene_of_session(ann, "new") == scene
    assert await store.scene_of_session(ann, "0") is None
    assert await store.scene_of_session(ann, "1") == scene


async def test_a_session_goes_with_its_scene(store: Store, ann: int, scene: Scene) -> None:
    await store.keep_session("abc", ann, scene.id)
    with pytest.raises(Conflict):
        await store.keep_session("abc", ann, scene.id)
    await store.delete_scene(ann, scene.id)
    assert await store.scene_of_session(ann, "abc") is None
    with pytest.raises(NotFound):
        await store.keep_session("abd", ann, scene.id)
