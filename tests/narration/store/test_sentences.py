"""What was spoken can be fetched as it was: in order, timed, with its holes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from narration.errors import NotFound
from narration.store import Store
from narration.story import Occasion, Scene, Sentence
from tests.narration.store.conftest import BY, sound

Line = Callable[[int], Sentence]


@pytest.fixture
async def narration(store: Store, scene: Scene) -> int:
    return await store.start_narration(scene.id, BY, Occasion.DEMAND)


async def test_sentences_come_in_order_with_their_times_and_pauses(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    third, first = sound(ann, b"third", 36_000), sound(ann, b"first")
    await store.save_sentence(narration, line(2), third, rest_samples=12_000)
    await store.save_sentence(narration, line(0), first, rest_samples=2_400)
    await store.save_sentence(narration, line(1), None, skipped="the voice failed")
    spoken = await store.sentences(ann, scene.id)
    times = [(s.number, s.start_ms, s.duration_ms, s.rest_ms, s.skipped) for s in spoken]
    assert times == [
        (0, 0.0, 1_100.0, 100.0, None),
        (1, 1_100.0, 0.0, 0.0, "the voice failed"),
        (2, 1_100.0, 2_000.0, 500.0, None),
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
        recording = sound(ann, b"x", 24_001, key="same")
        await store.save_sentence(narration, line(number), recording, rest_samples=7)
    last = (await store.sentences(ann, scene.id))[-1]
    assert last.start_ms == 99 * 24_008 / 24
    assert await store.audio_bytes() == 1


async def test_audio_comes_back_byte_for_byte_and_in_pieces_for_a_file(
    store: Store, ann: int, ben: int, scene: Scene, narration: int, line: Line
) -> None:
    audio = bytes(range(256)) * 1_000
    await store.save_sentence(narration, line(0), sound(ann, audio), rest_samples=240)
    await store.save_sentence(narration, line(1), sound(ann, b"p", 9), skipped="broke off")
    await store.save_sentence(narration, line(2), None, skipped="silent")
    stored = await store.sentence_recording(ann, scene.id, 0)
    assert (stored.audio, stored.rest_samples) == (audio, 240)
    spoken = await store.pieces(ann, scene.id)
    assert spoken is not None
    assert spoken.narration == await store.narration(ann, scene.id)
    whole, part, hole = spoken.pieces
    assert (whole.number, whole.text, whole.start, whole.end) == (
        0,
        line(0).text,
        line(0).start,
        line(0).end,
    )
    assert (whole.samples, whole.rest_samples, whole.skipped) == (24_000, 240, None)
    assert (part.samples, part.rest_samples, part.skipped) == (9, 0, "broke off")
    assert (hole.samples, hole.recording_id, hole.skipped) == (0, None, "silent")
    assert whole.recording_id == stored.recording_id
    assert part.recording_id is not None
    assert await store.audio(stored.recording_id) == audio
    assert await store.audio(part.recording_id) == b"p"
    await store.delete_narrations(ann, scene.id)
    with pytest.raises(NotFound):
        await store.audio(stored.recording_id)


@pytest.mark.parametrize("number", [1, 2, -1, 2**63, 2**200])
async def test_a_hole_and_a_sentence_that_is_not_there_have_no_audio(
    store: Store, ann: int, scene: Scene, narration: int, line: Line, number: int
) -> None:
    await store.save_sentence(narration, line(0), sound(ann, b"audio"))
    await store.save_sentence(narration, line(1), None, skipped="nothing to say")
    with pytest.raises(NotFound):
        await store.sentence_recording(ann, scene.id, number)


async def test_whole_audio_takes_the_place_of_a_hole_and_is_never_replaced(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    async def kept(number: int) -> bytes:
        return (await store.sentence_recording(ann, scene.id, number)).audio

    async def save(
        number: int, audio: bytes, samples: int, skipped: str | None = None
    ) -> None:
        recording = sound(ann, audio, samples, key=None if skipped else audio.decode())
        await store.save_sentence(narration, line(number), recording, skipped=skipped)

    await save(0, b"half", 12_000, "skipped")
    await store.save_sentence(narration, line(1), None, skipped="silent")
    await save(1, b"second", 24_000)
    assert await kept(0) == b"half"
    before = await store.sentences(ann, scene.id)
    assert [(s.start_ms, s.duration_ms, s.skipped) for s in before] == [
        (0.0, 500.0, "skipped"),
        (500.0, 1_000.0, None),
    ]
    # Less of a sentence than is there already, or nothing, changes nothing.
    await save(0, b"less", 6_000, "again")
    await store.save_sentence(narration, line(0), None, skipped="again")
    await save(1, b"more", 48_000, "again")
    await save(1, b"other", 48_000)
    assert await store.sentences(ann, scene.id) == before
    await save(0, b"more", 18_000, "again")
    assert await kept(0) == b"more"
    await save(0, b"whole", 48_000)
    assert [(s.duration_ms, s.skipped) for s in await store.sentences(ann, scene.id)] == [
        (2_000.0, None),
        (1_000.0, None),
    ]
    assert (await kept(0), await kept(1)) == (b"whole", b"second")
    # Nothing stays of what nobody hears.
    assert await store.audio_bytes() == len(b"whole" + b"second")


async def test_the_newest_narration_is_the_scenes_audio(
    store: Store, ann: int, scene: Scene, narration: int, line: Line
) -> None:
    await store.save_sentence(narration, line(0), sound(ann, b"old"))
    newer = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    assert await store.sentences(ann, scene.id) == []
    await store.save_sentence(newer, line(0), sound(ann, b"new", 16_000))
    assert [s.duration_ms for s in await store.sentences(ann, scene.id)] == [16_000 / 24]
    assert (await store.sentence_recording(ann, scene.id, 0)).audio == b"new"


async def test_a_scene_that_was_not_narrated_has_no_sentences(
    store: Store, ann: int, scene: Scene
) -> None:
    assert await store.sentences(ann, scene.id) == []
    assert await store.pieces(ann, scene.id) is None
    with pytest.raises(NotFound):
        await store.sentence_recording(ann, scene.id, 0)
