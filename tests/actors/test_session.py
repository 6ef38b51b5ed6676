"""A whole session, with a scripted model, voice, disk and listener, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.base import ActorRef, ask, figures, start, stop, stopped
from actors.listener import Attach, Detach, Listening, Say, SessionStatus, Stop, status
from actors.session import Command, NarrationSession
from narration.config import SessionConfig
from narration.errors import LLMError, StoreError
from narration.events import (
    AudioChunk,
    Error,
    GenerationComplete,
    GenerationStopped,
    Pong,
    SentenceSkipped,
    TextChunk,
)
from narration.llm import Finish
from narration.speech import Audio
from narration.story import NarrationState, RecordedSentence, SceneState
from tests.actors.conftest import Probe
from tests.actors.fakes import (
    CHUNK_MS,
    ENDED,
    STORY,
    Listener,
    MemoryArchive,
    Model,
    Voice,
    plan,
    sound,
)


def begin(
    model: Model,
    voice: Voice | None,
    archive: MemoryArchive,
    *,
    config: dict[str, Any] | None = None,
    **changes: Any,
) -> ActorRef[Command]:
    settings = SessionConfig(**(config or {}))
    scripted = plan(model, voice, archive, **changes)
    return start(NarrationSession, scripted, settings, Probe())


async def told(
    model: Model | None = None,
    voice: Voice | None = None,
    archive: MemoryArchive | None = None,
    listener: Listener | None = None,
    format: Any = "pcm",
    **changes: Any,
) -> tuple[Listener, MemoryArchive]:
    """A whole session with a listener, from its start to its end."""
    archive, listener = archive or MemoryArchive(), listener or Listener()
    session = begin(model or Model(), voice or Voice(), archive, **changes)
    await ask(session, Attach(listener, format, 0))
    await asyncio.wait_for(stopped(session), 600)
    return listener, archive


async def everything_ended() -> None:
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert figures() == []


@pytest.mark.parametrize("workers", [1, 2, 4])
async def test_all_text_and_every_sentence_arrive_once_and_in_order(workers: int) -> None:
    voice = Voice()
    listener, archive = await told(voice=voice, config={"workers": workers})
    assert listener.text == archive.text == STORY
    assert listener.order == sorted(listener.order)
    numbers = sorted(set(listener.order))
    assert numbers == list(range(12))
    assert voice.most_running == min(workers, 3)  # The sequencer lets three be in the making.
    for chunk in listener.chunks:
        assert chunk.sentence_text == STORY[chunk.start : chunk.end]
    for number, pcm in listener.audio().items():
        spoken = f"This is sentence number {number} of the story."
        assert pcm == b"".join(sound(spoken, i) for i in range(5))
    await everything_ended()


async def test_events_are_numbered_without_gaps_and_begin_and_end_as_promised() -> None:
    listener, archive = await told()
    assert [event.seq for event in listener.events] == list(range(1, len(listener.events) + 1))
    assert listener.kinds()[:3] == ["Connected", "GenerationStarted", "TextChunk"]
    last = listener.events[-1]
    assert isinstance(last, GenerationComplete)
    assert (last.scene_id, last.total_sentences, last.total_length) == (7, 12, len(STORY))
    assert last.duration_ms == 12 * 5 * CHUNK_MS
    assert last.finish_reason == "stop"
    assert (archive.state, archive.narrated) == (SceneState.COMPLETE, True)


async def test_stored_audio_is_exactly_what_was_sent() -> None:
    listener, archive = await told(rest_ms=lambda s: 120)
    assert archive.audio == listener.audio()


async def test_pauses_are_part_of_the_audio_and_of_its_timing() -> None:
    listener, _ = await told(rest_ms=lambda s: 120)
    finals = [chunk for chunk in listener.chunks if chunk.final]
    assert {chunk.audio for chunk in finals} == {bytes(120 * 48)}
    place = 0.0
    for chunk in listener.chunks:
        assert chunk.start_ms == pytest.approx(place)
        place += chunk.duration_ms
    assert place == pytest.approx(12 * (5 * CHUNK_MS + 120))


async def test_text_is_shown_at_once_whatever_the_voice_does() -> None:
    model, listener = Model(pace=0.1), Listener()
    session = begin(model, Voice(pace=3600), MemoryArchive())
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(1.05)
    assert listener.text == STORY[: model.written]
    assert model.written == 40
    await stop(session)
    await everything_ended()


async def test_the_head_sentence_flows_before_its_audio_is_complete() -> None:
    listener = Listener()
    session = begin(Model(pace=0), Voice(pace=1, chunks=10), MemoryArchive())
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(5)
    first = [chunk for chunk in listener.chunks if chunk.sentence_number == 0]
    assert 0 < len(first) < 10
    await stop(session)


@pytest.mark.parametrize("format", ["mp3", "opus", "wav"])
async def test_other_formats_come_as_one_file_a_sentence(format: str) -> None:
    listener, archive = await told(format=format)
    assert [chunk.sentence_number for chunk in listener.chunks] == list(range(12))
    for chunk in listener.chunks:
        assert isinstance(chunk.audio, bytes)
        assert chunk.final
        assert chunk.chunk_number == 0
        assert chunk.audio == format.encode() + archive.audio[chunk.sentence_number]
        assert chunk.duration_ms == 5 * CHUNK_MS
    assert isinstance(listener.events[-1], GenerationComplete)


async def test_text_overtakes_audio_that_is_being_encoded() -> None:
    listener, _ = await told(Model(pace=0.03), Voice(pace=0.001), format="mp3")
    first_audio = next(i for i, e in enumerate(listener.events) if isinstance(e, AudioChunk))
    shown = "".join(e.text for e in listener.events[:first_audio] if isinstance(e, TextChunk))
    first = listener.chunks[0]
    assert len(shown) > first.end + 4, "nothing was shown while the file was made"


async def test_a_sentence_without_audio_is_a_hole_in_its_place() -> None:
    listener, archive = await told(voice=Voice(broken=["number 3 ", "number 7 "]))
    holes = [e for e in listener.events if isinstance(e, SentenceSkipped)]
    assert [(h.sentence_number, h.reason) for h in holes] == [
        (3, "voice: it broke off"),
        (7, "voice: it broke off"),
    ]
    assert listener.order == sorted(listener.order)
    assert archive.holes.keys() == {3, 7}
    assert archive.audio.keys() == set(range(12)) - {3, 7}
    assert archive.state is SceneState.COMPLETE


async def test_a_sentence_with_nothing_to_say_is_a_hole_too() -> None:
    story = "The door closed behind them.\n\n* * *\n\nIn the morning it was open."
    listener, archive = await told(Model(story))
    (hole,) = [e for e in listener.events if isinstance(e, SentenceSkipped)]
    assert hole.reason == "nothing to say"
    assert hole.sentence_text == "* * *"
    assert len(archive.audio) == 2


async def test_a_worker_that_crashes_is_replaced_and_its_sentence_a_hole() -> None:
    voice = Voice(crashing=["number 5 "])
    listener, archive = await told(voice=voice, config={"workers": 1})
    holes = [e.sentence_number for e in listener.events if isinstance(e, SentenceSkipped)]
    assert holes == [5]
    assert archive.audio.keys() == set(range(12)) - {5}
    assert isinstance(listener.events[-1], GenerationComplete)
    await everything_ended()


async def test_workers_that_keep_crashing_end_the_scene_with_its_text_saved() -> None:
    listener, archive = await told(
        voice=Voice(crashing=["sentence"]), config={"worker_restarts": 2}
    )
    last = listener.events[-1]
    assert isinstance(last, Error)
    assert (last.code, last.scene_id) == ("internal", 7)
    assert archive.state is SceneState.PARTIAL
    assert archive.text.startswith(listener.text[:100])
    await everything_ended()


async def test_a_sentence_that_never_ends_is_cut_off() -> None:
    listener, _ = await told(
        Model("A short story of one sentence."),
        Voice(chunks=100_000, pace=0.0),
        config={"max_sentence_audio_ms": 2_000},
    )
    (hole,) = [e for e in listener.events if isinstance(e, SentenceSkipped)]
    assert "longer than 2 s" in hole.reason
    assert len(listener.chunks) == 20


async def test_what_a_failing_model_wrote_is_spoken_and_kept() -> None:
    broken = LLMError("ollama", "it broke off", retryable=True)
    listener, archive = await told(Model(end=broken))
    assert archive.text == listener.text == STORY
    assert archive.state is SceneState.PARTIAL
    assert archive.narrated
    assert sorted(archive.audio) == list(range(12))
    last = listener.events[-1]
    assert isinstance(last, Error)
    assert (last.code, last.message) == ("llm_failed", "ollama: it broke off")
    assert (last.retryable, last.scene_id) == (True, 7)


async def test_a_model_that_ends_without_a_word_why_has_failed() -> None:
    class Silent(Model):
        async def stream(self) -> Any:
            yield "A beginning that has no end. "

    listener, archive = await told(Silent())
    assert isinstance(listener.events[-1], Error)
    assert archive.state is SceneState.PARTIAL


async def test_a_model_that_never_ends_is_cut_at_the_limit() -> None:
    model = Model(STORY * 1000)
    listener, archive = await told(model, max_chars=200)
    assert archive.text == listener.text == STORY[:200]
    last = listener.events[-1]
    assert isinstance(last, GenerationComplete)
    assert last.finish_reason == "length"
    assert model.running == 0
    assert model.written <= 204


async def test_stop_ends_model_and_voice_at_once_and_keeps_the_text() -> None:
    model, voice, archive, listener = (
        Model(pace=0.1),
        Voice(pace=5),
        MemoryArchive(),
        Listener(),
    )
    session = begin(model, voice, archive)
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(4)
    assert (model.running, voice.running) == (1, 2)
    before = asyncio.get_running_loop().time()
    session.tell(Stop())
    await asyncio.sleep(0.001)
    assert (model.running, voice.running) == (0, 0)
    await listener.ended()
    assert asyncio.get_running_loop().time() - before < 0.1
    await stopped(session)
    last = listener.events[-1]
    assert isinstance(last, GenerationStopped)
    assert last.total_length == len(archive.text)
    assert archive.text == listener.text == STORY[: model.written]
    assert (archive.state, archive.narrated) == (SceneState.STOPPED, False)
    await everything_ended()


@pytest.mark.parametrize("format", ["pcm", "mp3"])
async def test_nothing_is_heard_after_stop(format: str) -> None:
    listener = Listener()
    session = begin(Model(), Voice(pace=0.01), MemoryArchive())
    await ask(session, Attach(listener, format, 0))  # type: ignore[arg-type]
    await asyncio.sleep(0.8)
    session.tell(Stop())
    session.tell(Stop())
    heard = len(listener.chunks)
    await stopped(session)
    assert len(listener.chunks) == heard
    assert listener.kinds().count("GenerationStopped") == 1


async def test_stop_while_all_is_being_saved_loses_nothing() -> None:
    archive = MemoryArchive(pace=1)
    listener = Listener()
    session = begin(Model("One sentence and no more."), Voice(), archive)
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(2)  # All is spoken, and being saved, a second for each write.
    assert (await status(session)).state == "saving"
    session.tell(Stop())
    await stopped(session)
    assert (archive.state, archive.narrated) == (SceneState.COMPLETE, True)
    assert isinstance(listener.events[-1], GenerationStopped)


async def test_a_late_listener_gets_everything_from_the_start() -> None:
    listener, archive = Listener(), MemoryArchive()
    session = begin(Model(), Voice(), archive)
    await asyncio.sleep(30)
    await ask(session, Attach(listener, "pcm", 0))
    await stopped(session)
    assert listener.text == STORY
    assert listener.audio() == archive.audio
    assert isinstance(listener.events[-1], GenerationComplete)


async def test_a_second_listener_takes_over_from_the_first() -> None:
    first, second, third = Listener(), Listener(), Listener()
    session = begin(Model(), Voice(pace=0.3), MemoryArchive())
    await ask(session, Attach(first, "pcm", 0))
    await asyncio.sleep(1)
    await ask(session, Attach(second, None, first.events[-1].seq))
    await asyncio.sleep(1)
    await ask(session, Attach(third, "pcm", 0))
    session.tell(Detach(second))
    await stopped(session)
    assert (first.left, second.left, third.left) == ("replaced", "replaced", "ended")
    events = first.events + second.events
    assert events == third.events[: len(events)]
    assert isinstance(third.events[-1], GenerationComplete)


async def test_when_nobody_comes_the_text_is_written_and_the_voice_stops() -> None:
    voice, archive = Voice(chunks=50), MemoryArchive()
    session = begin(
        Model(STORY * 20),
        voice,
        archive,
        config={"synthesis_ahead_seconds": 5, "send_ahead_seconds": 5, "sentences_ahead": 2},
    )
    await stopped(session)
    assert asyncio.get_running_loop().time() == pytest.approx(60, abs=1)
    assert archive.text == STORY * 20
    assert archive.state is SceneState.COMPLETE
    assert len(voice.asked) <= 4
    await everything_ended()


@pytest.mark.parametrize("how", ["detach", "hang up"])
async def test_when_the_listener_leaves_the_text_is_written_to_its_end(how: str) -> None:
    model, voice, archive, listener = Model(pace=0.1), Voice(), MemoryArchive(), Listener()
    session = begin(model, voice, archive, config={"grace_seconds": 2})
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(3)
    heard = 4  # One sentence a second, and those of the grace time.
    if how == "detach":
        session.tell(Detach(listener))
    else:
        listener.hung_up = True
    await stopped(session)
    assert len(voice.asked) == heard
    assert archive.text == STORY
    assert (archive.state, archive.narrated) == (SceneState.COMPLETE, False)
    await everything_ended()


async def test_text_on_disk_is_at_most_a_second_behind_the_screen() -> None:
    model, archive = Model(STORY * 5, pace=0.05), MemoryArchive(pace=0.05)
    await told(model, archive=archive)
    assert len(archive.saves) > 20
    for at, length in archive.saves:
        shown = min(int(at / 0.05) * 4, len(model.story))
        assert shown - length <= 4 * (1 / 0.05)


async def test_a_disk_that_fails_ends_the_scene_and_says_so() -> None:
    model = Model(STORY * 100, pace=0.05)
    listener, _ = await told(model, archive=MemoryArchive(fails=True))
    last = listener.events[-1]
    assert isinstance(last, Error)
    assert last.code == "storage_failed"
    assert model.running == 0
    assert model.written < 500
    await everything_ended()


async def test_audio_stays_within_its_bounds_while_the_listener_takes_nothing() -> None:
    voice, archive = Voice(pace=0.001, chunks=20), MemoryArchive()
    listener = Listener(pace=3600)
    config = {"synthesis_ahead_seconds": 6, "send_ahead_seconds": 6, "sentences_ahead": 3}
    session = begin(Model(STORY * 20), voice, archive, config=config)
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(1800)
    made_ms = len(voice.asked) * 20 * CHUNK_MS
    assert made_ms <= 6_000 + 4 * 20 * CHUNK_MS  # One is gathered, three are in the making.
    await stop(session)


async def test_audio_stays_within_its_bounds_while_the_disk_is_slow() -> None:
    voice, archive = Voice(pace=0.001, chunks=20), MemoryArchive(pace=3600)
    config = {"save_ahead_seconds": 6, "sentences_ahead": 3}
    session = begin(Model(STORY * 20), voice, archive, config=config)
    await ask(session, Attach(Listener(), "pcm", 0))
    await asyncio.sleep(1800)
    assert len(voice.asked) * 20 * CHUNK_MS <= 6_000 + 4 * 20 * CHUNK_MS
    await stop(session)


async def test_text_only_asks_no_voice() -> None:
    archive, listener = MemoryArchive(), Listener()
    session = begin(Model(), None, archive)
    await ask(session, Attach(listener, "mp3", 0))
    await stopped(session)
    assert listener.text == archive.text == STORY
    assert listener.chunks == []
    last = listener.events[-1]
    assert isinstance(last, GenerationComplete)
    assert last.total_sentences == 0


async def test_an_answer_reaches_the_listener_with_a_number_of_its_own() -> None:
    listener = Listener()
    session = begin(Model(pace=0.1), Voice(), MemoryArchive())
    await ask(session, Attach(listener, "pcm", 0))
    session.tell(Say(lambda seq: Pong(seq=seq)))
    await stopped(session)
    assert "Pong" in listener.kinds()
    assert [event.seq for event in listener.events] == list(range(1, len(listener.events) + 1))


async def test_a_session_tells_how_it_is() -> None:
    session = begin(Model(pace=0.1), Voice(), MemoryArchive())
    now = await status(session)
    assert now == SessionStatus(
        session_id="session-1",
        story_id=1,
        scene_id=7,
        state="writing",
        listener="awaited",
        listening=Listening(),
        background=False,
        made=0,
        total_sentences=None,
        holes=0,
        error=None,
        retryable=None,
    )
    await stop(session)


async def test_an_empty_scene_is_a_scene() -> None:
    listener, archive = await told(Model("", end=Finish("stop")))
    last = listener.events[-1]
    assert isinstance(last, GenerationComplete)
    assert (last.total_sentences, last.total_length) == (0, 0)
    assert archive.state is SceneState.COMPLETE


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1000))
async def test_token_boundaries_do_not_change_the_sentences(piece: int, seed: int) -> None:
    story = 'He ran. "Stop!" she cried. Mr. Fox did not.\n\nIt was 3.14 miles... or so.'
    listener, _ = await told(Model(story, piece=piece, pace=0.001), Voice(seed=seed))
    spoken = {c.sentence_number: c.sentence_text for c in listener.chunks}
    whole, _ = await told(Model(story, piece=10_000), Voice(seed=seed))
    assert spoken == {c.sentence_number: c.sentence_text for c in whole.chunks}
    assert "".join("".join(spoken.values()).split()) == "".join(story.split())


@pytest.mark.parametrize("after", [0.5, 30])
async def test_a_session_stopped_before_anybody_came_ends_at_once(after: float) -> None:
    session = begin(Model(pace=1), Voice(), MemoryArchive())
    await asyncio.sleep(after)
    session.tell(Stop())
    await asyncio.sleep(0.1)
    assert (await status(session)).state == "ended"
    await stopped(session)
    assert asyncio.get_running_loop().time() == pytest.approx(after + 60, abs=0.1)
    await everything_ended()


LONG = "This sentence is spoken for a very long time indeed. " * 4


@pytest.mark.parametrize("format", ["pcm", "mp3"])
@pytest.mark.parametrize("chunks", [150, 300, 599])
async def test_sentences_longer_than_every_limit_are_heard_whole(
    format: str, chunks: int
) -> None:
    config = {"save_ahead_seconds": 25}
    voice = Voice(pace=0.001, chunks=chunks)
    listener, archive = await told(Model(LONG), voice, format=format, config=config)
    assert isinstance(listener.events[-1], GenerationComplete)
    assert [len(pcm) for pcm in archive.audio.values()] == [chunks * CHUNK_MS * 48] * 4


@pytest.mark.parametrize("format", ["pcm", "mp3"])
async def test_audio_of_sentences_that_break_off_does_not_use_up_the_limits(
    format: str,
) -> None:
    voice = Voice(pace=0.001, chunks=200, broken=["number"])
    listener, archive = await told(Model(STORY), voice, format=format)
    assert listener.order.count(11) >= 1
    assert isinstance(listener.events[-1], GenerationComplete)
    # What was heard before it broke off is kept: half of 200 pieces of each.
    assert listener.events[-1].duration_ms == 12 * 100 * CHUNK_MS
    assert sum(map(len, archive.broken.values())) == 12 * 100 * CHUNK_MS * 48
    assert archive.holes.keys() == set(range(12))


@pytest.mark.parametrize("format", ["pcm", "mp3"])
async def test_what_a_broken_sentence_left_is_not_in_the_next(format: str) -> None:
    voice = Voice(broken=["number 3 "])
    listener, archive = await told(voice=voice, format=format)
    spoken = "This is sentence number 4 of the story."
    whole = b"".join(sound(spoken, i) for i in range(5))
    assert archive.audio[4] == whole
    assert listener.audio()[4] == (whole if format == "pcm" else format.encode() + whole)


class BrokenEncoder:
    """Cannot encode the second file it is asked for."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.asked = 0

    async def encode(self, pcm: bytes, format: Any) -> bytes:
        self.asked += 1
        if self.asked == 2:
            raise self.error
        return pcm


