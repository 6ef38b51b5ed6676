"""Stories belong to their user, and to nobody else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from narration.errors import NotFound
from narration.store import Store
from narration.story import Scene, SceneState, Story

NO_IDS = [0, -1, 999, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**200]


async def test_a_story_is_kept_as_it_was_given(store: Store, ann: int) -> None:
    before = datetime.now(UTC)
    story = await store.create_story(ann, "Über ‘x’ \U0001f40c\0", "", "pt-BR")
    assert (story.title, story.premise, story.language) == (
        "Über ‘x’ \U0001f40c\0",
        "",
        "pt-BR",
    )
    assert before <= story.created_at == story.updated_at <= datetime.now(UTC)
    assert story.created_at.utcoffset() == timedelta(0)
    assert await store.story(ann, story.id) == story


async def test_half_a_surrogate_pair_does_not_keep_a_text_from_being_saved(
    store: Store, ann: int, story: Story, scene: Scene
) -> None:
    await store.save_text(scene.id, "An \ud83d emoji’s half.")
    assert (await store.scene(ann, scene.id)).text == "An ? emoji’s half."
    changed = await store.update_story(ann, story.id, title="\udc00x")
    assert changed.title == "?x"


async def test_the_story_worked_on_last_comes_first(store: Store, ann: int) -> None:
    first, second, third = [await store.create_story(ann, t, "", "en") for t in "abc"]
    await store.update_story(ann, second.id, title="b!")
    assert [s.title for s in await store.stories(ann)] == ["b!", "c", "a"]
    scene = await store.create_scene(ann, first.id, "")
    assert [s.title for s in await store.stories(ann)] == ["a", "b!", "c"]
    await store.create_scene(ann, third.id, "")
    await store.finish_scene(scene.id, "Done.", SceneState.COMPLETE)
    assert [s.title for s in await store.stories(ann)] == ["a", "c", "b!"]


async def test_a_story_of_a_clock_that_was_ahead_is_not_first_for_ever(
    store: Store, ann: int, tmp_path: Path
) -> None:
    first, second, _ = [await store.create_story(ann, t, "", "en") for t in "abc"]
    with closing(sqlite3.connect(tmp_path / "narration.db")) as database, database:
        at = "2099-01-01 00:00:00.000000"
        ids = (at, first.id, second.id)
        database.execute("UPDATE stories SET updated_at = ? WHERE id IN (?, ?)", ids)
    assert [s.title for s in await store.stories(ann)] == ["c", "b", "a"]
    await store.create_scene(ann, second.id, "")
    assert [s.title for s in await store.stories(ann)] == ["b", "c", "a"]


async def test_a_change_leaves_the_rest(store: Store, ann: int, story: Story) -> None:
    changed = await store.update_story(ann, story.id, premise="")
    assert (changed.title, changed.premise, changed.language) == (story.title, "", "en")
    assert changed.created_at == story.created_at
    assert changed.updated_at > story.updated_at
    assert await store.story(ann, story.id) == changed


async def test_deleting_a_story_deletes_its_scenes(
    store: Store, ann: int, story: Story, scene: Scene
) -> None:
    other = await store.create_story(ann, "other", "", "en")
    kept = await store.create_scene(ann, other.id, "")
    await store.delete_story(ann, story.id)
    assert await store.stories(ann) == [await store.story(ann, other.id)]
    assert await store.scene(ann, kept.id) == kept
    with pytest.raises(NotFound):
        await store.scene(ann, scene.id)
    with pytest.raises(NotFound):
        await store.save_text(scene.id, "Too late.")


async def test_ids_are_never_used_again(store: Store, ann: int, story: Story) -> None:
    scene = await store.create_scene(ann, story.id, "")
    await store.delete_scene(ann, scene.id)
    assert (await store.create_scene(ann, story.id, "")).id > scene.id
    await store.delete_story(ann, story.id)
    assert (await store.create_story(ann, "new", "", "en")).id > story.id


async def test_another_users_story_is_not_found(
    store: Store, ann: int, ben: int, story: Story
) -> None:
    await nothing_is_found(store, ben, story.id)
    assert await store.stories(ben) == []
    assert await store.previous_texts(ben, story.id, 99) == []
    assert await store.stories(ann) == [story]


@pytest.mark.parametrize("story_id", NO_IDS)
async def test_a_story_that_does_not_exist_is_not_found(
    store: Store, ann: int, story: Story, story_id: int
) -> None:
    await nothing_is_found(store, ann, story_id)
    assert await store.stories(ann) == [story]


async def nothing_is_found(store: Store, user_id: int, story_id: int) -> None:
    for attempt in (
        store.story(user_id, story_id),
        store.update_story(user_id, story_id, title="mine"),
        store.delete_story(user_id, story_id),
        store.create_scene(user_id, story_id, "go on"),
        store.scenes(user_id, story_id),
    ):
        with pytest.raises(NotFound):
            await attempt
