"""What was spoken can be fetched as it was: in order, timed, with its holes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from narration.errors import NotFound
from narration.store import Store
from narration.story import NarrationState, Scene, SceneState, Sentence, Story

Line = Callable[[int], Sentence]


@pytest.fixture
async def narration(store: Store, scene: Scene) -> int:
    return await store.start_narration(scene.id, "embedded", "heart", 1.0)


async def test_sentences_come_in_order_with_their_times(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(2), b"third", 36_000)
    await store.save_sentence(narration, line(0), b"first", 24_000)
    await store.skip_sentence(narration, line(1), "the voice failed")
    spoken = await store.sentences(ann, scene.id)
    assert [(s.number, s.start_ms, s.duration_ms, s.skipped) for s in spoken] == [
        (0, 0.0, 1_000.0, None),
        (1, 1_000.0, 0.0, "the voice failed"),
        (2, 1_000.0, 1_500.0, None),
    ]
    for sentence, told in zip(map(line, range(3)), spoken, strict=True):
        assert (told.text, told.start, told.end) == (
            sentence.text,
            sentence.start,
            sentence.end,
        )


async def test_times_do_not_drift_over_a_long_scene(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    for number in range(100):
        await store.save_sentence(narration, line(number), b"", 24_001)
    last = (await store.sentences(ann, scene.id))[-1]
    assert last.start_ms == 99 * 24_001 / 24


async def test_audio_comes_back_byte_for_byte(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    flac = bytes(range(256)) * 1_000
    await store.save_sentence(narration, line(0), flac, 24_000)
    assert await store.sentence_flac(ann, scene.id, 0) == flac


@pytest.mark.parametrize("number", [1, 2, -1, 2**63, 2**200])
async def test_a_hole_and_a_sentence_that_is_not_there_have_no_audio(
    store: Store, ann: int, scene: Scene, narration: int, line: Line, number: int
) -> None:
    await store.save_sentence(narration, line(0), b"audio", 24_000)
    await store.skip_sentence(narration, line(1), "nothing to say")
    with pytest.raises(NotFound):
        await store.sentence_flac(ann, scene.id, number)


async def test_whole_audio_takes_the_place_of_a_hole_and_is_never_replaced(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.skip_sentence(narration, line(0), "skipped", b"half", 12_000)
    await store.skip_sentence(narration, line(1), "silent")
    await store.save_sentence(narration, line(1), b"second", 24_000)
    assert await store.sentence_flac(ann, scene.id, 0) == b"half"
    before = await store.sentences(ann, scene.id)
    assert [(s.start_ms, s.duration_ms, s.skipped) for s in before] == [
        (0.0, 500.0, "skipped"),
        (500.0, 1_000.0, None),
    ]
    # Less of a sentence than is there already, or nothing, changes nothing.
    await store.skip_sentence(narration, line(0), "again", b"less", 6_000)
    await store.skip_sentence(narration, line(0), "again")
    await store.skip_sentence(narration, line(1), "again", b"more", 48_000)
    await store.save_sentence(narration, line(1), b"other", 48_000)
    assert await store.sentences(ann, scene.id) == before
    await store.skip_sentence(narration, line(0), "again", b"more", 18_000)
    assert await store.sentence_flac(ann, scene.id, 0) == b"more"
    await store.save_sentence(narration, line(0), b"whole", 48_000)
    assert [(s.duration_ms, s.skipped) for s in await store.sentences(ann, scene.id)] == [
        (2_000.0, None),
        (1_000.0, None),
    ]
    assert await store.sentence_flac(ann, scene.id, 0) == b"whole"
    assert await store.sentence_flac(ann, scene.id, 1) == b"second"


async def test_the_newest_narration_is_the_scenes_audio(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(0), b"old", 24_000)
    newer = await store.start_narration(scene.id, "embedded", "heart", 1.5)
    assert await store.sentences(ann, scene.id) == []
    await store.save_sentence(newer, line(0), b"new", 16_000)
    assert [s.duration_ms for s in await store.sentences(ann, scene.id)] == [16_000 / 24]
    assert await store.sentence_flac(ann, scene.id, 0) == b"new"


async def test_a_scene_that_was_not_narrated_has_no_sentences(
    store: Store, ann: int, scene: Scene
) -> None:
    assert await store.sentences(ann, scene.id) == []
    with pytest.raises(NotFound):
        await store.sentence_flac(ann, scene.id, 0)


async def test_a_changed_text_has_no_audio_until_it_is_narrated_again(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(0), b"old", 24_000)
    await store.finish_scene(scene.id, "The old text.", SceneState.COMPLETE)
    await store.update_scene(ann, scene.id, text="The old text.")
    assert len(await store.sentences(ann, scene.id)) == 1
    await store.update_scene(ann, scene.id, text="A new text.")
    # A session that was still speaking the old text ends later, and changes nothing.
    await store.finish_narration(narration, NarrationState.COMPLETE)
    assert await store.sentences(ann, scene.id) == []
    with pytest.raises(NotFound):
        await store.sentence_flac(ann, scene.id, 0)
    again = await store.start_narration(scene.id, "embedded", "heart", 1.0)
    await store.save_sentence(again, line(0), b"new", 24_000)
    assert await store.sentence_flac(ann, scene.id, 0) == b"new"


async def test_an_unfinished_narration_keeps_what_was_spoken_when_the_server_dies(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(0), b"audio", 24_000)
    await store.interrupt_unfinished()
    assert await store.sentence_flac(ann, scene.id, 0) == b"audio"
    await store.finish_narration(narration, NarrationState.STOPPED)


@pytest.mark.parametrize("gone", ["scene", "story", "never"])
async def test_what_is_spoken_for_a_scene_that_is_gone_is_not_kept(
    store: Store, ann: int, story: Story, scene: Scene, narration: int, line: Line, gone: str
) -> None:
    await store.save_sentence(narration, line(0), b"audio", 24_000)
    match gone:
        case "scene":
            await store.delete_scene(ann, scene.id)
        case "story":
            await store.delete_story(ann, story.id)
        case _:
            narration = 2**70
    for attempt in (
        store.save_sentence(narration, line(1), b"audio", 24_000),
        store.skip_sentence(narration, line(1), "silent"),
        store.finish_narration(narration, NarrationState.COMPLETE),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_deleting_a_scene_frees_its_audio(
    store: Store, ann: int, scene: Scene, narration: int, line: Line, tmp_path: Path
) -> None:
    await store.save_sentence(narration, line(0), b"audio", 24_000)
    await store.delete_scene(ann, scene.id)
    await store.close()
    with closing(sqlite3.connect(tmp_path / "narration.db")) as database:
        for table in ("narrations", "sentences", "sentence_audio"):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
