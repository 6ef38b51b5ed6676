"""Audio in server-sent events: all of it, or an error."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest
from narration.speech.adapters.openai import OpenAISpeech
from tests.narration.scripted_service import ScriptedService
from tests.speech_servers.base import SpeechServer, split

SSE_TYPE = {"Content-Type": "text/event-stream; charset=utf-8"}
PCM = SpeechServer().sound("Yes, and no.")
DONE = {"type": "speech.audio.done", "usage": {}}


@pytest.fixture
async def speech(service: ScriptedService) -> AsyncIterator[OpenAISpeech]:
    params = {"stream_format": "sse"}
    speech = OpenAISpeech("amy", ProviderConfig(url=service.url, extra_params=params))
    yield speech
    await speech.aclose()


def event(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


def delta(audio: bytes) -> bytes:
    said = base64.b64encode(audio).decode()
    return event({"type": "speech.audio.delta", "audio": said})


async def heard(speech: OpenAISpeech) -> bytes:
    return b"".join([a.pcm async for a in speech.synthesize(SpeechRequest("Ja.", "alloy"))])


@pytest.mark.parametrize("size", [1, 7, 10_000, 1_000_000])
async def test_it_is_read_however_it_is_cut(
    service: ScriptedService, speech: OpenAISpeech, size: int
) -> None:
    pcm = PCM if size > 1 else PCM[:600]
    body = b"".join(
        [
            b": a comment\n\n",
            event({"type": "speech.audio.new"}),
            *map(delta, split(pcm, 1_001)),
            delta(b""),
            event(DONE),
        ]
    )
    service.answer(*split(body, size), headers=SSE_TYPE)
    assert await heard(speech) == pcm


async def test_the_connection_is_kept(service: ScriptedService, speech: OpenAISpeech) -> None:
    async def rest(request: object) -> None:
        await asyncio.sleep(0.01)

    service.answer(delta(PCM), event(DONE), rest, b"data: [DONE]\n\n", headers=SSE_TYPE)
    for _ in range(3):
        assert await heard(speech) == PCM
    assert len(service.connections) == 1
    assert not service.abandoned.is_set()


async def test_the_rate_that_is_told_counts(
    service: ScriptedService, speech: OpenAISpeech
) -> None:
    for rate in (48_000, 7, "x"):
        info = {"type": "speech.audio.info", "sample_rate": rate, "channels": 1}
        service.answer(event(info), delta(PCM), event(DONE), headers=SSE_TYPE)
    for expected in (len(PCM) // 2, len(PCM), len(PCM)):
        assert len(await heard(speech)) == pytest.approx(expected, abs=100)


async def test_a_rate_that_is_told_again_in_the_middle_of_a_sample_changes_nothing(
    service: ScriptedService, speech: OpenAISpeech
) -> None:
    info = event({"type": "speech.audio.info", "sample_rate": 24_000})
    said = [part for piece in split(PCM, 1_001) for part in (info, delta(piece))]
    service.answer(*said, event(DONE), headers=SSE_TYPE)
    assert await heard(speech) == PCM


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([delta(PCM)], "ends too early"),
        ([event(DONE)], "no audio"),
        ([b"data: [DONE]\n\n"], "no audio"),
        ([delta(PCM), event({"error": {"message": "Ja."}})], "failed in mid-sentence"),
        ([event({"type": "error", "message": "Ja."})], "failed in mid-sentence"),
        ([b"data: Ja.\n\n"], "cannot be read"),
        ([b"data: [1]\n\n"], "cannot be read"),
        ([event({"type": "speech.audio.delta", "audio": "a"})], "cannot be read"),
        ([event({"type": "speech.audio.delta", "audio": 7})], "cannot be read"),
        ([event({"type": "speech.audio.info", "channels": 2})], "not 16 bit mono"),
        (
            [delta(PCM), event({"type": "speech.audio.info", "sample_rate": 16_000})],
            "changes its rate in mid-sentence",
        ),
    ],
)
async def test_anything_else_is_an_error(
    service: ScriptedService, speech: OpenAISpeech, events: list[bytes], said: str
) -> None:
    service.answer(*events, headers=SSE_TYPE)
    with pytest.raises(SpeechError, match=said) as caught:
        await heard(speech)
    assert str(caught.value).startswith("amy: ")
    assert "Ja." not in str(caught.value)