@pytest.mark.parametrize("error", [ValueError("no"), asyncio.CancelledError()])
async def test_a_sentence_that_cannot_be_encoded_is_a_hole(error: BaseException) -> None:
    archive, listener = MemoryArchive(), Listener()
    broken = replace(plan(Model(), Voice(), archive), encode=BrokenEncoder(error).encode)
    session = start(NarrationSession, broken, SessionConfig(), Probe())
    await ask(session, Attach(listener, "mp3", 0))
    await stopped(session)
    (hole,) = [e for e in listener.events if isinstance(e, SentenceSkipped)]
    assert (hole.sentence_number, hole.reason) == (1, "its audio could not be encoded")
    assert isinstance(listener.events[-1], GenerationComplete)
    assert archive.audio.keys() == set(range(12))


class FailingOnce(MemoryArchive):
    """Fails at one kind of write, once or always."""

    def __init__(self, at: str, number: int) -> None:
        super().__init__()
        self.at, self.number, self.done = at, number, 0

    def _maybe_fail(self, at: str) -> None:
        if at == self.at:
            self.done += 1
            if self.done == self.number:
                raise OSError("the disk is full")

    async def save(self, text: str | None, sentences: Sequence[RecordedSentence]) -> None:
        if text is not None:
            self._maybe_fail("text")
        for _ in sentences:
            self._maybe_fail("sentence")
        await super().save(text, sentences)

    async def finish_text(self, text: str, state: SceneState) -> None:
        self._maybe_fail("whole text")
        await super().finish_text(text, state)

    async def finish_narration(self, state: NarrationState, message: str | None) -> None:
        self._maybe_fail("narration")
        await super().finish_narration(state, message)


