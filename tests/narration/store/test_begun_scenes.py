"""A scene begins in one write, with all that its writer has to know."""

from __future__ import annotations

import asyncio

import pytest

from narration.errors import Conflict, NotFound
from narration.store import Store
from narration.store.scenes import PREVIOUS_TEXTS
from narration.story import Scene, SceneState, Story


async def test_a_scene_that_begins_is_there_with_its_story_and_its_session(
    store: Store, ann: int, story: Story, scene: Scene
) -> None:
    begun = await store.begin_scene(ann, story.id, "A ship is seen.", "session")
    assert begun.scene == await store.scene(ann, begun.scene.id)
    assert begun.story == await store.story(ann, story.id)
    assert begun.story.updated_at > story.updated_at
    assert (begun.scene.number, begun.scene.state) == (2, SceneState.WRITING)
    assert await store.scene_of_session(ann, "session") == begun.scene


async def test_a_scene_looks_back_to_the_nearest_texts_in_order(
    store: Store, ann: int, story: Story
) -> None:
    texts = [f"Scene {number}." for number in range(PREVIOUS_TEXTS + 3)]
    for text in texts:
        scene = await store.create_scene(ann, story.id, "")
        await store.finish_scene(scene.id, text, SceneState.COMPLETE)
    await store.create_scene(ann, story.id, "It has no text yet.")
    begun = await store.begin_scene(ann, story.id, "", "session")
    assert begun.previous_texts == texts[-PREVIOUS_TEXTS:]
    before = await store.previous_texts(ann, story.id, begun.scene.number)
    assert begun.previous_texts == before


async def test_a_scene_that_cannot_begin_leaves_nothing(
    store: Store, ann: int, ben: int, story: Story, scene: Scene
) -> None:
    await store.keep_session("session", ann, scene.id)
    before = await store.stories(ann)
    for user, of, session, error in [
        (ben, story.id, "another", NotFound),
        (ann, 999, "another", NotFound),
        (ann, 1 << 70, "another", NotFound),
        (ann, story.id, "session", Conflict),
    ]:
        with pytest.raises(error):
            await store.begin_scene(user, of, "", session)
    assert await store.scenes(ann, story.id) == [scene]
    assert await store.stories(ann) == before


async def test_scenes_that_begin_at_once_are_numbered_one_after_the_other(
    store: Store, ann: int, story: Story
) -> None:
    begin = (store.begin_scene(ann, story.id, "", f"session {n}") for n in range(30))
    begun = await asyncio.gather(*begin)
    assert [one.scene.number for one in begun] == list(range(1, 31))
