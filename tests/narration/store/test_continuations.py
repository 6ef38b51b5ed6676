"""A scene that broke off goes on where its text and its audio end, or stays as it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from narration.audio import Transcoder
from narration.errors import Conflict, NotFound
from narration.store import Store
from narration.store.archive import SceneArchive
from narration.story import (
    Beginning,
    NarrationState,
    Occasion,
    RecordedSentence,
    Scene,
    SceneState,
    Sentence,
)
from tests.narration.store.conftest import BY

Line = Callable[[int], Sentence]
SECOND = bytes(range(240)) * 200
HALF = SECOND[:24_000]


@pytest.fixture
async def transcoder() -> AsyncIterator[Transcoder]:
    transcoder = Transcoder()
    yield transcoder
    transcoder.close()


def archive_of(
    store: Store,
    transcoder: Transcoder,
    user_id: int,
    scene: Scene,
    narration: int | None = None,
    first: int = 0,
) -> SceneArchive:
    return SceneArchive(
        store,
        transcoder,
        user_id=user_id,
        scene_id=scene.id,
        spoken_by=BY,
        occasion=Occasion.LIVE,
        narration=narration,
        first=first,
    )


@pytest.fixture
def archive(store: Store, transcoder: Transcoder, ann: int, scene: Scene) -> SceneArchive:
    return archive_of(store, transcoder, ann, scene)


async def test_the_text_may_be_complete_while_it_is_still_spoken(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line
) -> None:
    await archive.save(None, [RecordedSentence(line(0), SECOND, None)])
    await archive.finish_text("All.", SceneState.COMPLETE)
    assert (await store.scene(ann, scene.id)).state is SceneState.COMPLETE
    await archive.save(None, [RecordedSentence(line(1), SECOND, None)])
    # What a dead server was still speaking is marked, though its text had ended.
    assert await store.interrupt_unfinished() == 0
    assert len(await store.sentences(ann, scene.id)) == 2
    await archive.finish_narration(NarrationState.COMPLETE, None)


async def test_the_kept_part_ends_with_the_last_whole_sentence(
    store: Store,
    transcoder: Transcoder,
    ann: int,
    scene: Scene,
    archive: SceneArchive,
    line: Line,
) -> None:
    text = "".join(line(number).text for number in range(6)) + "and half"
    await archive.save(None, [RecordedSentence(line(0), SECOND, None)])
    await archive.save(None, [RecordedSentence(line(1), HALF, "skipped")])
    await archive.save(None, [RecordedSentence(line(2), SECOND, None)])
    await archive.save(None, [RecordedSentence(line(3), HALF, "skipped")])
    await archive.save(None, [RecordedSentence(line(4), b"", "skipped")])
    await archive.finish_text(text, SceneState.STOPPED)
    await archive.finish_narration(NarrationState.STOPPED, None)
    before = await store.sentences(ann, scene.id)

    continued = await store.continue_scene(ann, scene.id)
    assert continued.beginning == Beginning(
        text=text,
        spoken_chars=line(2).end,
        starts_ms=(0.0, 1_000.0, 1_500.0),
        audio_ms=2_500.0,
    )
    assert continued.spoken is not None
    assert continued.spoken.spoken_by == BY
    assert (await store.scene(ann, scene.id)).state is SceneState.WRITING
    # Until more is spoken, nothing of what was heard is lost.
    assert await store.sentences(ann, scene.id) == before

    going_on = archive_of(store, transcoder, ann, scene, continued.spoken.id, first=3)
    kept = await going_on.load_sentence(1)
    assert kept is not None
    assert kept.pcm == HALF
    assert await going_on.load_sentence(3) is None
    await going_on.save(None, [RecordedSentence(line(3), b"", "the voice failed")])
    assert [s.skipped for s in await store.sentences(ann, scene.id)] == [
        None,
        "skipped",
        None,
        "the voice failed",
    ]
    await going_on.save(None, [RecordedSentence(line(4), SECOND, None)])
    await going_on.finish_text(text + " and whole.", SceneState.COMPLETE)
    await going_on.finish_narration(NarrationState.COMPLETE, None)
    assert [s.start_ms for s in await store.sentences(ann, scene.id)] == [
        0.0,
        1_000.0,
        1_500.0,
        2_500.0,
        2_500.0,
    ]


@pytest.mark.parametrize("how", ["a gap in the numbers", "text not saved", "another text"])
async def test_only_what_is_joined_from_the_start_is_kept(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line, how: str
) -> None:
    text = "".join(line(number).text for number in range(4))
    for number in range(4):
        if number != 1 or how != "a gap in the numbers":
            await archive.save(None, [RecordedSentence(line(number), SECOND, None)])
    if how == "text not saved":
        text = text[: line(1).end - 3]
    elif how == "another text":
        text = text.replace("001", "One")
    await archive.save(text, ())
    await store.interrupt_unfinished()
    beginning = (await store.continue_scene(ann, scene.id)).beginning
    assert (beginning.spoken_chars, beginning.starts_ms) == (line(0).end, (0.0,))
    assert (beginning.text, beginning.audio_ms) == (text, 1_000.0)


async def test_without_a_whole_sentence_all_is_spoken(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line
) -> None:
    await archive.finish_text("Once", SceneState.PARTIAL)
    continued = await store.continue_scene(ann, scene.id)
    assert (continued.beginning, continued.spoken) == (Beginning(text="Once"), None)
    await archive.save(None, [RecordedSentence(line(0), b"", "silent")])
    await archive.finish_text(line(0).text, SceneState.PARTIAL)
    continued = await store.continue_scene(ann, scene.id)
    assert continued.beginning == Beginning(text=line(0).text)
    assert continued.spoken is not None


async def test_what_was_not_begun_is_as_it_was(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line
) -> None:
    await archive.save(None, [RecordedSentence(line(0), SECOND, None)])
    await archive.finish_text(line(0).text, SceneState.PARTIAL)
    await archive.finish_narration(NarrationState.COMPLETE, None)
    scene = await store.scene(ann, scene.id)
    continued = await store.continue_scene(ann, scene.id)
    assert continued.scene == scene
    await store.give_up(continued)
    assert await store.scene(ann, scene.id) == scene
    again = await store.continue_scene(ann, scene.id)
    assert again == continued
    assert again.spoken is not None
    assert again.spoken.state is NarrationState.COMPLETE


@pytest.mark.parametrize("spoken", [True, False])
async def test_a_narration_of_which_no_more_is_spoken_says_whether_it_reaches_the_end(
    store: Store,
    transcoder: Transcoder,
    ann: int,
    scene: Scene,
    archive: SceneArchive,
    line: Line,
    spoken: bool,
) -> None:
    await archive.save(None, [RecordedSentence(line(0), SECOND, None)])
    await archive.finish_text(line(0).text, SceneState.PARTIAL)
    await archive.finish_narration(NarrationState.COMPLETE, None)
    continued = await store.continue_scene(ann, scene.id)
    assert continued.spoken is not None
    going_on = archive_of(store, transcoder, ann, scene, continued.spoken.id, first=1)
    await going_on.finish_text(line(0).text, SceneState.PARTIAL)
    how = NarrationState.COMPLETE if spoken else NarrationState.STOPPED
    await going_on.finish_narration(how, None)
    again = await store.continue_scene(ann, scene.id)
    assert again.spoken is not None
    assert again.beginning.spoken_chars == line(0).end
    assert again.spoken.state is how


async def test_no_version_of_a_scene_that_goes_on_counts_as_whole(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line
) -> None:
    await archive.save(None, [RecordedSentence(line(0), SECOND, None)])
    await archive.finish_text(line(0).text, SceneState.PARTIAL)
    await archive.finish_narration(NarrationState.COMPLETE, None)
    newer = await store.start_narration(scene.id, BY, Occasion.DEMAND)
    await store.finish_narration(newer, NarrationState.COMPLETE)
    continued = await store.continue_scene(ann, scene.id)
    assert continued.spoken is not None
    assert continued.spoken.id == newer
    await store.finish_narration(newer, NarrationState.FAILED)
    older = await store.narration(ann, scene.id)
    assert older is not None
    assert older.state is NarrationState.STOPPED
    await store.give_up(continued)
    for state in (NarrationState.COMPLETE, NarrationState.FAILED):
        current = await store.narration(ann, scene.id)
        assert current is not None
        assert current.state is NarrationState.COMPLETE
        await store.finish_narration(newer, state)


async def test_the_pause_after_a_sentence_counts_for_where_the_next_one_starts(
    store: Store, ann: int, scene: Scene, archive: SceneArchive, line: Line
) -> None:
    for number in range(2):
        recorded = RecordedSentence(line(number), SECOND + HALF, None, len(HALF))
        await archive.save(None, [recorded])
    await archive.finish_text(line(0).text + line(1).text, SceneState.STOPPED)
    beginning = (await store.continue_scene(ann, scene.id)).beginning
    assert (beginning.starts_ms, beginning.audio_ms) == ((0.0, 1_500.0), 3_000.0)


async def test_of_many_who_go_on_with_a_scene_one_does(
    store: Store, ann: int, scene: Scene
) -> None:
    with pytest.raises(Conflict, match="being written"):
        await store.continue_scene(ann, scene.id)
    await store.finish_scene(scene.id, "Once", SceneState.INTERRUPTED)
    outcomes = await asyncio.gather(
        *(store.continue_scene(ann, scene.id) for _ in range(5)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, BaseException)]
    assert len(refused) == 4
    assert all(isinstance(one, Conflict) for one in refused)
    await store.finish_scene(scene.id, "Once upon a time.", SceneState.COMPLETE)
    with pytest.raises(Conflict, match="next scene"):
        await store.continue_scene(ann, scene.id)


async def test_another_users_scene_and_an_outdated_narration_do_not_go_on(
    store: Store, ann: int, ben: int, scene: Scene, archive: SceneArchive, line: Line
) -> None:
    await archive.save(None, [RecordedSentence(line(0), SECOND, None)])
    await archive.finish_text(line(0).text, SceneState.STOPPED)
    before = await store.scene(ann, scene.id)
    for user, scene_id in ((ben, scene.id), (ann, 999), (ann, 2**80)):
        with pytest.raises(NotFound):
            await store.continue_scene(user, scene_id)
    assert await store.scene(ann, scene.id) == before
    await store.update_scene(ann, scene.id, text="My own words.")
    continued = await store.continue_scene(ann, scene.id)
    assert (continued.beginning, continued.spoken) == (Beginning(text="My own words."), None)
