"""What is special about Piper; faults that all share are in `test_conformance`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.audio import duration_ms
from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest, Voice
from narration.speech.adapters.piper import PiperSpeech
from tests.speech_servers.base import Fault, pitch, pitch_of, running
from tests.speech_servers.piper import PiperServer

TEXT = "The lamp went out, and nobody said a word."


@pytest.fixture(params=["newer", "older"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[PiperServer]:
    async with running(PiperServer(older=request.param == "older")) as server:
        yield server


async def spoken(
    server: PiperServer,
    voice: str = "",
    speed: float = 1.0,
    params: dict[str, Any] | None = None,
    **settings: Any,
) -> bytes:
    speech = PiperSpeech("piper", ProviderConfig(**({"url": server.url} | settings)))
    try:
        request = SpeechRequest(TEXT, voice, speed, params or {})
        return b"".join([piece.pcm async for piece in speech.synthesize(request)])
    finally:
        await speech.aclose()


async def test_audio_that_calls_itself_html_is_heard(server: PiperServer) -> None:
    pcm = await spoken(server)
    assert duration_ms(pcm) == pytest.approx(duration_ms(server.sound(TEXT)), abs=20)
    assert pitch(pcm) == pytest.approx(pitch_of(TEXT), rel=0.01)


async def test_without_a_voice_it_speaks_with_its_own(server: PiperServer) -> None:
    await spoken(server)
    assert "voice" not in server.requests[0].body
    assert server.list_asked == 0


async def test_a_voice_it_has_speaks(server: PiperServer) -> None:
    await spoken(server, "de_DE-thorsten-high")
    assert server.spoken_with == ["de_DE-thorsten-high"]


@pytest.mark.parametrize("voice", ["en_US-amy-low", "../secret"])
async def test_a_voice_it_would_replace_silently_is_refused(
    server: PiperServer, voice: str
) -> None:
    with pytest.raises(SpeechError, match="it has no voice") as caught:
        await spoken(server, voice)
    assert not caught.value.retryable
    assert server.requests == []


async def test_without_a_list_any_voice_is_tried(server: PiperServer) -> None:
    server.list_fault = Fault.FAILED
    assert await spoken(server, "de_DE-thorsten-high")


@pytest.mark.parametrize(
    ("speed", "extra_params", "length_scale"),
    [(1.0, {}, None), (2.0, {}, 0.35), (0.1, {}, 2.3), (1.25, {"length_scale": 2}, 1.48)],
)
async def test_speed_is_how_short_its_sounds_are(
    server: PiperServer, speed: float, extra_params: dict[str, Any], length_scale: float | None
) -> None:
    await spoken(server, speed=speed, extra_params=extra_params)
    assert server.requests[0].body.get("length_scale") == pytest.approx(
        length_scale, abs=0.005
    )


async def test_what_listeners_set_is_sent_as_it_can_be_used(server: PiperServer) -> None:
    params = {"speaker": "p227", "speaker_id": 3.0, "noise_scale": 7, "other": 1}
    await spoken(server, params=params)
    body = server.requests[0].body
    assert (body["speaker"], body["speaker_id"], body["noise_scale"]) == ("p227", 3, 2.0)
    assert isinstance(body["speaker_id"], int)
    assert "other" not in body


@pytest.mark.parametrize("params", [{"speaker": 3}, {"speaker_id": "p227"}])
async def test_a_speaker_that_would_fail_it_is_refused(
    server: PiperServer, params: dict[str, Any]
) -> None:
    with pytest.raises(SpeechError, match=r"speaker.* has to be a n") as caught:
        await spoken(server, params=params)
    assert not caught.value.retryable


async def test_its_voices_are_those_in_its_folders(server: PiperServer) -> None:
    speech = PiperSpeech("piper", ProviderConfig(url=server.url))
    voices = await speech.voices()
    await speech.aclose()
    assert voices == [Voice(name, name) for name in sorted(server.voices)]


async def test_it_is_asked_where_it_speaks_only_once(server: PiperServer) -> None:
    speech = PiperSpeech("piper", ProviderConfig(url=server.url))
    for _ in range(3):
        assert [piece async for piece in speech.synthesize(SpeechRequest(TEXT, ""))]
    await speech.aclose()
    assert server.asked_where == 1


async def test_where_it_speaks_is_asked_again_after_an_update() -> None:
    async with running(PiperServer(older=True)) as server:
        speech = PiperSpeech("piper", ProviderConfig(url=server.url))
        request = SpeechRequest(TEXT, "")
        assert [piece async for piece in speech.synthesize(request)]
        server.older = False
        with pytest.raises(SpeechError, match="405"):
            await anext(speech.synthesize(request))
        assert [piece async for piece in speech.synthesize(request)]
        await speech.aclose()
