"""What is special to Kokoro-FastAPI: mixed voices, times of words, and signs in the text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest, Voice
from narration.speech.adapters.kokoro import KokoroSpeech
from narration.story import Word
from tests.narration.scripted_service import ScriptedService
from tests.speech_servers.base import CHAR_MS, running
from tests.speech_servers.kokoro import KokoroServer

TEXT = "Nobody, not even Mara, knew it."


@pytest.fixture
async def server() -> AsyncIterator[KokoroServer]:
    async with running(KokoroServer()) as server:
        yield server


async def heard(
    server: KokoroServer | ScriptedService, request: SpeechRequest, **settings: Any
) -> tuple[bytes, list[Word]]:
    speech = KokoroSpeech("amy", ProviderConfig(**{"url": server.url} | settings))
    pcm = b""
    words: list[Word] = []
    try:
        async for audio in speech.synthesize(request):
            pcm += audio.pcm
            words += audio.words
    finally:
        await speech.aclose()
    return pcm, words


async def listed(server: KokoroServer, **settings: Any) -> list[Voice]:
    speech = KokoroSpeech("amy", ProviderConfig(**{"url": server.url} | settings))
    try:
        return await speech.voices()
    finally:
        await speech.aclose()


async def test_a_sentence_is_spoken_by_the_mix_and_in_the_time_that_was_asked_for(
    server: KokoroServer,
) -> None:
    request = SpeechRequest(TEXT, "af_bella(2)+af_sky(1)", 1.5, {"lang_code": "b"})
    pcm, words = await heard(server, request, extra_params={"volume_multiplier": 0.9})
    assert pcm == server.sound(TEXT)
    assert words == []
    assert server.requests[0].body == {
        "model": "kokoro",
        "input": TEXT,
        "voice": "af_bella(2)+af_sky(1)",
        "response_format": "pcm",
        "speed": 1.5,
        "stream": True,
        "volume_multiplier": 0.9,
        "lang_code": "b",
    }


async def test_an_address_that_ends_in_v1_is_understood(server: KokoroServer) -> None:
    pcm, _ = await heard(server, SpeechRequest(TEXT, ""), url=server.url + "/v1/")
    assert pcm == server.sound(TEXT)


async def test_voices_are_read_of_every_version(server: KokoroServer) -> None:
    new = await listed(server)
    server.old = True
    assert await listed(server) == new == [Voice(name, name) for name in server.voices]
    with pytest.raises(SpeechError, match="url is the server's root"):
        await listed(server, url=server.url + "/elsewhere")


async def test_words_come_with_the_audio_and_with_their_times(server: KokoroServer) -> None:
    pcm, words = await heard(server, SpeechRequest(TEXT, ""), word_times=True)
    assert pcm == server.sound(TEXT)
    assert [word.text for word in words] == ["Nobody", "not", "even", "Mara", "knew", "it"]
    starts = [TEXT.index(word.text) for word in words]
    assert [word.start_ms for word in words] == [start * CHAR_MS for start in starts]
    assert words[-1].end_ms == (len(TEXT) - 1) * CHAR_MS


async def test_a_server_without_word_times_says_what_to_do(server: KokoroServer) -> None:
    server.captions = False
    with pytest.raises(SpeechError, match="set word_times to false") as caught:
        await heard(server, SpeechRequest(TEXT, ""), word_times=True)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("timestamps", "expected"),
    [
        (None, []),
        ("soon", []),
        ([7, {}, {"word": "a"}, {"word": "a", "start_time": None, "end_time": None}], []),
        ([{"word": "a", "start_time": -0.5, "end_time": 0.2}], [Word("a", 0, 200)]),
        ([{"word": "a", "start_time": 1, "end_time": 0.5}], [Word("a", 1_000, 1_000)]),
        ([{"word": "a", "start_time": 1, "end_time": 1e9}], []),
        ([{"word": ",", "start_time": 0, "end_time": 1}], []),
        # So many would take long to read.
        ([{"word": "a", "start_time": 0, "end_time": 1}] * 2_000, []),
        (
            [
                {"word": "b", "start_time": 0.5, "end_time": 0.75},
                {"word": "c", "start_time": 0.25, "end_time": 0.5},
            ],
            [Word("b", 500, 750), Word("c", 500, 500)],
        ),
    ],
)
async def test_no_sentence_fails_because_of_its_words(
    service: ScriptedService, timestamps: Any, expected: list[Word]
) -> None:
    line = {"audio": "AAAAAA==", "audio_format": "audio/pcm", "timestamps": timestamps}
    early = {"audio": None, "timestamps": timestamps}
    for said in ([line], [early, {"audio": "AAAAAA=="}]):
        service.answer(*(json.dumps(one).encode() + b"\n" for one in said))
    for _ in range(2):
        pcm, words = await heard(service, SpeechRequest(TEXT, ""), word_times=True)
        assert pcm == bytes(4)
        assert words == expected


@pytest.mark.parametrize("line", [b"<html>\n", b'{"audio":"a"}\n', b'{"audio":7}\n', b"[]\n"])
async def test_captions_that_cannot_be_read_are_an_error(
    service: ScriptedService, line: bytes
) -> None:
    service.answer(line)
    with pytest.raises(SpeechError, match="captions cannot be read"):
        await heard(service, SpeechRequest(TEXT, ""), word_times=True)


@pytest.mark.parametrize(
    "text",
    [
        "Say it [twice](/w/) now.",
        "Wait [pause:30s] here, [PAUSE:2s] and [silent 4s] there.",
        "[voice:am_adam] He said [rate:2] it.",
        "[[a](b)](/c/)",
    ],
)
@pytest.mark.parametrize("word_times", [False, True])
async def test_nothing_in_the_text_is_more_than_text(
    server: KokoroServer, text: str, word_times: bool
) -> None:
    await heard(server, SpeechRequest(text, ""), word_times=word_times)
    (asked,) = server.requests
    assert server.misread == []
    assert asked.text.replace(" ", "") == text.replace(" ", "")
