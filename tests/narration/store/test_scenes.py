"""Scenes are written once, read by their user, and marked when their server died."""

from __future__ import annotations

import asyncio

import pytest

from narration.errors import Conflict, NotFound
from narration.store import Store
from narration.store.scenes import PREVIOUS_TEXTS
from narration.story import Occasion, Scene, SceneState, Story
from tests.narration.store.conftest import BY

NO_IDS = [0, -1, 999, 2**63, -(2**63) - 1, 2**200]
ENDS = [SceneState.COMPLETE, SceneState.STOPPED, SceneState.PARTIAL]


async def test_a_new_scene_is_empty_and_being_written(
    store: Store, ann: int, story: Story, scene: Scene
) -> None:
    assert (scene.story_id, scene.number, scene.text) == (story.id, 1, "")
    assert scene.prompt == "The lamp goes out."
    assert scene.state is SceneState.WRITING
    assert await store.scene(ann, scene.id) == scene
    assert await store.scenes(ann, story.id) == [scene]


async def test_scenes_are_numbered_within_their_story(store: Store, ann: int) -> None:
    one = await store.create_story(ann, "one", "", "en")
    two = await store.create_story(ann, "two", "", "en")
    made = await asyncio.gather(
        *(store.create_scene(ann, story.id, "") for _ in range(10) for story in (one, two))
    )
    for story in (one, two):
        ours = [scene for scene in made if scene.story_id == story.id]
        assert sorted(scene.number for scene in ours) == list(range(1, 11))
        listed = await store.scenes(ann, story.id)
        assert [scene.number for scene in listed] == list(range(1, 11))


async def test_a_scene_in_the_middle_can_go_without_renumbering_the_others(
    store: Store, ann: int, story: Story
) -> None:
    scenes = [await store.create_scene(ann, story.id, "") for _ in range(3)]
    await store.delete_scene(ann, scenes[1].id)
    assert (await store.create_scene(ann, story.id, "")).number == 4
    assert [scene.number for scene in await store.scenes(ann, story.id)] == [1, 3, 4]


async def test_text_is_saved_as_it_stands_each_time(
    store: Store, ann: int, scene: Scene
) -> None:
    for text in ("Once", "Once upon", "Once upon", "Once"):
        await store.save_text(scene.id, text)
        saved = await store.scene(ann, scene.id)
        assert (saved.text, saved.state) == (text, SceneState.WRITING)
        assert saved.updated_at > scene.updated_at


@pytest.mark.parametrize("state", ENDS)
async def test_a_finished_scene_keeps_its_text(
    store: Store, ann: int, scene: Scene, state: SceneState
) -> None:
    await store.save_text(scene.id, "Once")
    await store.finish_scene(scene.id, "Once upon a time.", state)
    finished = await store.scene(ann, scene.id)
    assert (finished.text, finished.state) == ("Once upon a time.", state)
    with pytest.raises(Conflict):
        await store.save_text(scene.id, "too late")
    assert await store.scene(ann, scene.id) == finished


async def test_a_scene_that_only_seemed_interrupted_is_written_on(
    store: Store, ann: int, scene: Scene
) -> None:
    await store.save_text(scene.id, "Once")
    await store.interrupt_unfinished()
    await store.save_text(scene.id, "Once upon")
    written = await store.scene(ann, scene.id)
    assert (written.text, written.state) == ("Once upon", SceneState.WRITING)


async def test_a_scene_is_finished_once(store: Store, ann: int, scene: Scene) -> None:
    await store.finish_scene(scene.id, "All.", SceneState.STOPPED)
    with pytest.raises(Conflict):
        await store.finish_scene(scene.id, "", SceneState.COMPLETE)
    assert (await store.scene(ann, scene.id)).state is SceneState.STOPPED


async def test_to_finish_is_not_to_go_on_writing(store: Store, scene: Scene) -> None:
    with pytest.raises(ValueError, match="being written"):
        await store.finish_scene(scene.id, "", SceneState.WRITING)