@pytest.mark.parametrize(
    ("at", "number"),
    [("text", 1), ("sentence", 1), ("sentence", 12), ("whole text", 1), ("narration", 1)],
)
async def test_a_write_that_fails_is_told_once_and_costs_no_text(at: str, number: int) -> None:
    archive = FailingOnce(at, number)
    listener, _ = await told(archive=archive)
    ends = [e for e in listener.events if isinstance(e, Error)]
    assert [(e.code, e.scene_id) for e in ends] == [("storage_failed", 7)]
    assert listener.events[-1] is ends[0]
    if at != "whole text":
        assert archive.text == listener.text
        assert archive.state in (SceneState.PARTIAL, SceneState.COMPLETE)
    await everything_ended()


async def test_text_saves_do_not_pile_up_on_a_slow_disk() -> None:
    archive, listener = MemoryArchive(pace=5), Listener()
    session = begin(Model(STORY, pace=0.5), None, archive)
    await ask(session, Attach(listener, "pcm", 0))
    await listener.ended()
    took = asyncio.get_running_loop().time()
    assert took < len(STORY) / 4 * 0.5 + 4 * 5
    texts = [length for _, length in archive.saves]
    assert len(texts) == len(set(texts))
    await stopped(session)


async def test_stop_after_the_model_broke_off_is_a_stop() -> None:
    listener, archive = Listener(), MemoryArchive()
    broken = LLMError("ollama", "it broke off", retryable=True)
    session = begin(Model(end=broken), Voice(pace=0.5), archive)
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(3)
    session.tell(Stop())
    await listener.ended()
    assert isinstance(listener.events[-1], GenerationStopped)
    assert archive.state is SceneState.PARTIAL
    await stopped(session)


