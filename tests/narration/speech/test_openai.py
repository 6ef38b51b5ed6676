"""What the adapter makes of what voices really send, and of every way they fail."""

from __future__ import annotations

import array
import asyncio
import itertools
import math
import struct
from collections.abc import AsyncIterator, Callable

import pytest
from msgspec.structs import replace

from narration.audio import MAX_CHUNK_MS, duration_ms
from narration.config import SpeechConfig
from narration.errors import SpeechError
from narration.speech import SpeechRequest, Voice
from narration.speech.openai import OpenAISpeech
from narration.speech.scheduler import Claim, Scheduler
from tests.narration.scripted_service import ScriptedService, Step, cut, hang

Open = Callable[..., OpenAISpeech]

REQUEST = SpeechRequest("Schön war's.", "alloy")
PCM_TYPE = {"Content-Type": "audio/pcm"}
WAV_TYPE = {"Content-Type": "audio/wav"}


def tone(seconds: float, rate: int = 24_000, channels: int = 1) -> bytes:
    """A tone of 300 Hz."""
    wave = array.array("h")
    for index in range(int(seconds * rate)):
        wave.extend([int(9_000 * math.sin(index * 600 * math.pi / rate))] * channels)
    return wave.tobytes()


def wav(
    pcm: bytes,
    *,
    rate: int = 24_000,
    channels: int = 1,
    size: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    fmt = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    size = len(pcm) if size is None else size
    header = b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE"
    header += b"fmt " + struct.pack("<I", len(fmt)) + fmt + before
    return header + b"data" + struct.pack("<I", size) + pcm + after


def riff_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


PCM = tone(1.3)
INFO = riff_chunk(b"LIST", b"INFOISFT\x05\0\0\0test\0\0")


@pytest.fixture
async def open_speech(service: ScriptedService) -> AsyncIterator[Open]:
    opened: list[OpenAISpeech] = []

    def open_(**settings: object) -> OpenAISpeech:
        config = replace(SpeechConfig(url=service.url, model="m"), **settings)
        opened.append(OpenAISpeech("kokoro", config))
        return opened[-1]

    yield open_
    for speech in opened:
        await speech.aclose()


async def spoken(
    speech: OpenAISpeech, places: Scheduler | None = None
) -> tuple[bytes, SpeechError | None]:
    """The audio, and the error it ended with."""
    claim = Claim("somebody", due_at=0.0, first=False)
    pcm = b""
    try:
        async for piece in (places or Scheduler("kokoro", 1)).speak(speech, REQUEST, claim):
            assert 0 < duration_ms(piece) <= MAX_CHUNK_MS
            assert len(piece) % 2 == 0
            pcm += piece
    except SpeechError as error:
        return pcm, error
    return pcm, None


def split(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("size", [1_001, 100_000])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (PCM_TYPE, PCM),
        ({"Content-Type": "application/octet-stream"}, PCM),
        (WAV_TYPE, wav(PCM)),
        (WAV_TYPE, wav(PCM, size=0xFFFFFFFF)),
        (WAV_TYPE, wav(PCM, size=0x7FFFFFFF - 36)),
        (WAV_TYPE, wav(PCM, before=INFO, after=INFO)),
        # Some send WAV whatever they are asked for, and whatever they call it.
        (PCM_TYPE, wav(PCM, size=0xFFFFFFFF)),
    ],
)
async def test_the_samples_arrive_as_they_are(
    service: ScriptedService,
    open_speech: Open,
    headers: dict[str, str],
    body: bytes,
    size: int,
) -> None:
    service.answer(*split(body, size), headers=headers)
    assert await spoken(open_speech()) == (PCM, None)


async def test_an_odd_byte_at_every_edge_is_put_together(
    service: ScriptedService, open_speech: Open
) -> None:
    body = tone(0.02)
    service.answer(*split(body, 1), headers=PCM_TYPE)
    assert await spoken(open_speech()) == (body, None)


