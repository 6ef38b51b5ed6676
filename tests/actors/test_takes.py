"""No voice says a thing twice in the same way: what was told stays what it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from actors.base import ActorRef, ask, start, stopped
from actors.listener import Attach, Detach, Skip
from actors.session import Command, NarrationSession
from narration.config import SessionConfig
from narration.errors import SpeechError
from narration.events import Error, Event, GenerationComplete
from narration.speech import Audio
from narration.speech.scheduler import Claim
from narration.story import NarrationState
from tests.actors.conftest import Probe
from tests.actors.fakes import CHUNK_MS, Listener, MemoryArchive, Model, Voice, plan, sound

SENTENCES = 12


class Takes(Voice):
    """Every time it speaks a text otherwise; the second time in `again` pieces, after which
    it `breaks` off, or not.
    """

    def __init__(self, again: int = 20, *, breaks: bool = False) -> None:
        super().__init__(pace=0.1, chunks=20)
        self.again, self.breaks = again, breaks

    async def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
        self.asked.append(text)
        take = self.asked.count(text)
        for number in range(self.chunks if take == 1 else self.again):
            await asyncio.sleep(self.pace)
            yield Audio(sound(f"{text} Take {take}.", number))
        if take > 1 and self.breaks:
            raise SpeechError("voice", "it broke off", retryable=False)


async def told(voice: Takes, archive: MemoryArchive) -> tuple[ActorRef[Command], Listener]:
    scripted = plan(Model(pace=0), voice, archive)
    session = start(NarrationSession, scripted, SessionConfig(workers=1), Probe())
    listener = Listener()
    await ask(session, Attach(listener, "pcm", 0))
    return session, listener


async def chunks_of(listener: Listener, number: int, count: int) -> None:
    """Wait until so many chunks of that sentence were told."""
    async with asyncio.timeout(600):
        while sum(c.sentence_number == number for c in listener.chunks) < count:
            await asyncio.sleep(CHUNK_MS / 10_000)


async def end_of(listener: Listener, number: int) -> None:
    """Wait until that sentence was told to its end."""
    async with asyncio.timeout(600):
        while not any(c.sentence_number == number and c.final for c in listener.chunks):
            await asyncio.sleep(CHUNK_MS / 10_000)


@pytest.mark.parametrize(
    ("again", "breaks"), [(20, False), (2, False), (40, False), (2, True), (12, True)]
)
async def test_who_loads_again_hears_what_was_told_of_a_sentence_that_was_spoken_again(
    again: int, breaks: bool
) -> None:
    archive = MemoryArchive()
    session, first = await told(Takes(again, breaks=breaks), archive)
    await chunks_of(first, 1, 6)
    session.tell(Skip(5))
    await chunks_of(first, 5, 2)
    session.tell(Skip(1))
    await end_of(first, 2)
    session.tell(Detach(first))
    second = Listener()
    session.tell(Attach(second, None, 0))
    await second.ended()
    assert second.events[: len(first.events)] == first.events
    third = Listener()
    session.tell(Attach(third, None, 0))
    await third.ended()
    assert third.events == second.events
    if breaks:
        assert 1 in archive.holes
        longest = max(6, again)
        assert len(archive.broken[1]) >= longest * 48 * CHUNK_MS
    else:
        assert archive.audio[1].startswith(b"This is sentence number 1 of the story. Take 2.")
    await stopped(session)


class Closing(MemoryArchive):
    """So slow that a sentence can be spoken while the narration is being closed."""

    def __init__(self) -> None:
        super().__init__(pace=1.0)
        self.closing = asyncio.Event()

    async def finish_narration(self, state: NarrationState, message: str | None) -> None:
        self.closing.set()
        await super().finish_narration(state, message)


class Watching(Listener):
    """Notes what is stored at the last event."""

    def __init__(self, archive: MemoryArchive) -> None:
        super().__init__()
        self.archive = archive
        self.stored: set[int] | None = None

    def send(self, events: Sequence[Event]) -> int:
        if isinstance(events[-1], GenerationComplete):
            self.stored = set(self.archive.audio)
        return super().send(events)


@pytest.mark.parametrize("format", ["pcm", "mp3"])
async def test_the_last_event_comes_when_what_was_spoken_again_is_stored(format: str) -> None:
    archive = Closing()
    scripted = plan(Model(pace=0), Takes(again=2), archive)
    session = start(NarrationSession, scripted, SessionConfig(), Probe())
    listener = Watching(archive)
    session.tell(Attach(listener, "pcm" if format == "pcm" else "mp3", 0))
    session.tell(Skip(SENTENCES))
    await asyncio.wait_for(archive.closing.wait(), 600)
    session.tell(Skip(SENTENCES - 1))
    await listener.ended()
    assert isinstance(listener.events[-1], GenerationComplete)
    assert listener.stored is not None
    assert SENTENCES - 1 in listener.stored
    await stopped(session)


async def test_what_cannot_be_stored_any_more_is_not_waited_for() -> None:
    archive = MemoryArchive()
    session, listener = await told(Takes(), archive)
    await chunks_of(listener, 1, 3)
    session.tell(Skip(5))
    await chunks_of(listener, 5, 1)
    archive.fails = True
    session.tell(Skip(0))
    await listener.ended()
    last = listener.events[-1]
    assert isinstance(last, Error)
    assert last.code == "storage_failed"
    await stopped(session)