async def test_nothing_follows_the_last_event() -> None:
    listener = Listener(pace=0.01)
    session = begin(Model("One sentence.", pace=0), Voice(pace=0), MemoryArchive())
    await ask(session, Attach(listener, "pcm", 0))
    while session.is_alive():
        session.tell(Say(lambda seq: Pong(seq=seq)))
        await asyncio.sleep(0.01)
    assert isinstance(listener.events[-1], GenerationComplete)


async def test_a_finished_sentence_is_spoken_while_the_model_pauses() -> None:
    class Pausing(Model):
        async def stream(self) -> Any:
            yield "The first sentence is whole."
            await asyncio.sleep(100)
            yield " Then it goes on."
            yield ENDED

    listener = Listener()
    session = begin(Pausing(), Voice(), MemoryArchive())
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(2)
    assert listener.chunks
    assert listener.at[listener.events.index(listener.chunks[0])] < 0.5
    await stopped(session)
    assert isinstance(listener.events[-1], GenerationComplete)


class Hasty(Model):
    """Has everything at hand, and never waits."""

    async def stream(self) -> Any:
        for start_at in range(0, len(self.story), self.piece):
            yield self.story[start_at : start_at + self.piece]
        yield ENDED


@pytest.mark.parametrize("piece", [1, 40_000])
async def test_text_and_audio_that_come_all_at_once_overflow_nothing(piece: int) -> None:
    class HastyVoice(Voice):
        async def speak(self, text: str, claim: object = None) -> Any:
            self.asked.append(text)
            for number in range(400):
                yield Audio(sound(text, number)[:48])

    story = "* * *\n\nA line that is spoken, if not for long.\n\n" * 100
    config = {"workers": 4, "sentences_ahead": 8, "synthesis_ahead_seconds": 300}
    listener, archive = await told(
        Hasty(story, piece=piece), HastyVoice(), config=config, min_sentence_length=0
    )
    assert isinstance(listener.events[-1], GenerationComplete)
    assert listener.text == archive.text == story
    assert len(archive.audio) == len(archive.holes) == 100


