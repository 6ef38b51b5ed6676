"""A scene spoken in the background, in virtual time: to its end, and its user knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from actors.base import ActorRef, figures, start, stop, stopped
from actors.listener import Attach, Detach, Retire, Skip, Stop, status
from actors.plan import Background
from actors.session import Command, NarrationSession
from narration.config import SessionConfig
from narration.events import Error, GenerationComplete, GenerationStopped
from narration.notices import TTSFailed, TTSProgress, TTSReady, TTSStopped
from narration.speech import Audio
from narration.speech.scheduler import Claim
from narration.story import NarrationState
from tests.actors.conftest import Probe
from tests.actors.fakes import Listener, MemoryArchive, Model, Voice, plan

LONG = " ".join(f"This is sentence number {number} of it." for number in range(100))


class Narrated:
    """A scene that is there, being spoken."""

    def __init__(
        self, text: str = LONG, voice: Voice | None = None, max_seconds: float = 7_200
    ) -> None:
        self.voice = voice or Voice(pace=0.02)
        self.archive = MemoryArchive()
        self.user = Probe()
        scripted = plan(
            Model(text, pace=0.0, piece=500),
            self.voice,
            self.archive,
            background=Background(auto_play=True, notify=self.user),
        )
        config = SessionConfig(grace_seconds=5, ended_seconds=5, max_seconds=max_seconds)
        self.session: ActorRef[Command] = start(NarrationSession, scripted, config, Probe())

    @property
    def notices(self) -> list[Any]:
        assert all(told.user_id == 1 for told in self.user)
        return [told.notice for told in self.user]


async def test_it_is_spoken_to_its_end_with_nobody_there() -> None:
    narrated = Narrated()
    await asyncio.wait_for(stopped(narrated.session), 600)
    assert len(narrated.archive.audio) == 100
    assert narrated.archive.narration is NarrationState.COMPLETE
    first, *later, last = narrated.notices
    assert (first.sentences_done, first.total_sentences) == (1, 100)
    assert (first.scene_id, first.session_id, first.auto_play) == (7, "session-1", True)
    assert last == TTSReady(
        story_id=1,
        scene_id=7,
        auto_play=True,
        chunk_count=100,
        holes=0,
        duration_ms=50_000,
    )
    done = [it.sentences_done for it in later]
    assert done == sorted(done)
    assert 3 <= len(later) < 20, "once a second is enough"
    assert figures() == []


@pytest.mark.parametrize("format", ["pcm", "mp3"])
async def test_who_comes_in_the_middle_hears_all_of_it_and_skips_nothing_for_others(
    format: Any,
) -> None:
    narrated, listener = Narrated(), Listener()
    await asyncio.sleep(3)
    narrated.session.tell(Attach(listener, format, 0))
    await asyncio.sleep(1)
    assert list(dict.fromkeys(listener.order))[:3] == [0, 1, 2], "not when all is made"
    assert (await status(narrated.session)).state == "speaking"
    await asyncio.sleep(5)
    assert isinstance(narrated.notices[-1], TTSReady)
    assert (await status(narrated.session)).state == "telling"
    narrated.session.tell(Skip(95))
    await listener.ended()
    assert set(listener.order) == set(range(100))
    assert {95, 96, 97, 98, 99} <= listener.audio().keys()
    assert 80 not in listener.audio()
    assert len(narrated.archive.audio) == 100
    assert len(narrated.voice.asked) == 100
    assert isinstance(listener.events[-1], GenerationComplete)
    if format == "pcm":
        heard = listener.audio()
        assert all(heard[number] == narrated.archive.audio[number] for number in (0, 95, 99))
    await stop(narrated.session)


async def test_who_goes_away_does_not_end_it() -> None:
    narrated, listener = Narrated(), Listener()
    narrated.session.tell(Attach(listener, "pcm", 0))
    await asyncio.sleep(1)
    narrated.session.tell(Detach(listener))
    await asyncio.wait_for(stopped(narrated.session), 600)
    assert isinstance(narrated.notices[-1], TTSReady)
    assert len(narrated.archive.audio) == 100


async def test_the_first_sentence_of_a_voice_that_streams_is_heard_as_it_comes() -> None:
    narrated, listener = Narrated(voice=Voice(pace=1.0)), Listener()
    narrated.session.tell(Attach(listener, "pcm", 0))
    heard = 0
    while not narrated.notices:
        assert len(listener.chunks) < 6
        heard = len(listener.chunks)
        await asyncio.sleep(0.1)
    assert heard >= 4
    await stop(narrated.session)


async def test_its_first_words_are_wanted_later_than_those_that_somebody_waits_for() -> None:
    claims: list[Claim] = []

    class Claimed(Voice):
        def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
            assert claim is not None
            claims.append(claim)
            return super().speak(text, claim)

    begun_at = asyncio.get_running_loop().time()
    narrated = Narrated(voice=Claimed(pace=100))
    await asyncio.sleep(1)
    assert claims[0].due_at == pytest.approx(begun_at + 5)
    narrated.session.tell(Attach(Listener(), "pcm", 0))
    await asyncio.sleep(1)
    assert claims[0].due_at == pytest.approx(begun_at)
    await stop(narrated.session)


async def test_a_voice_that_speaks_nothing_is_given_up_soon() -> None:
    narrated, listener = Narrated(voice=Voice(broken=["sentence"])), Listener()
    narrated.session.tell(Attach(listener, "mp3", 0))
    await listener.ended()
    assert len(narrated.voice.asked) < 10
    (notice,) = narrated.notices
    assert notice == TTSFailed(
        story_id=1, scene_id=7, auto_play=True, message="voice: it broke off", retryable=True
    )
    assert narrated.archive.narration is NarrationState.FAILED
    assert narrated.archive.message == "voice: it broke off"
    last = listener.events[-1]
    assert isinstance(last, Error)
    assert (last.code, last.retryable) == ("voice_failed", True)
    await stop(narrated.session)


async def test_holes_here_and_there_are_counted() -> None:
    narrated = Narrated(voice=Voice(broken=["number 7 ", "number 50 ", "number 51 "]))
    assert (await status(narrated.session)).background
    await asyncio.wait_for(stopped(narrated.session), 600)
    ready = narrated.notices[-1]
    assert isinstance(ready, TTSReady)
    assert ready.holes == 3
    assert narrated.archive.narration is NarrationState.COMPLETE


async def test_a_voice_that_refuses_some_sentences_for_good_is_not_given_up() -> None:
    refused = [f"number {number} " for number in range(10, 20)]
    narrated = Narrated(voice=Voice(broken=refused, retryable=False))
    await asyncio.wait_for(stopped(narrated.session), 600)
    ready = narrated.notices[-1]
    assert isinstance(ready, TTSReady)
    assert (ready.chunk_count, ready.holes) == (90, 10)


@pytest.mark.parametrize("text", ["", "* * *\n\n* * *"])
async def test_a_scene_with_nothing_to_say_is_ready_at_once(text: str) -> None:
    narrated = Narrated(text)
    await asyncio.wait_for(stopped(narrated.session), 600)
    (ready,) = narrated.notices
    assert (ready.chunk_count, ready.holes) == (0, 0)


async def test_called_off_it_keeps_what_was_spoken() -> None:
    narrated, listener = Narrated(), Listener()
    narrated.session.tell(Attach(listener, "pcm", 0))
    await asyncio.sleep(1)
    narrated.session.tell(Stop())
    await listener.ended()
    assert isinstance(narrated.notices[-1], TTSStopped)
    assert narrated.archive.narration is NarrationState.STOPPED
    assert 0 < len(narrated.archive.audio) < 100
    assert isinstance(listener.events[-1], GenerationStopped)
    await stop(narrated.session)


async def test_one_that_takes_too_long_has_failed_and_keeps_what_was_spoken() -> None:
    narrated = Narrated(max_seconds=1)
    await asyncio.wait_for(stopped(narrated.session), 600)
    failed = narrated.notices[-1]
    assert isinstance(failed, TTSFailed)
    assert narrated.archive.narration is NarrationState.FAILED
    assert narrated.archive.message == failed.message
    assert 0 < len(narrated.archive.audio) < 100


async def test_when_the_server_ends_nobody_is_told_for_it_will_go_on() -> None:
    narrated = Narrated()
    await asyncio.sleep(1)
    narrated.session.tell(Retire())
    await asyncio.wait_for(stopped(narrated.session), 600)
    assert all(isinstance(notice, TTSProgress) for notice in narrated.notices)
    assert narrated.archive.narration is NarrationState.INTERRUPTED
