"""What a session tells of a voice besides its sound: words, who stood in, and an outage."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actors.base import ask, start, stopped
from actors.listener import Attach
from actors.session import NarrationSession
from narration.config import SessionConfig
from narration.events import Error, SentenceSkipped
from narration.story import SpokenBy
from tests.actors.conftest import Probe
from tests.actors.fakes import Listener, MemoryArchive, Model, Voice, plan, word_of

OTHER = SpokenBy(provider="other", voice="v", speed=1.0, parameters="")


async def told(voice: Voice, format: Any = "pcm", **changes: Any) -> tuple[Listener, Any]:
    listener, archive = Listener(), MemoryArchive()
    scripted = plan(Model(), voice, archive, **changes)
    session = start(NarrationSession, scripted, SessionConfig(), Probe())
    await ask(session, Attach(listener, format, 0))
    await asyncio.wait_for(stopped(session), 600)
    return listener, archive


@pytest.mark.parametrize("format", ["pcm", "mp3"])
async def test_words_reach_the_listener_and_the_record(format: str) -> None:
    listener, archive = await told(Voice(worded=True), format)
    heard: dict[int, list[Any]] = {}
    for chunk in listener.chunks:
        if chunk.words:
            heard.setdefault(chunk.sentence_number, []).extend(chunk.words)
    assert len(heard) == 12
    for number, words in heard.items():
        text = archive.sentences[number].spoken
        assert words == [word_of(text, piece) for piece in range(5)]
        assert list(archive.words[number]) == words


async def test_a_word_is_told_with_the_audio_that_it_is_heard_in() -> None:
    listener, _ = await told(Voice(worded=True))
    at_ms: dict[int, float] = {}
    for chunk in listener.chunks:
        ends_ms = at_ms.get(chunk.sentence_number, 0.0) + chunk.duration_ms
        at_ms[chunk.sentence_number] = ends_ms
        for word in chunk.words or ():
            assert word.start_ms <= ends_ms
        assert chunk.duration_ms or chunk.final


async def test_a_voice_that_tells_no_words_leaves_them_out() -> None:
    listener, _ = await told(Voice())
    assert not any(chunk.words for chunk in listener.chunks)


async def test_it_is_recorded_who_stood_in() -> None:
    _, archive = await told(Voice(stand_in=OTHER))
    assert archive.stand_ins == dict.fromkeys(range(12), OTHER)
    _, archive = await told(Voice())
    assert archive.stand_ins == {}


async def test_an_outage_is_told_once_and_the_text_goes_on() -> None:
    listener, archive = await told(Voice(outage=["number"]))
    [error] = [event for event in listener.events if isinstance(event, Error)]
    assert (error.code, error.retryable) == ("voice_unavailable", True)
    assert not error.scene_id
    assert listener.text == Model().story == archive.text
    holes = [event for event in listener.events if isinstance(event, SentenceSkipped)]
    assert [hole.sentence_number for hole in holes] == list(range(12))
    assert listener.kinds()[-1] == "GenerationComplete"


async def test_a_second_outage_is_told_again() -> None:
    listener, _ = await told(Voice(outage=["number 2 ", "number 3 ", "number 9 "]))
    holes = [e.sentence_number for e in listener.events if isinstance(e, SentenceSkipped)]
    assert holes == [2, 3, 9]
    assert listener.kinds().count("Error") == 2


async def test_who_waits_for_the_first_words_is_told_once_that_the_voice_is_awaited() -> None:
    listener, _ = await told(Voice(pace=20.0))
    [error] = [event for event in listener.events if isinstance(event, Error)]
    assert (error.code, error.retryable) == ("voice_starting", True)
    assert not error.scene_id