async def test_a_text_can_be_changed_once_it_is_finished(
    store: Store, ann: int, scene: Scene
) -> None:
    with pytest.raises(Conflict):
        await store.update_scene(ann, scene.id, text="Mine.")
    await store.finish_scene(scene.id, "All.", SceneState.COMPLETE)
    changed = await store.update_scene(ann, scene.id, text="Mine.")
    assert (changed.text, changed.state) == ("Mine.", SceneState.COMPLETE)
    assert await store.scene(ann, scene.id) == changed


async def test_previous_texts_come_in_order_without_the_empty_and_the_later(
    store: Store, ann: int, story: Story
) -> None:
    scenes = [await store.create_scene(ann, story.id, "") for _ in range(5)]
    for scene in (scenes[0], scenes[2], scenes[3], scenes[4]):
        await store.save_text(scene.id, f"Text {scene.number}.")
    assert await store.previous_texts(ann, story.id, 4) == ["Text 1.", "Text 3."]
    assert await store.previous_texts(ann, story.id, 1) == []
    assert await store.previous_texts(ann, story.id, 2**62) == [
        f"Text {number}." for number in (1, 3, 4, 5)
    ]


async def test_previous_texts_are_the_nearest_of_many(
    store: Store, ann: int, story: Story
) -> None:
    for number in range(1, PREVIOUS_TEXTS + 3):
        scene = await store.create_scene(ann, story.id, "")
        await store.save_text(scene.id, str(number))
    texts = await store.previous_texts(ann, story.id, PREVIOUS_TEXTS + 2)
    assert texts == [str(number) for number in range(2, PREVIOUS_TEXTS + 2)]


async def test_what_a_dead_server_left_is_marked_and_keeps_its_text(
    store: Store, ann: int, story: Story
) -> None:
    done, cut, empty = [await store.create_scene(ann, story.id, "") for _ in range(3)]
    await store.finish_scene(done.id, "Done.", SceneState.COMPLETE)
    await store.save_text(cut.id, "Half a")
    assert await store.interrupt_unfinished() == 2
    assert await store.interrupt_unfinished() == 0
    states = {
        scene.id: (scene.state, scene.text) for scene in await store.scenes(ann, story.id)
    }
    assert states == {
        done.id: (SceneState.COMPLETE, "Done."),
        cut.id: (SceneState.INTERRUPTED, "Half a"),
        empty.id: (SceneState.INTERRUPTED, ""),
    }
    await store.finish_scene(cut.id, "Half a loaf.", SceneState.COMPLETE)
    assert (await store.scene(ann, cut.id)).text == "Half a loaf."


async def test_another_users_scene_is_not_found(
    store: Store, ann: int, ben: int, scene: Scene
) -> None:
    await nothing_is_found(store, ben, scene.id)
    assert await store.scene(ann, scene.id) == scene


@pytest.mark.parametrize("scene_id", NO_IDS)
async def test_a_scene_that_does_not_exist_is_not_found(
    store: Store, ann: int, scene: Scene, scene_id: int
) -> None:
    await nothing_is_found(store, ann, scene_id)
    for attempt in (
        store.save_text(scene_id, "x"),
        store.finish_scene(scene_id, "x", SceneState.COMPLETE),
        store.start_narration(scene_id, BY, Occasion.LIVE),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await store.scene(ann, scene.id) == scene


async def nothing_is_found(store: Store, user_id: int, scene_id: int) -> None:
    for attempt in (
        store.scene(user_id, scene_id),
        store.update_scene(user_id, scene_id, text="mine"),
        store.delete_scene(user_id, scene_id),
        store.sentences(user_id, scene_id),
        store.sentence_recording(user_id, scene_id, 0),
        store.pieces(user_id, scene_id),
        store.narration(user_id, scene_id),
        store.delete_narrations(user_id, scene_id),
    ):
        with pytest.raises(NotFound):
            await attempt