@pytest.mark.parametrize(
    ("rate", "channels"), [(22_050, 1), (44_100, 2), (48_000, 1), (24_000, 2)]
)
async def test_other_rates_and_channels_become_ours_without_clicks(
    service: ScriptedService, open_speech: Open, rate: int, channels: int
) -> None:
    body = wav(tone(1, rate, channels), rate=rate, channels=channels, size=0xFFFFFFFF)
    service.answer(*split(body, 777), headers=WAV_TYPE)
    pcm, error = await spoken(open_speech())
    assert error is None
    assert duration_ms(pcm) == pytest.approx(1_000, abs=5)
    samples = array.array("h", pcm)
    steps = [abs(after - before) for before, after in itertools.pairwise(samples)]
    # A tone of this height takes steps of 707 at most; a lost or doubled sample shows.
    assert max(steps[100:-100]) < 800
    assert max(samples) == pytest.approx(9_000, rel=0.05)


async def test_raw_samples_of_another_rate_are_taken_at_their_word(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(tone(1, 16_000), headers=PCM_TYPE)
    pcm, _ = await spoken(open_speech(sample_rate=16_000))
    assert duration_ms(pcm) == pytest.approx(1_000, abs=5)


async def test_the_first_audio_does_not_wait_for_the_last(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(PCM[:4_800], hang, headers=PCM_TYPE)
    pieces = open_speech().synthesize(REQUEST)
    assert await anext(pieces) == PCM[:4_800]
    await pieces.aclose()
    await service.abandoned.wait()


@pytest.mark.parametrize(
    ("headers", "steps", "kept", "said"),
    [
        (PCM_TYPE, (), b"", "no audio"),
        (PCM_TYPE, (cut,), b"", "closed the connection"),
        (PCM_TYPE, (b"\1",), b"", "no audio"),
        (PCM_TYPE, (PCM[:9_600], cut), PCM[:9_600], "broke off"),
        (WAV_TYPE, (wav(b"", size=0xFFFFFFFF),), b"", "no audio"),
        (WAV_TYPE, (wav(b"", size=0xFFFFFFFF)[:30],), b"", "ended before"),
        (WAV_TYPE, (wav(PCM[:9_600], size=len(PCM)),), PCM[:9_600], "shorter than it says"),
        (WAV_TYPE, (b"RIFFxxxxAVI LIST",), b"", "not a WAV"),
        ({"Content-Type": "application/json"}, (b'{"error":{}}',), b"", "text instead of"),
        (PCM_TYPE, (b'{"error":{"message":"no"}}',), b"", "text instead of audio"),
        ({"Content-Type": "text/html"}, (b"<html></html>",), b"", "text instead of audio"),
        ({"Content-Type": "audio/mpeg"}, (b"\xff\xfb\x90\x64" * 9,), b"", "MP3"),
        (PCM_TYPE, (b"ID3\4" * 9,), b"", "MP3"),
        (PCM_TYPE, (b"OggS" * 9,), b"", "Ogg"),
    ],
)
async def test_what_is_not_whole_audio_is_an_error_and_never_noise(
    service: ScriptedService,
    open_speech: Open,
    headers: dict[str, str],
    steps: tuple[Step, ...],
    kept: bytes,
    said: str,
) -> None:
    service.answer(*steps, headers=headers)
    pcm, error = await spoken(open_speech())
    assert pcm == kept
    assert error is not None
    assert said in str(error)
    assert str(error).startswith("kokoro: ")


@pytest.mark.parametrize(
    ("status", "body", "said", "retryable"),
    [
        (400, b'{"detail":{"error":"invalid_model","message":"x"}}', "invalid_model", False),
        (401, b"", "API key", False),
        (404, b"", "check url and model", False),
        (422, b'{"detail":[{"type":"string_too_long","input":"War"}]}', "too_long", False),
        (429, b"", "for 7 s", True),
        (500, b'{"error":{"type":"model_error"}}', "model_error", True),
    ],
)
async def test_a_refusal_says_what_to_do(
    service: ScriptedService,
    open_speech: Open,
    status: int,
    body: bytes,
    said: str,
    retryable: bool,
) -> None:
    service.answer(body, status=status, headers={"Retry-After": "7"})
    pcm, error = await spoken(open_speech(api_key="sk-secret"))
    assert pcm == b""
    assert error is not None
    assert said in str(error)
    assert "War" not in str(error)
    assert "secret" not in str(error)
    assert error.retryable is retryable


async def test_a_voice_that_does_not_begin_is_given_up(
    service: ScriptedService, open_speech: Open
) -> None:
    for steps in ((hang,), (wav(b"", size=0xFFFFFFFF), hang)):
        service.answer(*steps, headers=WAV_TYPE)
    for _ in range(2):
        _, error = await spoken(open_speech(first_audio_seconds=0.1))
        assert "did not begin to speak within 0.1 s" in str(error)
        await service.abandoned.wait()
        service.abandoned.clear()


async def test_a_voice_that_falls_silent_is_given_up(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(PCM[:4_800], hang, headers=PCM_TYPE)
    pcm, error = await spoken(open_speech(stall_seconds=0.1))
    assert pcm == PCM[:4_800]
    assert "fell silent in mid-sentence for 0.1 s" in str(error)
    await service.abandoned.wait()


async def test_no_more_sentences_at_once_than_the_service_takes(
    service: ScriptedService, open_speech: Open
) -> None:
    async def rest(request: object) -> None:
        await asyncio.sleep(0.02)

    service.answer(PCM, rest, headers=PCM_TYPE)
    speech = open_speech(concurrency=2)
    places = Scheduler(speech.name, speech.profile.concurrency)
    heard = await asyncio.gather(*(spoken(speech, places) for _ in range(7)))
    assert heard == [(PCM, None)] * 7
    assert service.most_at_once == 2


async def test_a_sentence_that_waits_its_turn_has_all_its_time_when_it_comes(
    service: ScriptedService, open_speech: Open
) -> None:
    async def rest(request: object) -> None:
        await asyncio.sleep(0.15)

    service.answer(rest, PCM, headers=PCM_TYPE)
    speech = open_speech(first_audio_seconds=0.5)
    places = Scheduler(speech.name, 1)
    heard = await asyncio.gather(*(spoken(speech, places) for _ in range(5)))
    assert heard == [(PCM, None)] * 5


async def test_a_cancelled_sentence_makes_room_for_the_next(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(hang, headers=PCM_TYPE)
    service.answer(PCM, headers=PCM_TYPE)
    speech, places = open_speech(), Scheduler("kokoro", 1)
    first = asyncio.create_task(spoken(speech, places))
    second = asyncio.create_task(spoken(speech, places))
    while not service.bodies:
        await asyncio.sleep(0.01)
    first.cancel()
    assert await second == (PCM, None)
    await service.abandoned.wait()


async def test_what_is_asked_for(service: ScriptedService, open_speech: Open) -> None:
    service.answer(PCM, headers=PCM_TYPE)
    speech = open_speech(extra_params={"exaggeration": 0.4, "model": None}, voice="af_heart")
    assert speech.default_voice == "af_heart"
    for request in (SpeechRequest("Ja.", ""), SpeechRequest("Ja.", "bm_fable", 9.0)):
        async for _ in speech.synthesize(request):
            pass
    common = {"input": "Ja.", "response_format": "pcm", "exaggeration": 0.4}
    assert service.bodies == [
        {**common, "voice": "af_heart"},
        {**common, "voice": "bm_fable", "speed": 4.0},
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"voices":[{"id":"a","name":"A"},{"id":"b"}]}', [Voice("a", "A"), Voice("b", "b")]),
        (b'{"voices":["a","b"]}', [Voice("a", "a"), Voice("b", "b")]),
        (b'[{"name":"a","file":"a.wav"}]', [Voice("a", "a")]),
        (b'{"voices":[]}', [Voice("alloy", "alloy")]),
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


async def test_a_service_that_refuses_to_list_is_an_error(
    service: ScriptedService, open_speech: Open
) -> None:
    service.answer(b"", status=401)
    with pytest.raises(SpeechError, match="API key"):
        await open_speech().voices()
