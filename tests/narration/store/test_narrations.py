"""A scene's audio has versions; one of them is what is heard of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from narration.errors import NotFound
from narration.store import Store
from narration.store.narrations import VERSIONS_PER_SCENE
from narration.story import (
    NarrationState,
    Occasion,
    Scene,
    SceneState,
    Sentence,
    SpokenBy,
    Story,
)
from tests.narration.store.conftest import BY, sound

Line = Callable[[int], Sentence]
FASTER = msgspec.structs.replace(BY, speed=1.5, parameters="others")


@pytest.fixture
async def narration(store: Store, scene: Scene) -> int:
    return await store.start_narration(scene.id, BY, Occasion.LIVE)


async def add_version(
    store: Store, scene: Scene, state: NarrationState, by: SpokenBy = BY
) -> int:
    narration = await store.start_narration(scene.id, by, Occasion.DEMAND)
    message = "the voice is away" if state is NarrationState.FAILED else None
    await store.finish_narration(narration, state, message)
    return narration


async def current(store: Store, user: int, scene: Scene) -> int | None:
    found = await store.narration(user, scene.id)
    return None if found is None else found.id


async def test_a_narration_says_who_speaks_why_and_how_it_ended(
    store: Store, ann: int, scene: Scene
) -> None:
    assert await store.narration(ann, scene.id) is None
    id = await store.start_narration(scene.id, FASTER, Occasion.AUTO_PLAY)
    begun = await store.narration(ann, scene.id)
    assert begun is not None
    assert (begun.id, begun.scene_id, begun.spoken_by) == (id, scene.id, FASTER)
    assert (begun.state, begun.occasion) == (NarrationState.SPEAKING, Occasion.AUTO_PLAY)
    assert begun.message is None
    await store.finish_narration(id, NarrationState.FAILED, "the voice is away")
    failed = await store.narration(ann, scene.id)
    assert failed == msgspec.structs.replace(
        begun, state=NarrationState.FAILED, message="the voice is away"
    )


async def test_the_newest_is_current_and_one_that_failed_only_without_any_other(
    store: Store, ann: int, scene: Scene, line: Line
) -> None:
    failed = await add_version(store, scene, NarrationState.FAILED)
    assert await current(store, ann, scene) == failed
    good = await add_version(store, scene, NarrationState.STOPPED)
    await store.save_sentence(good, line(0), sound(ann, b"heard"))
    assert await current(store, ann, scene) == good
    await add_version(store, scene, NarrationState.FAILED)
    assert await current(store, ann, scene) == good
    assert (await store.sentence_recording(ann, scene.id, 0)).audio == b"heard"
    newest = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    assert await current(store, ann, scene) == newest
    assert await store.sentences(ann, scene.id) == []


async def test_a_changed_text_has_no_audio_until_it_is_narrated_again(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(0), sound(ann, b"old", key="a"))
    await store.finish_scene(scene.id, "The old text.", SceneState.COMPLETE)
    await store.update_scene(ann, scene.id, text="The old text.")
    assert len(await store.sentences(ann, scene.id)) == 1
    await store.update_scene(ann, scene.id, text="A new text.")
    # A session that was still speaking the old text ends later, and changes nothing.
    await store.finish_narration(narration, NarrationState.COMPLETE)
    assert await store.sentences(ann, scene.id) == []
    assert await store.pieces(ann, scene.id) is None
    with pytest.raises(NotFound):
        await store.sentence_recording(ann, scene.id, 0)
    left = await store.narration(ann, scene.id)
    assert left is not None
    assert (left.id, left.state) == (narration, NarrationState.OUTDATED)
    # What did not change need not be spoken again.
    assert await store.recording(ann, "a") == (b"old", ())
    again = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    assert await current(store, ann, scene) == again


async def test_few_versions_are_kept_and_none_goes_that_is_being_spoken(
    store: Store, ann: int, scene: Scene, line: Line
) -> None:
    speaking = await store.start_narration(scene.id, BY, Occasion.LIVE)
    oldest = await add_version(store, scene, NarrationState.COMPLETE)
    for number, narration in enumerate((speaking, oldest)):
        recording = sound(ann, b"x", key=str(number))
        await store.save_sentence(narration, line(0), recording)
    for _ in range(VERSIONS_PER_SCENE - 2):
        await add_version(store, scene, NarrationState.COMPLETE)
    assert await store.recording(ann, "1") == (b"x", ())
    last = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    await store.touch(oldest)
    assert (await store.figures()).narrations == VERSIONS_PER_SCENE + 1
    await store.start_narration(scene.id, BY, Occasion.DEMAND)
    with pytest.raises(NotFound):
        await store.finish_narration(oldest, NarrationState.COMPLETE)
    assert await store.recording(ann, "1") is None
    assert await store.recording(ann, "0") == (b"x", ())
    await store.finish_narration(speaking, NarrationState.STOPPED)
    await store.finish_narration(last, NarrationState.STOPPED)


@pytest.mark.parametrize("edited", [False, True])
async def test_attempts_that_come_to_nothing_cost_no_audio(
    store: Store, ann: int, scene: Scene, line: Line, edited: bool
) -> None:
    whole = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    await store.save_sentence(whole, line(0), sound(ann, b"x", key="a"))
    await store.finish_narration(whole, NarrationState.COMPLETE)
    if edited:
        await store.finish_scene(scene.id, "A text.", SceneState.COMPLETE)
        await store.update_scene(ann, scene.id, text="Another text.")
    for _ in range(2 * VERSIONS_PER_SCENE):
        await add_version(store, scene, NarrationState.FAILED, FASTER)
    assert await store.recording(ann, "a") == (b"x", ())
    if not edited:
        assert await current(store, ann, scene) == whole
    assert (await store.figures()).narrations == VERSIONS_PER_SCENE + 1


async def test_deleting_the_narrations_leaves_the_scene_as_if_never_spoken(
    store: Store, ann: int, ben: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(0), sound(ann, b"audio", key="a"))
    other = await add_version(store, scene, NarrationState.COMPLETE, FASTER)
    await store.save_sentence(other, line(0), sound(ann, b"other"))
    with pytest.raises(NotFound):
        await store.delete_narrations(ben, scene.id)
    assert await current(store, ann, scene) == other
    await store.delete_narrations(ann, scene.id)
    assert await store.narration(ann, scene.id) is None
    assert await store.recording(ann, "a") is None
    assert await store.audio_bytes() == 0
    assert await store.scene(ann, scene.id) == scene
    await store.delete_narrations(ann, scene.id)


async def test_what_a_dead_server_spoke_in_the_background_is_named(
    store: Store, ann: int, ben: int, story: Story, scene: Scene, line: Line
) -> None:
    live, demand, played, again = [
        await store.create_scene(ann, story.id, "") for _ in range(4)
    ]
    theirs = await store.create_scene(
        ben, (await store.create_story(ben, "", "", "en")).id, ""
    )
    narration = await store.start_narration(live.id, BY, Occasion.LIVE)
    await store.save_sentence(narration, line(0), sound(ann, b"audio"))
    await store.start_narration(demand.id, BY, Occasion.DEMAND)
    await store.start_narration(theirs.id, BY, Occasion.AUTO_PLAY)
    await store.start_narration(again.id, BY, Occasion.DEMAND)
    await add_version(store, again, NarrationState.COMPLETE)
    assert await store.unfinished_narrations() == []
    await store.interrupt_unfinished()
    # Of a scene that is whole in another version nothing is missing.
    expected = [(ann, demand.id, Occasion.DEMAND), (ben, theirs.id, Occasion.AUTO_PLAY)]
    assert await store.unfinished_narrations() == expected
    interrupted = await store.narration(ann, demand.id)
    assert interrupted is not None
    assert interrupted.state is NarrationState.INTERRUPTED
    assert (await store.sentence_recording(ann, live.id, 0)).audio == b"audio"
    assert await store.narration(ann, played.id) is None
    await store.start_narration(demand.id, BY, Occasion.DEMAND)
    assert await store.unfinished_narrations() == expected[1:]


@pytest.mark.parametrize("gone", ["scene", "story", "never"])
async def test_what_is_spoken_for_a_scene_that_is_gone_is_not_kept(
    store: Store, ann: int, story: Story, scene: Scene, narration: int, line: Line, gone: str
) -> None:
    await store.save_sentence(narration, line(0), sound(ann, b"audio"))
    match gone:
        case "scene":
            await store.delete_scene(ann, scene.id)
        case "story":
            await store.delete_story(ann, story.id)
        case _:
            narration = 2**70
    before = await store.audio_bytes()
    for attempt in (
        store.save_sentence(narration, line(1), sound(ann, b"audio")),
        store.save_sentence(narration, line(1), None, skipped="silent"),
        store.finish_narration(narration, NarrationState.COMPLETE),
        store.resume_narration(narration, BY, Occasion.LIVE, first=0),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await store.audio_bytes() == before


@pytest.mark.parametrize("gone", ["scene", "story"])
async def test_deleting_a_scene_or_a_story_frees_its_audio_and_no_other(
    store: Store,
    ann: int,
    story: Story,
    scene: Scene,
    narration: int,
    line: Line,
    tmp_path: Path,
    gone: str,
) -> None:
    elsewhere = await store.create_story(ann, "", "", "en")
    other = await store.create_scene(ann, elsewhere.id, "")
    shared = await store.start_narration(other.id, BY, Occasion.DEMAND)
    await store.save_sentence(shared, line(0), sound(ann, b"both", key="a"))
    await store.save_sentence(narration, line(0), sound(ann, b"both", key="a"))
    await store.save_sentence(narration, line(1), sound(ann, b"own", key="b"))
    await store.save_sentence(narration, line(2), sound(ann, b"part"), skipped="broke off")
    if gone == "scene":
        await store.delete_scene(ann, scene.id)
    else:
        await store.delete_story(ann, story.id)
    assert (await store.sentence_recording(ann, other.id, 0)).audio == b"both"
    await store.close()
    with closing(sqlite3.connect(tmp_path / "narration.db")) as database:
        for table in ("narrations", "sentences", "recordings"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
