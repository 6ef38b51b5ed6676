"""What a listener does in the worst moment: nobody waits for ever, nothing comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from actors.base import ActorRef, ask, start, stop, stopped
from actors.listener import Attach, Detach, Pause, Playback, Resume, Skip, Stop, status
from actors.session import Command, NarrationSession
from narration.config import SessionConfig
from narration.events import (
    AudioChunk,
    AudioFormat,
    Error,
    Event,
    GenerationComplete,
    GenerationStopped,
    SentenceSkipped,
    Skipped,
)
from narration.speech import Audio
from narration.speech.scheduler import Claim
from narration.story import RecordedSentence
from tests.actors.conftest import Probe
from tests.actors.fakes import Listener, MemoryArchive, Model, Voice, plan, sound


async def heard(
    voice: Voice,
    archive: MemoryArchive | None = None,
    listener: Listener | None = None,
    *,
    format: AudioFormat = "pcm",
    encode: Any = None,
    **config: Any,
) -> tuple[ActorRef[Command], Listener]:
    """A session whose text is there at once, and its first listener."""
    scripted = plan(Model(pace=0), voice, archive or MemoryArchive())
    if encode is not None:
        scripted = replace(scripted, encode=encode)
    session = start(NarrationSession, scripted, SessionConfig(**config), Probe())
    listener = listener or Listener()
    await ask(session, Attach(listener, format, 0))
    return session, listener


def spoken(number: int, chunks: int) -> bytes:
    text = f"This is sentence number {number} of the story."
    return b"".join(sound(text, i) for i in range(chunks))


def since_skip(events: list[Event]) -> dict[int, bytes]:
    """The audio that came after the last skip."""
    last = max(i for i, event in enumerate(events) if isinstance(event, Skipped))
    audio: dict[int, bytes] = {}
    for event in events[last:]:
        if isinstance(event, AudioChunk) and isinstance(event.audio, bytes):
            audio[event.sentence_number] = audio.get(event.sentence_number, b"") + event.audio
    return audio


class UnreadableInPart(MemoryArchive):
    async def load_sentence(self, number: int) -> RecordedSentence | None:
        if number == 3:
            raise OSError("the disk is damaged")
        return await super().load_sentence(number)


async def test_a_sentence_that_cannot_be_read_back_is_one_hole_and_the_scene_goes_on() -> None:
    session, listener = await heard(
        Voice(0.01, chunks=20), UnreadableInPart(), synthesis_ahead_seconds=300
    )
    session.tell(Pause())
    await asyncio.sleep(50)
    session.tell(Skip(0))
    session.tell(Resume())
    await listener.ended()
    assert sorted(since_skip(listener.events)) == [n for n in range(12) if n != 3]
    assert listener.kinds()[-1] == "GenerationComplete"
    await stopped(session)


async def test_a_session_that_is_saved_and_not_heard_out_still_has_a_last_event() -> None:
    session, listener = await heard(
        Voice(0.01, chunks=20), None, synthesis_ahead_seconds=300, max_seconds=100
    )
    session.tell(Pause())
    await asyncio.sleep(50)
    assert (await status(session)).state == "telling"
    await listener.ended()
    last = listener.events[-1]
    assert isinstance(last, Error)
    # The text is complete: there is nothing to go on with.
    assert (last.code, last.retryable, last.scene_id) == ("session_timeout", False, 7)
    await stopped(session)


async def test_no_session_outlives_its_time_and_the_grace_time() -> None:
    session, _ = await heard(
        Voice(pace=0.01), None, Listener(pace=100_000), max_seconds=100, grace_seconds=30
    )
    await asyncio.wait_for(stopped(session), 131)


async def test_stop_calls_off_what_is_spoken_again_and_a_resume_waits_for_none_of_it() -> None:
    voice = Voice(pace=0.2, chunks=20)
    session, first = await heard(voice)
    await asyncio.sleep(2)
    session.tell(Skip(2))
    await asyncio.sleep(1)
    session.tell(Skip(0))
    await asyncio.sleep(0.5)
    assert first.chunks[0].sentence_number == 0, "it was cut off, and is spoken again"
    session.tell(Stop())
    session.tell(Detach(first))
    second = Listener()
    session.tell(Attach(second, None, 0))
    await asyncio.sleep(0.1)
    assert voice.running == 0
    await second.ended()
    assert second.events[: len(first.events)] == first.events
    assert isinstance(second.events[-1], GenerationStopped)
    await stopped(session)


async def test_stop_calls_off_what_is_spoken_again_after_all_else_was_spoken() -> None:
    voice = Voice(pace=0.01, chunks=150)
    session, _ = await heard(voice)
    session.tell(Pause())
    session.tell(Skip(11))
    await asyncio.sleep(40)  # Until all of the window is open.
    assert len(voice.asked) <= 3, "only the last sentence was spoken"
    assert (await status(session)).listening.lead_ms == 15_000
    asked = len(voice.asked)
    session.tell(Skip(5))
    await asyncio.sleep(0.5)
    assert (voice.running, len(voice.asked)) == (1, asked + 1)
    session.tell(Stop())
    await asyncio.sleep(0.01)
    assert voice.running == 0
    await stopped(session)


async def test_what_is_spoken_again_is_called_off_by_a_skip_and_spoken_when_wanted() -> None:
    class Watched(Voice):
        async def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
            async for pcm in super().speak(text, claim):
                yield pcm
            ended.append(text)

    ended: list[str] = []
    voice, archive = Watched(pace=0.1, chunks=20), MemoryArchive()
    session, listener = await heard(voice, archive)
    await asyncio.sleep(1)
    session.tell(Skip(9))
    await asyncio.sleep(1)
    for target in (2, 3):
        session.tell(Skip(target))
        await asyncio.sleep(0.1)  # Workers read to its end what is still wanted.
    while "number 3 " not in voice.asked[-1]:
        await asyncio.sleep(0.01)
    assert not any("number 2 " in text for text in voice.asked)
    session.tell(Skip(4))
    while "number 4 " not in voice.asked[-1]:
        await asyncio.sleep(0.01)
    assert voice.asked[-1] not in ended, "it is being spoken"
    assert not any("number 3 " in text for text in ended)
    session.tell(Skip(9))
    session.tell(Skip(4))
    await listener.ended()
    audio = since_skip(listener.events)
    assert audio == {number: spoken(number, 20) for number in range(4, 12)}
    assert isinstance(listener.events[-1], GenerationComplete)
    assert archive.holes.keys() == set(range(4)), "what was spoken after all is kept"
    await stopped(session)


async def test_a_skip_taken_back_at_once_brings_nothing_twice() -> None:
    session, listener = await heard(Voice(pace=0.1, chunks=20))
    await asyncio.sleep(3)
    for target in (8, 0, 9, 1):
        session.tell(Skip(target))
    await stopped(session)
    holes = {e.sentence_number for e in listener.events if isinstance(e, SentenceSkipped)}
    audio = since_skip(listener.events)
    assert audio == {number: spoken(number, 20) for number in range(1, 12)}
    assert not holes


async def test_whoever_is_refused_takes_nobodys_place() -> None:
    session, listener = await heard(Voice(), grace_seconds=2)
    await asyncio.sleep(1)
    for stranger, attach in (
        (one := Listener(), Attach(one, "mp3", 0)),
        (two := Listener(), Attach(two, None, 1_000_000)),
    ):
        session.tell(attach)
        session.tell(Detach(stranger))
    await listener.ended()
    assert (one.left, two.left, listener.left) == ("other_format", "unknown_seq", "ended")
    assert isinstance(listener.events[-1], GenerationComplete)
    await stopped(session)


async def test_a_file_that_cannot_be_made_again_is_empty_and_not_something_else() -> None:
    made = 0

    async def encode(pcm: bytes, format: AudioFormat) -> bytes:
        nonlocal made
        made += 1
        if made > 3:
            raise ValueError("no more")
        return b"a file"

    session, first = await heard(Voice(pace=0.01), format="mp3", encode=encode)
    await asyncio.sleep(3)
    second = Listener()
    session.tell(Attach(second, None, 0))
    await second.ended()
    assert [chunk.audio for chunk in first.chunks] == [b"a file"] * 3
    assert [chunk.audio for chunk in second.chunks] == [b""] * 3
    await stopped(session)


async def test_files_of_very_different_length_leave_no_listener_dry() -> None:
    class Uneven(Voice):
        async def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
            self.chunks = 300 if "number 0 " in text else 60
            async for pcm in super().speak(text, claim):
                yield pcm

    session, listener = await heard(Uneven(pace=0.001), format="mp3")
    await asyncio.sleep(3)
    session.tell(Playback(0, 29_000))  # And then he says no more.
    dry_at = asyncio.get_running_loop().time() + 1
    await listener.ended()
    for event, at in zip(listener.events, listener.at, strict=True):
        if isinstance(event, AudioChunk) and event.sentence_number:
            assert at < dry_at
            dry_at += event.duration_ms / 1_000
    await stopped(session)


async def test_who_comes_back_is_not_made_to_wait_for_what_he_has_skipped() -> None:
    session, first = await heard(Voice(pace=0.001, chunks=40))
    await asyncio.sleep(1)
    session.tell(Skip(6))
    session.tell(Detach(first))
    await asyncio.sleep(40)  # Until all of the window is open.
    second = Listener()
    session.tell(Attach(second, None, 0))
    await asyncio.sleep(1)
    ahead = sum(map(len, since_skip(second.events).values())) / 48
    assert ahead >= 10_000
    await stop(session)


async def test_a_worker_that_crashed_makes_nobody_seem_to_have_time() -> None:
    due: list[float] = []

    class Watched(Voice):
        async def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
            assert claim is not None
            due.append(claim.due_at)
            async for pcm in super().speak(text, claim):
                yield pcm

    crashing = Watched(pace=0, chunks=20, crashing=["number 0 ", "number 1 "])
    session, _ = await heard(crashing, workers=1)
    await asyncio.sleep(0.5)
    assert due[2] == pytest.approx(2, abs=0.1), "after what was spoken before the crashes"
    await stop(session)


async def test_a_skip_to_what_is_just_being_heard_again_does_not_begin_it_anew() -> None:
    session, listener = await heard(Voice(pace=0.01, chunks=40))
    await asyncio.sleep(15)
    session.tell(Skip(0))
    await asyncio.sleep(0.5)
    number, told = listener.chunks[-1].sentence_number, since_skip(listener.events)
    assert number == 2, "half of it was sent: the listener has ten seconds"
    assert len(told[2]) < len(spoken(2, 40))
    session.tell(Skip(2))
    await listener.ended()
    audio = since_skip(listener.events)
    assert told[2] + audio.pop(2) == spoken(2, 40)
    assert audio == {number: spoken(number, 40) for number in range(3, 12)}
    await stopped(session)


async def test_a_long_skip_is_one_write_and_not_one_for_each_hole() -> None:
    class Counted(MemoryArchive):
        writes = 0

        async def save(self, text: str | None, sentences: Sequence[RecordedSentence]) -> None:
            self.writes += any(one.skipped is not None for one in sentences)
            await super().save(text, sentences)

    story = " ".join(f"This is sentence number {n} of the story." for n in range(300))
    archive, listener = Counted(), Listener()
    scripted = plan(Model(story, pace=0, piece=500), Voice(chunks=20), archive)
    session = start(NarrationSession, scripted, SessionConfig(), Probe())
    await ask(session, Attach(listener, "pcm", 0))
    await asyncio.sleep(1)
    session.tell(Skip(290))
    await listener.ended()
    assert len(archive.holes) > 280
    assert archive.writes <= 3
    await stopped(session)