class Locked(MemoryArchive):
    """Another program holds the lock, from one moment on for a while."""

    def __init__(self, begins: float, seconds: float) -> None:
        super().__init__()
        self.begins, self.ends = begins, begins + seconds
        self.refused, self.refused_at = 0, 0.0

    async def _write(self) -> None:
        await super()._write()
        if self.begins <= asyncio.get_running_loop().time() < self.ends:
            self.refused += 1
            self.refused_at = asyncio.get_running_loop().time()
            raise StoreError("the database is locked")


@pytest.mark.parametrize("begins", [0.0, 1.0, 4.0, 6.0])
async def test_what_the_store_does_not_take_for_a_while_is_saved_again(begins: float) -> None:
    archive = Locked(begins, 20.0)
    listener, _ = await told(Model(pace=0.05), archive=archive)
    assert archive.refused
    assert [event for event in listener.events if isinstance(event, Error)] == []
    assert archive.text == listener.text == Model().story
    assert (archive.state, archive.narrated) == (SceneState.COMPLETE, True)
    assert sorted(archive.audio) == list(range(12))
    await everything_ended()


async def test_a_store_that_takes_nothing_for_long_ends_the_scene_and_says_so_once() -> None:
    archive = Locked(1.0, 1_000.0)
    listener, _ = await told(Model(pace=0.05), archive=archive)
    [error] = [event for event in listener.events if isinstance(event, Error)]
    assert error.code == "storage_failed"
    assert 30 < archive.refused_at < 40
    await everything_ended()
