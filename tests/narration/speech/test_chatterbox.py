"""What is special about Chatterbox; faults that all share are in `test_conformance`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest, Voice
from narration.speech.adapters.chatterbox import ChatterboxSpeech
from tests.speech_servers.base import Fault, running
from tests.speech_servers.chatterbox import ChatterboxServer

TEXT = "The lamp went out, and nobody said a word."
SSE: dict[str, Any] = {"extra_params": {"stream_format": "sse"}}


@pytest.fixture
async def server() -> AsyncIterator[ChatterboxServer]:
    async with running(ChatterboxServer()) as server:
        yield server


async def spoken(
    server: ChatterboxServer,
    voice: str = "",
    params: dict[str, Any] | None = None,
    **settings: Any,
) -> bytes:
    config = ProviderConfig(**({"url": server.url} | settings))
    speech = ChatterboxSpeech("chatterbox", config)
    try:
        request = SpeechRequest(TEXT, voice, params=params or {})
        return b"".join([piece.pcm async for piece in speech.synthesize(request)])
    finally:
        await speech.aclose()


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_the_url_may_end_with_v1(server: ChatterboxServer, ending: str) -> None:
    assert await spoken(server, url=server.url + ending) == server.sound(TEXT)


@pytest.mark.parametrize("settings", [{}, SSE])
async def test_without_a_voice_its_own_default_speaks_and_no_list_is_asked_for(
    server: ChatterboxServer, settings: dict[str, Any]
) -> None:
    await spoken(server, **settings)
    assert server.spoken_with == ["voice-sample.mp3"]
    assert server.list_asked == 0


@pytest.mark.parametrize("path", ["/voices", "/audio/voices"])
async def test_a_voice_of_its_library_speaks_under_its_name_and_its_alias(
    server: ChatterboxServer, path: str
) -> None:
    server.list_path = path
    await spoken(server, "rick")
    await spoken(server, "grandson")
    assert server.spoken_with == ["rick", "grandson"]
    with pytest.raises(SpeechError, match="it has no voice"):
        await spoken(server, "nobody")


@pytest.mark.parametrize("voice", ["nobody", "nova"])
async def test_a_voice_it_would_replace_silently_is_refused(
    server: ChatterboxServer, voice: str
) -> None:
    with pytest.raises(SpeechError, match=f"it has no voice '{voice}'") as caught:
        await spoken(server, voice)
    assert not caught.value.retryable
    assert server.requests == []


async def test_a_library_without_voices_has_no_voice_of_any_name(
    server: ChatterboxServer,
) -> None:
    server.voices = ()
    with pytest.raises(SpeechError, match="it has no voice"):
        await spoken(server, "rick")


async def test_without_a_list_any_voice_is_tried(server: ChatterboxServer) -> None:
    server.list_fault = Fault.FAILED
    assert await spoken(server, "rick") == server.sound(TEXT)


async def test_a_model_that_is_not_loaded_fails_although_the_status_is_200(
    server: ChatterboxServer,
) -> None:
    server.model_loaded = False
    with pytest.raises(SpeechError, match="broke off") as caught:
        await spoken(server)
    assert caught.value.retryable


async def test_a_clean_end_in_the_middle_is_noticed_with_events(
    server: ChatterboxServer,
) -> None:
    server.fail(Fault.TRUNCATED)
    with pytest.raises(SpeechError, match="ends too early"):
        await spoken(server, **SSE)
    assert await spoken(server)  # Without them only its length tells.


async def test_what_listeners_set_is_brought_into_its_range(server: ChatterboxServer) -> None:
    params = {"exaggeration": 9, "cfg_weight": -1, "temperature": 0.7, "seed": 1}
    await spoken(server, params=params)
    (asked,) = server.requests
    sent = {name: asked.body.get(name) for name in params}
    assert sent == {"exaggeration": 2.0, "cfg_weight": 0.0, "temperature": 0.7, "seed": None}


@pytest.mark.parametrize("value", ["high", True, [1]])
async def test_what_is_no_number_is_refused_with_its_range(
    server: ChatterboxServer, value: Any
) -> None:
    with pytest.raises(SpeechError, match=r"exaggeration .* from 0.25 to 2") as caught:
        await spoken(server, params={"exaggeration": value})
    assert not caught.value.retryable


async def test_the_operators_parameters_are_sent_and_may_be_refused(
    server: ChatterboxServer,
) -> None:
    await spoken(server, model="tts-1", extra_params={"streaming_quality": "fast"})
    assert server.requests[0].body["streaming_quality"] == "fast"
    assert server.requests[0].body["model"] == "tts-1"
    with pytest.raises(SpeechError, match="check model, voice, extra_params") as caught:
        await spoken(server, extra_params={"streaming_chunk_size": 5})
    assert not caught.value.retryable


async def test_its_voices_are_its_default_and_its_library(server: ChatterboxServer) -> None:
    speech = ChatterboxSpeech("chatterbox", ProviderConfig(url=server.url))
    voices = await speech.voices()
    await speech.aclose()
    assert [voice.id for voice in voices] == ["alloy", "rick", "morty"]
    assert voices[1] == Voice("rick", "rick")


async def test_what_is_no_such_server_says_so(server: ChatterboxServer) -> None:
    server.list_path = "/elsewhere"
    speech = ChatterboxSpeech("chatterbox", ProviderConfig(url=server.url))
    with pytest.raises(SpeechError, match="check that url is that of the server's root"):
        await speech.voices()
    await speech.aclose()
