"""What the adapter asks of OpenAI and its relatives, and the lists of voices that it reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from narration.audio import wav_file
from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest, Voice
from narration.speech.adapters.openai import OpenAISpeech
from tests.narration.scripted_service import ScriptedService

Open = Callable[..., OpenAISpeech]
PCM_TYPE = {"Content-Type": "audio/pcm"}


@pytest.fixture
async def open_speech(service: ScriptedService) -> AsyncIterator[Open]:
    opened: list[OpenAISpeech] = []

    def open_(**settings: Any) -> OpenAISpeech:
        config = ProviderConfig(**{"url": service.url, "model": "m"} | settings)
        opened.append(OpenAISpeech("amy", config))
        return opened[-1]

    yield open_
    for speech in opened:
        await speech.aclose()


async def heard(speech: OpenAISpeech, request: SpeechRequest) -> bytes:
    return b"".join([audio.pcm async for audio in speech.synthesize(request)])


async def test_what_is_asked_for(service: ScriptedService, open_speech: Open) -> None:
    service.answer(bytes(480), headers=PCM_TYPE)
    speech = open_speech(extra_params={"exaggeration": 0.4, "model": None}, voice="af_heart")
    assert speech.default_voice == "af_heart"
    whisper = {"instructions": "Whisper."}
    for request in (SpeechRequest("Ja.", ""), SpeechRequest("Ja.", "bm_fable", 2.0, whisper)):
        await heard(speech, request)
    common = {"input": "Ja.", "response_format": "pcm", "exaggeration": 0.4}
    assert service.bodies == [
        {**common, "voice": "af_heart"},
        {**common, "voice": "bm_fable", "speed": 2.0, "instructions": "Whisper."},
    ]


async def test_raw_samples_of_another_rate_are_taken_at_their_word(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(bytes(2 * 16_000), headers=PCM_TYPE)
    pcm = await heard(open_speech(sample_rate=16_000), SpeechRequest("Ja.", ""))
    assert len(pcm) == pytest.approx(2 * 24_000, abs=480)


async def test_what_its_audio_depends_on_is_told_without_the_key(open_speech: Open) -> None:
    first = open_speech().parameters
    assert open_speech(api_key="sk-other", concurrency=3).parameters == first
    for change in ({"model": "n"}, {"response_format": "mp3"}, {"extra_params": {"x": 1}}):
        assert open_speech(**change).parameters != first


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            400,
            b'{"detail":{"error":"invalid_model","type":"x","message":"x"}}',
            "invalid_model",
        ),
        (422, b'{"detail":[{"type":"string_too_long","input":"Ja."}]}', "string_too_long"),
        (500, b'{"error":{"type":"model_error"}}', "model_error"),
    ],
)
async def test_a_refusal_has_the_services_own_code_and_not_its_words(
    service: ScriptedService, open_speech: Open, status: int, body: bytes, said: str
) -> None:
    service.answer(body, status=status)
    with pytest.raises(SpeechError, match=said) as caught:
        await heard(open_speech(), SpeechRequest("Ja.", ""))
    assert "Ja." not in str(caught.value)


@pytest.mark.parametrize("said", ["Hush", "sk-x", "sk-x.y"])
async def test_what_was_sent_is_not_repeated_as_a_code(
    service: ScriptedService, open_speech: Open, said: str
) -> None:
    service.answer(f'{{"error":{{"code":"{said}"}}}}'.encode(), status=500)
    with pytest.raises(SpeechError) as caught:
        await heard(open_speech(api_key="sk-x.y"), SpeechRequest("Hush.", ""))
    assert said not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"voices":[{"id":"a","name":"A"},{"id":"b"}]}', [Voice("a", "A"), Voice("b", "b")]),
        (b'{"voices":["a","b","a",7,"",null]}', [Voice("a", "a"), Voice("b", "b")]),
        (b'{"data":[{"voice_id":"a","name":" "}]}', [Voice("a", "a")]),
        (b'{"voices":{"a":{},"b":{}}}', [Voice("a", "a"), Voice("b", "b")]),
        (b'[{"name":"a","file":"a.wav"}]', [Voice("a", "a")]),
        (b'{"voices":[]}', [Voice("alloy", "alloy")]),
        (b'{"voices":7}', [Voice("alloy", "alloy")]),
        (b"7", [Voice("alloy", "alloy")]),
        (b'{"voices":[[[]],{"id":["a"]},{"id":7,"name":"a"}]}', [Voice("a", "a")]),
        (b'{"voices":null,"data":["a"]}', [Voice("a", "a")]),
        (b"nonsense", [Voice("alloy", "alloy")]),
    ],
)
async def test_voices_are_read_in_every_shape(
    service: ScriptedService, open_speech: Open, body: bytes, expected: list[Voice]
) -> None:
    service.answer(body)
    assert await open_speech().voices() == expected


async def test_a_service_without_a_list_offers_its_default(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(b"", status=404)
    assert await open_speech(voice="mine").voices() == [Voice("mine", "mine")]


async def test_openais_own_voices_are_known(open_speech: Open) -> None:
    # It is not asked: it has no list.
    voices = await open_speech(url="https://api.openai.com/v1").voices()
    assert Voice("marin", "Marin") in voices


REFUSALS = {
    "openai": b'{"error": {"message": "Invalid value", "param": "response_format"}}',
    "fastapi": b'{"detail": [{"loc": ["body", "response_format"], "msg": "wav or mp3"}]}',
    "words": b'{"detail": "Unsupported format: pcm. Use wav."}',
    "text": b"response format not supported",
}


@pytest.mark.parametrize("said", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("status", [400, 422])
async def test_a_service_without_raw_samples_is_asked_for_wav_from_then_on(
    service: ScriptedService, open_speech: Open, said: bytes, status: int
) -> None:
    service.answer(said, status=status)
    service.answer(wav_file(bytes(480)), headers={"Content-Type": "audio/wav"})
    speech = open_speech()
    for _ in range(2):
        assert await heard(speech, SpeechRequest("Ja.", "")) == bytes(480)
    asked = [body["response_format"] for body in service.bodies]
    assert asked == ["pcm", "wav", "wav"]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, ["pcm", "wav"]),
        ({"response_format": "pcm"}, ["pcm"]),
        ({"response_format": "opus"}, ["opus"]),
        ({"extra_params": {"response_format": "flac"}}, ["flac"]),
    ],
)
async def test_a_format_that_somebody_set_or_that_nothing_helps_is_named(
    service: ScriptedService, open_speech: Open, settings: dict[str, Any], asked: list[str]
) -> None:
    service.answer(REFUSALS["openai"], status=400)
    with pytest.raises(SpeechError) as caught:
        await heard(open_speech(**settings), SpeechRequest("Ja.", ""))
    assert f"does not speak as {asked[-1]} (400): set response_format" in str(caught.value)
    assert not caught.value.retryable
    assert [body["response_format"] for body in service.bodies] == asked


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, b'{"error": {"message": "no such voice", "param": "voice"}}'),
        (
            422,
            b'{"detail": [{"loc": ["body", "voice"], "msg": "missing", '
            b'"input": {"response_format": "pcm"}}]}',
        ),
        (500, REFUSALS["openai"]),
        (400, b"[" * 100_000),
    ],
)
async def test_what_is_refused_for_another_reason_is_not_asked_for_again(
    service: ScriptedService, open_speech: Open, status: int, said: bytes
) -> None:
    service.answer(said, status=status)
    with pytest.raises(SpeechError) as caught:
        await heard(open_speech(), SpeechRequest("Ja.", ""))
    assert "response_format" not in str(caught.value)
    assert len(service.bodies) == 1
