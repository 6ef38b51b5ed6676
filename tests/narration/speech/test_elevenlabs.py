"""What is special about ElevenLabs; faults that all share are in `test_conformance`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import Audio, SpeechRequest
from narration.speech.adapters.elevenlabs import ElevenLabsSpeech
from tests.narration.scripted_service import ScriptedService
from tests.speech_servers.base import CHAR_MS, Fault, running
from tests.speech_servers.elevenlabs import ElevenLabsServer

KEY = "xi-secret"
TEXT = "The lamp went out, and nobody said a word."
GEORGE = "JBFqnCBsd6RMkjVDRZzb"


@pytest.fixture
async def server() -> AsyncIterator[ElevenLabsServer]:
    async with running(ElevenLabsServer()) as server:
        server.api_key = KEY
        yield server


async def spoken(
    server: ElevenLabsServer,
    voice: str = "",
    speed: float = 1.0,
    params: dict[str, Any] | None = None,
    **settings: Any,
) -> list[Audio]:
    speech = open_speech(server, **settings)
    try:
        request = SpeechRequest(TEXT, voice, speed, params or {})
        return [piece async for piece in speech.synthesize(request)]
    finally:
        await speech.aclose()


def open_speech(server: ElevenLabsServer, **settings: Any) -> ElevenLabsSpeech:
    config = ProviderConfig(**({"url": server.url, "api_key": KEY} | settings))
    return ElevenLabsSpeech("elevenlabs", config)


def pcm_of(pieces: list[Audio]) -> bytes:
    return b"".join(piece.pcm for piece in pieces)


@pytest.mark.parametrize("ending", ["", "/v1"])
async def test_the_key_has_a_header_of_its_own(server: ElevenLabsServer, ending: str) -> None:
    pieces = await spoken(server, url=server.url + ending)
    assert pcm_of(pieces) == server.sound(TEXT)
    (asked,) = server.requests
    assert asked.voice == GEORGE
    assert asked.headers["xi-api-key"] == KEY
    assert "Authorization" not in asked.headers
    assert asked.body == {"text": TEXT, "model_id": "eleven_flash_v2_5"}


async def test_samples_that_call_themselves_something_else_are_heard(
    server: ElevenLabsServer,
) -> None:
    server.content_type = "audio/mpeg"
    assert pcm_of(await spoken(server)) == server.sound(TEXT)


@pytest.mark.parametrize("relative", [False, True])
async def test_words_come_with_the_audio(server: ElevenLabsServer, relative: bool) -> None:
    server.relative = relative
    pieces = await spoken(server, word_times=True)
    assert pcm_of(pieces) == server.sound(TEXT)
    words = [word for piece in pieces for word in piece.words]
    assert [word.text for word in words] == TEXT.split()
    at = 0
    for word in words:
        assert word.start_ms == pytest.approx(at * CHAR_MS, abs=1)
        assert word.end_ms == pytest.approx((at + len(word.text)) * CHAR_MS, abs=1)
        at += len(word.text) + 1
    assert pieces[0].words, "the first words wait for the last"


@pytest.mark.parametrize(("characters", "words"), [(40, 20), (20_000, 0)])
async def test_times_that_would_take_long_to_read_are_left_out(
    service: ScriptedService, characters: int, words: int
) -> None:
    times = [0.0] * characters
    alignment = {
        "characters": ["a", " "] * (characters // 2),
        "character_start_times_seconds": times,
        "character_end_times_seconds": times,
    }
    said = {"audio_base64": "AAAAAA==", "alignment": alignment}
    service.answer(json.dumps(said).encode())
    speech = ElevenLabsSpeech("elevenlabs", ProviderConfig(url=service.url, word_times=True))
    pieces = [piece async for piece in speech.synthesize(SpeechRequest(TEXT, ""))]
    await speech.aclose()
    assert pcm_of(pieces) == bytes(4)
    assert sum(len(piece.words) for piece in pieces) == words


async def test_an_error_among_the_lines_is_an_error(server: ElevenLabsServer) -> None:
    server.fail(Fault.ERROR_AS_OK)
    with pytest.raises(SpeechError, match="no audio") as caught:
        await spoken(server, word_times=True)
    assert caught.value.retryable


@pytest.mark.parametrize("word_times", [False, True])
async def test_200_without_audio_is_a_failure_that_may_pass(
    server: ElevenLabsServer, word_times: bool
) -> None:
    server.fail(Fault.EMPTY)
    with pytest.raises(SpeechError, match="it sent no audio") as caught:
        await spoken(server, word_times=word_times)
    assert caught.value.retryable


async def test_speed_and_what_listeners_set_are_voice_settings(
    server: ElevenLabsServer,
) -> None:
    stored = {"voice_settings": {"stability": 0.3, "style": 0.1}}
    params = {"stability": 2, "use_speaker_boost": False, "other": 1}
    await spoken(server, speed=3.0, params=params, extra_params=stored)
    assert server.requests[0].body["voice_settings"] == {
        "stability": 1.0,
        "style": 0.1,
        "use_speaker_boost": False,
        "speed": 1.2,
    }
    assert stored == {"voice_settings": {"stability": 0.3, "style": 0.1}}


@pytest.mark.parametrize("voice", ["nobody", "../../v1/user", "a/b?c=d", "..", "."])
async def test_a_voice_it_does_not_have_leads_nowhere_else(
    server: ElevenLabsServer, voice: str
) -> None:
    with pytest.raises(SpeechError, match="it has no such voice") as caught:
        await spoken(server, voice)
    assert not caught.value.retryable
    assert [asked.voice for asked in server.requests] in ([voice], [])
    assert server.strayed == []


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "invalid_api_key", "API key"),
        (401, "quota_exceeded", "no credit left"),
        (402, "paid_plan_required", "plan"),
    ],
)
async def test_what_is_wrong_with_the_account_is_said(
    server: ElevenLabsServer, status: int, code: str, said: str, legacy: bool
) -> None:
    server.legacy_errors = legacy
    server.refuses = (status, code)
    with pytest.raises(SpeechError, match=said) as caught:
        await spoken(server)
    assert not caught.value.retryable
    assert code in str(caught.value)


async def test_all_pages_of_its_voices_are_read(server: ElevenLabsServer) -> None:
    server.voices = [f"voice{number:02}" for number in range(25)]
    server.page_size = 10
    speech = open_speech(server)
    voices = await speech.voices()
    await speech.aclose()
    assert [voice.id for voice in voices] == server.voices
    assert voices[0].name == "Voice voi"
    assert len(server.lists_asked) == 3


async def test_a_list_without_end_is_not_followed_for_ever(server: ElevenLabsServer) -> None:
    server.voices = [f"voice{number:02}" for number in range(50)]
    server.page_size = 1
    speech = open_speech(server)
    assert len(await speech.voices()) == 10
    await speech.aclose()
