"""The real voice in its processes: it speaks, is replaced when it dies, and leaves nothing."""

from __future__ import annotations

import array
import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from narration.audio import MAX_CHUNK_MS, SAMPLE_RATE, duration_ms
from narration.config import ProviderConfig, SpeechConfig
from narration.errors import SpeechError
from narration.speech import Speech, SpeechRequest, Voice
from narration.speech.opening import open_provider
from tests.narration.processes import (
    appeared,
    child_of_a_killed_parent,
    children,
    gone,
    settled,
)

pytestmark = pytest.mark.embedded

_MODULE = "narration.speech.embedded.child"
_SENTENCE = "The keeper climbed the stairs, and counted them under his breath."
_PARENT = """
import asyncio
from narration.config import SpeechConfig
from narration.speech.opening import open_providers
from tests.narration.processes import children

async def main():
    async with open_providers(SpeechConfig()):
        print(*children("narration.speech.embedded.child"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@asynccontextmanager
async def _open(**settings: Any) -> AsyncIterator[Speech]:
    config = ProviderConfig(type="embedded", **settings)
    async with open_provider("amy", config, SpeechConfig()) as provider:
        yield provider.speech


@pytest.fixture
async def speech() -> AsyncIterator[Speech]:
    async with _open() as speech:
        yield speech


async def _spoken(speech: Speech, text: str = _SENTENCE, speed: float = 1.0) -> bytes:
    pcm = b""
    async for piece in speech.synthesize(SpeechRequest(text, "heart", speed)):
        assert 0 < duration_ms(piece.pcm) <= MAX_CHUNK_MS
        assert len(piece.pcm) % 2 == 0
        pcm += piece.pcm
    return pcm


def _samples(pcm: bytes) -> array.array[int]:
    return array.array("h", pcm)


async def test_a_sentence_is_heard_at_once_and_without_clicks(speech: Speech) -> None:
    samples = _samples(await _spoken(speech))
    assert 3 < len(samples) / SAMPLE_RATE < 6
    assert 5_000 < max(samples) < 32_767
    assert samples[0] == samples[-1] == 0
    heard = [index for index, sample in enumerate(samples) if abs(sample) > 100]
    assert heard[0] < 0.08 * SAMPLE_RATE
    assert 0.05 * SAMPLE_RATE < len(samples) - heard[-1] < 0.3 * SAMPLE_RATE
    assert abs(sum(samples) / len(samples)) < 20, "the middle is not at zero"


async def test_the_same_sentence_sounds_the_same_every_time(speech: Speech) -> None:
    assert await _spoken(speech) == await _spoken(speech)


async def test_it_speaks_as_fast_as_it_is_told(speech: Speech) -> None:
    normal, fast, slow, too_fast = [
        duration_ms(await _spoken(speech, speed=speed)) for speed in (1.0, 2.0, 0.5, 9.0)
    ]
    assert fast < 0.65 * normal
    assert slow > 1.8 * normal
    assert too_fast == fast
    assert speech.profile.speeds == (0.5, 2.0)


async def test_it_says_what_it_cannot_speak(speech: Speech) -> None:
    for text in ("***", "你好", "—"):
        with pytest.raises(SpeechError, match="nothing in this sentence") as caught:
            await _spoken(speech, text)
        assert not caught.value.retryable
    with pytest.raises(SpeechError, match="'heart'"):
        await anext(speech.synthesize(SpeechRequest(_SENTENCE, "alloy")))
    assert await speech.voices() == [Voice("heart", "Heart")]
    assert speech.default_voice == "heart"
    assert len(speech.parameters) == 32


async def test_what_would_be_markup_to_it_is_spoken_as_text(speech: Speech) -> None:
    as_text = duration_ms(await _spoken(speech, "Say it [twice](/w/) now."))
    assert as_text > duration_ms(await _spoken(speech, "Say it twice now."))


async def test_a_killed_voice_is_replaced(speech: Speech) -> None:
    before = await _spoken(speech)
    (first,) = children(_MODULE)
    os.kill(first, signal.SIGKILL)
    await gone(first)
    assert await _spoken(speech) == before
    (second,) = children(_MODULE)
    assert second != first


async def test_a_sentence_survives_one_death_of_its_voice_but_not_two(speech: Speech) -> None:
    before = await _spoken(speech)
    for deaths in (1, 2):
        sentence = asyncio.create_task(_spoken(speech))
        for _ in range(deaths):
            pid = await appeared(_MODULE)
            # A voice that is stopped is still at work when it is killed.
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(0.05)
            os.kill(pid, signal.SIGKILL)
            await gone(pid)
        if deaths == 1:
            assert await sentence == before
        else:
            with pytest.raises(SpeechError, match="ended") as caught:
                await sentence
            assert caught.value.retryable


async def test_a_voice_that_hangs_is_replaced() -> None:
    async with _open(first_audio_seconds=1.0) as speech:
        (first,) = children(_MODULE)
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(SpeechError, match="did not speak within 1 s"):
            await _spoken(speech)
        await gone(first)
        assert await _spoken(speech, "Yes.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_what_all_are_told_is_the_parents_to_obey(
    speech: Speech, number: signal.Signals
) -> None:
    (pid,) = children(_MODULE)
    os.kill(pid, number)
    assert await _spoken(speech)
    assert children(_MODULE) == [pid]


async def test_random_cancels_leave_nothing_and_spoil_no_later_sentence(
    speech: Speech,
) -> None:
    seeded = random.Random(7)
    before = asyncio.all_tasks()
    expected = await _spoken(speech)
    for number in range(20):
        sentence = asyncio.create_task(_spoken(speech, f"Number {number} is not for you."))
        await asyncio.sleep(seeded.random() * 0.05)
        sentence.cancel()
        await asyncio.wait({sentence})
    assert await _spoken(speech) == expected
    await settled()
    assert asyncio.all_tasks() == before


async def test_processes_share_the_work_and_the_loss_of_one() -> None:
    async with _open(concurrency=2) as speech:
        assert speech.profile.concurrency == 2
        first, second = children(_MODULE)
        expected = await _spoken(speech)
        os.kill(first, signal.SIGKILL)
        await gone(first)
        assert await asyncio.gather(*(_spoken(speech) for _ in range(6))) == [expected] * 6
    await gone(second)
    assert children(_MODULE) == []


async def test_the_process_does_not_outlive_a_killed_parent() -> None:
    await gone(await child_of_a_killed_parent(_PARENT))
