"""A scene's audio is kept as it was heard, and the same sound only once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from narration.audio import SAMPLE_RATE, Transcoder, decode
from narration.errors import NotFound, StoreError
from narration.recording_key import recording_key
from narration.store import Store
from narration.store.archive import NarrationArchive, SceneArchive
from narration.store.group_commit import Transaction
from narration.story import (
    NarrationState,
    Occasion,
    RecordedSentence,
    Scene,
    SceneState,
    Sentence,
    Story,
    Word,
)
from tests.narration.store.conftest import BY, sound

Line = Callable[[int], Sentence]
SECOND = bytes(range(240)) * 200
OTHER = bytes(reversed(SECOND))
HALF = SECOND[:24_000]
REST = bytes(SAMPLE_RATE // 5)


@pytest.fixture
async def transcoder() -> AsyncIterator[Transcoder]:
    transcoder = Transcoder()
    yield transcoder
    transcoder.close()


NewArchive = Callable[..., NarrationArchive]


@pytest.fixture
def archive_of(store: Store, transcoder: Transcoder, ann: int) -> NewArchive:
    def archive_of(
        scene: Scene, kind: type[NarrationArchive] = NarrationArchive, **others: Any
    ) -> NarrationArchive:
        how: dict[str, Any] = {
            "user_id": ann,
            "spoken_by": BY,
            "occasion": Occasion.DEMAND,
        } | others
        return kind(store, transcoder, scene_id=scene.id, **how)

    return archive_of


def whole(sentence: Sentence, pcm: bytes = SECOND) -> RecordedSentence:
    return RecordedSentence(sentence, pcm + REST, None, len(REST))


@pytest.mark.parametrize("kind", [NarrationArchive, SceneArchive])
async def test_what_is_loaded_is_what_was_saved_byte_for_byte(
    archive_of: NewArchive, scene: Scene, line: Line, kind: type[NarrationArchive]
) -> None:
    archive = archive_of(scene, kind)
    assert await archive.load_sentence(0) is None
    saved = [
        whole(line(0)),
        RecordedSentence(line(1), HALF, "skipped by the listener"),
        RecordedSentence(line(2), b"", "nothing to say"),
        RecordedSentence(line(3), b"", None),
        RecordedSentence(line(4), REST, None, len(REST)),
    ]
    for recorded in saved:
        await archive.save(None, [recorded])
    assert [await archive.load_sentence(number) for number in range(6)] == [*saved, None]
    await archive.save(None, [whole(line(1))])
    assert await archive.load_sentence(1) == whole(line(1))


async def test_the_same_sound_is_not_kept_twice(
    store: Store,
    ann: int,
    story: Story,
    scene: Scene,
    archive_of: NewArchive,
    line: Line,
) -> None:
    await archive_of(scene).save(None, [whole(line(0))])
    size, key = await store.audio_bytes(), recording_key(line(0).spoken, BY)
    kept = await store.recording(ann, key)
    assert kept is not None
    assert decode(kept[0]) == SECOND  # The pause is as the settings say at the time.
    for other in (scene, await store.create_scene(ann, story.id, "")):
        longer = RecordedSentence(line(0), SECOND + 2 * REST, None, 2 * len(REST))
        await archive_of(other).save(None, [longer])
        [again] = await store.sentences(ann, other.id)
        assert (again.duration_ms, again.rest_ms) == (1_200.0, 200.0)
    assert await store.audio_bytes() == size


async def test_another_voice_another_speed_and_other_parameters_sound_for_themselves(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    ways = [
        BY,
        msgspec.structs.replace(BY, voice="bella"),
        msgspec.structs.replace(BY, speed=1.1),
        msgspec.structs.replace(BY, provider="kokoro"),
        msgspec.structs.replace(BY, parameters="as set before"),
    ]
    for by in ways:
        await archive_of(scene, spoken_by=by).save(None, [whole(line(0))])
    assert (await store.figures()).recordings == len(ways)
    for by in ways:
        assert await store.recording(ann, recording_key(line(0).spoken, by)) is not None


async def test_a_voice_that_says_it_otherwise_the_second_time_is_heard_as_it_was(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    await archive_of(scene).save(None, [whole(line(0))])
    again = archive_of(scene)
    await again.save(None, [whole(line(0), OTHER)])
    assert await again.load_sentence(0) == whole(line(0), OTHER)
    first = await store.recording(ann, recording_key(line(0).spoken, BY))
    assert first is not None
    assert decode(first[0]) == SECOND


WORDS = (Word("The", 0.0, 120.0), Word("lamp", 120.0, 480.5))


async def test_words_are_kept_with_the_sound_and_found_again_with_it(
    store: Store, ann: int, story: Story, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    spoken = msgspec.structs.replace(whole(line(0)), words=WORDS)
    archive = archive_of(scene)
    await archive.save(None, [spoken])
    await archive.save(None, [whole(line(1), OTHER)])
    assert [one.words for one in await store.sentences(ann, scene.id)] == [WORDS, ()]
    assert await archive.load_sentence(0) == spoken
    found = await store.recording(ann, recording_key(line(0).spoken, BY))
    assert found is not None
    assert found[1] == WORDS
    # Another scene with the same sentence has them too, whoever found the sound there.
    other = await store.create_scene(ann, story.id, "")
    await archive_of(other).save(None, [whole(line(0))])
    assert [one.words for one in await store.sentences(ann, other.id)] == [WORDS]


async def test_words_of_a_sentence_that_broke_off_are_kept_too(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    broken = RecordedSentence(line(0), HALF, "the voice failed", words=WORDS[:1])
    await archive_of(scene).save(None, [broken])
    [one] = await store.sentences(ann, scene.id)
    assert (one.skipped, one.words) == ("the voice failed", WORDS[:1])


async def test_who_stood_in_is_told_and_does_not_count_as_the_voice_of_the_scene(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    other = msgspec.structs.replace(BY, provider="kokoro", voice="bella")
    archive = archive_of(scene)
    await archive.save(None, [whole(line(0))])
    await archive.save(None, [msgspec.structs.replace(whole(line(1)), spoken_by=other)])
    assert [one.stand_in for one in await store.sentences(ann, scene.id)] == [None, "kokoro"]
    assert await store.recording(ann, recording_key(line(1).spoken, BY)) is None
    assert await store.recording(ann, recording_key(line(1).spoken, other)) is not None


async def test_what_broke_off_is_no_sound_for_anybody_else(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    archive = archive_of(scene)
    await archive.save(None, [RecordedSentence(line(0), HALF, "the voice failed")])
    assert await store.recording(ann, recording_key(line(0).spoken, BY)) is None


async def test_nobody_hears_what_was_made_for_another_user(
    store: Store,
    ann: int,
    ben: int,
    scene: Scene,
    archive_of: NewArchive,
    line: Line,
) -> None:
    await archive_of(scene).save(None, [whole(line(0))])
    key = recording_key(line(0).spoken, BY)
    assert await store.recording(ben, key) is None
    story = await store.create_story(ben, "", "", "en")
    theirs = await store.create_scene(ben, story.id, "")
    await archive_of(theirs, user_id=ben).save(None, [whole(line(0))])
    assert (await store.figures()).recordings == 2
    await store.delete_scene(ann, scene.id)
    assert await store.recording(ann, key) is None
    assert await store.recording(ben, key) is not None


async def test_a_sound_that_was_evicted_is_kept_anew(
    store: Store, ann: int, story: Story, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    other = await store.create_scene(ann, story.id, "")
    archive = archive_of(other)
    await archive.save(None, [whole(line(0))])
    await archive.finish_narration(NarrationState.COMPLETE, None)
    again = archive_of(scene)
    evicted = asyncio.create_task(store.evict(0, idle_seconds=-1))
    await again.save(None, [whole(line(0))])
    await evicted
    assert await store.narration(ann, other.id) is None
    assert await again.load_sentence(0) == whole(line(0))


async def test_of_a_text_that_is_there_it_is_kept_that_it_is_being_spoken(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive
) -> None:
    await store.finish_scene(scene.id, "All of it.", SceneState.COMPLETE)
    before = await store.scene(ann, scene.id)
    archive = archive_of(scene, occasion=Occasion.AUTO_PLAY)
    await archive.save("All", ())
    speaking = await store.narration(ann, scene.id)
    assert speaking is not None
    assert speaking.state is NarrationState.SPEAKING
    assert (speaking.spoken_by, speaking.occasion) == (BY, Occasion.AUTO_PLAY)
    await archive.finish_text("All of it", SceneState.COMPLETE)
    assert await store.scene(ann, scene.id) == before
    await store.interrupt_unfinished()
    assert await store.unfinished_narrations() == [(ann, scene.id, Occasion.AUTO_PLAY)]


async def test_a_narration_that_failed_before_its_first_sentence_says_why(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive
) -> None:
    await archive_of(scene).finish_narration(NarrationState.FAILED, "the voice is away")
    failed = await store.narration(ann, scene.id)
    assert failed is not None
    assert (failed.state, failed.message) == (NarrationState.FAILED, "the voice is away")


async def test_a_scene_that_is_only_written_has_no_narration(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive
) -> None:
    archive = archive_of(scene, SceneArchive, occasion=Occasion.LIVE)
    await archive.save("Once", ())
    await archive.finish_text("Once.", SceneState.COMPLETE)
    await archive.finish_narration(NarrationState.STOPPED, None)
    assert await store.narration(ann, scene.id) is None
    assert (await store.scene(ann, scene.id)).text == "Once."


async def test_what_is_spoken_when_the_audio_was_deleted_is_not_kept(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    archive = archive_of(scene)
    await archive.save(None, [whole(line(0))])
    await store.delete_narrations(ann, scene.id)
    assert await archive.load_sentence(0) is None
    for attempt in (
        archive.save(None, [whole(line(1))]),
        archive.finish_narration(NarrationState.COMPLETE, None),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await store.narration(ann, scene.id) is None
    assert (await store.figures()).recordings == 0


async def test_recordings_of_a_sound_that_is_no_sentences_are_never_left(
    store: Store, ann: int, scene: Scene, line: Line
) -> None:
    narration = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    await store.save_sentence(narration, line(0), sound(ann, b"first", key="a"))
    await store.save_sentence(narration, line(1), sound(ann, b"again", key="a"))
    await store.save_sentence(narration, line(2), sound(ann, b"other", key="a", crc=1))
    assert (await store.figures()).recordings == 2
    await store.resume_narration(narration, BY, Occasion.LIVE, first=1)
    assert (await store.figures()).recordings == 1
    await store.resume_narration(narration, BY, Occasion.LIVE, first=0)
    assert (await store.figures()).recordings == 0


async def test_what_is_gone_on_with_live_is_not_for_the_next_server_to_go_on_with(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    before = archive_of(scene, occasion=Occasion.DEMAND)
    await before.save(None, [whole(line(0))])
    await before.finish_narration(NarrationState.STOPPED, None)
    narration = await store.narration(ann, scene.id)
    assert narration is not None
    live = archive_of(
        scene, SceneArchive, occasion=Occasion.LIVE, narration=narration.id, first=1
    )
    await live.save(None, [whole(line(1))])
    await store.interrupt_unfinished()
    assert await store.unfinished_narrations() == []


async def test_who_spoke_a_recording_is_told_when_it_is_stored(
    scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    told: list[tuple[int, str]] = []
    archive = archive_of(scene, on_stored=lambda *what: told.append(what))
    await archive.save(None, [whole(line(0))])
    await archive.save(None, [RecordedSentence(line(1), HALF, "the voice broke off")])
    assert [key for _, key in told] == [recording_key(line(0).spoken, BY)]


async def test_a_moment_is_one_write_and_moments_may_follow_each_other(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    told: list[str] = []
    archive = archive_of(scene, SceneArchive, on_stored=lambda _, key: told.append(key))
    writes = await traced(store)
    text = "".join(line(number).text for number in range(3))
    # Nobody waits for one before the next: the first narration is still not known here.
    saves = [
        archive.save(text[: line(0).end], [whole(line(0))]),
        archive.save(
            text, [whole(line(1), OTHER), RecordedSentence(line(2), b"", "no voice")]
        ),
        archive.finish_text(text, SceneState.COMPLETE),
        archive.finish_narration(NarrationState.COMPLETE, None),
    ]
    assert (await archive.load_sentence(0), told) == (None, [])
    await asyncio.gather(*saves)
    assert writes.count("COMMIT") <= 2
    assert len(told) == 2
    assert (await store.figures()).narrations == 1
    assert (await store.scene(ann, scene.id)).text == text
    assert [one.skipped for one in await store.sentences(ann, scene.id)] == [
        None,
        None,
        "no voice",
    ]
    ended = await store.narration(ann, scene.id)
    assert ended is not None
    assert ended.state is NarrationState.COMPLETE


async def test_text_is_saved_though_the_audio_of_its_sentence_was_deleted(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    archive = archive_of(scene, SceneArchive)
    await archive.save(line(0).text, [whole(line(0))])
    await store.delete_narrations(ann, scene.id)
    text = line(0).text + line(1).text
    with pytest.raises(NotFound, match="narration"):
        await archive.save(text, [whole(line(1))])
    assert (await store.scene(ann, scene.id)).text == text
    assert await store.narration(ann, scene.id) is None


async def test_a_save_to_a_scene_that_is_gone_says_so_and_keeps_nothing(
    store: Store, ann: int, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    archive = archive_of(scene, SceneArchive)
    await store.delete_scene(ann, scene.id)
    for text in (line(0).text, None):
        with pytest.raises(NotFound):
            await archive.save(text, [whole(line(0))])
    assert (await store.figures()).recordings == 0


async def test_after_a_write_that_failed_the_narration_is_begun_anew(
    store: Store, ann: int, story: Story, scene: Scene, archive_of: NewArchive, line: Line
) -> None:
    def break_the_commit(job: Transaction) -> None:
        job.execute("PRAGMA defer_foreign_keys=ON")
        job.execute("INSERT INTO sessions VALUES ('s', 9, 9, '2026-11-30 12:00:00.000000')")

    archive, other = archive_of(scene), await store.create_scene(ann, story.id, "")
    lost = archive.save(None, [whole(line(0))])
    broken = store.database.commit(break_the_commit, soon=True)
    failed = await asyncio.gather(lost, broken, return_exceptions=True)
    assert [type(error) for error in failed] == [StoreError, StoreError]
    # Another takes the number that the lost narration would have had.
    await archive_of(other).save(None, [whole(line(0), OTHER)])
    assert await archive.load_sentence(0) is None
    await archive.save(None, [whole(line(0))])
    assert await archive.load_sentence(0) == whole(line(0))
    assert len(await store.sentences(ann, other.id)) == 1


async def traced(store: Store) -> list[str]:
    """The statements that are committed from now on."""
    statements: list[str] = []
    await store.database.commit(
        lambda job: job.set_trace_callback(statements.append), soon=True
    )
    statements.clear()
    return statements
