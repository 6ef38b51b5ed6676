"""The mock model and voice, as the adapters of the server read them, and its clock."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest

from narration.config import LLMConfig, ProviderConfig
from narration.errors import SpeechError
from narration.llm.base import ChatMessage, Finish
from narration.llm.openai import OpenAILLM
from narration.speech.adapters.openai import OpenAISpeech
from narration.speech.base import SpeechRequest
from tests.patience import PATIENCE_SECONDS
from tests.virtual_time import run
from web.mock_upstream.log import UpstreamLog
from web.mock_upstream.pacing import Paced
from web.mock_upstream.serving import mock_upstream
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.spelling import spelt
from web.mock_upstream.story import text_of, tokens_of

FAST = MockSettings(
    token_rate=2_000, first_token=0.01, first_byte=0.01, rtf=0.0, sentences=5, seed=3
)
TEXT = "The lamp in the upper window."


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with mock_upstream(FAST) as address:
        yield address


@asynccontextmanager
async def voice_at(address: str, format: Any) -> AsyncIterator[OpenAISpeech]:
    speech = OpenAISpeech("mock", ProviderConfig(url=f"{address}/v1", response_format=format))
    try:
        yield speech
    finally:
        await speech.aclose()


async def written(address: str, prompt: str) -> tuple[str, str]:
    llm = OpenAILLM("mock", LLMConfig(url=f"{address}/v1", model="mock"))
    text, reason = "", ""
    try:
        async with aclosing(llm.stream([ChatMessage("user", prompt)])) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finish):
                    reason = piece.reason
                else:
                    text += piece
    finally:
        await llm.aclose()
    return text, reason


async def spoken(address: str, text: str, format: str) -> bytes:
    async with (
        voice_at(address, format) as speech,
        aclosing(speech.synthesize(SpeechRequest(text, "alloy"))) as audio,
    ):
        return b"".join([piece.pcm async for piece in audio])


async def log_of(address: str) -> UpstreamLog:
    async with aiohttp.ClientSession() as http, http.get(f"{address}/log") as response:
        return msgspec.json.decode(await response.read(), type=UpstreamLog)


async def test_the_prompt_chooses_the_story(address: str) -> None:
    assert await written(address, "seed=9 label=a") == (text_of(9, 5), "stop")
    assert await written(address, "seed=8; no, seed=9") == (text_of(9, 5), "stop")
    assert await written(address, "Anything.") == (text_of(3, 5), "stop")
    log = await log_of(address)
    assert [(answer.label, answer.seed) for answer in log.model] == [
        ("a", 9),
        ("", 9),
        ("", 3),
    ]
    first = log.model[0]
    assert len(first.sent_at) == len(tokens_of(text_of(9, 5)))
    assert first.sent_at == sorted(first.sent_at)
    assert first.asked_at < first.sent_at[0]
    assert log.settings == FAST


@pytest.mark.parametrize("format", ["pcm", "wav"])
async def test_the_audio_spells_the_text(address: str, format: str) -> None:
    assert await spoken(address, TEXT, format) == spelt(TEXT)
    (answer,) = (await log_of(address)).voice
    assert (answer.crc, answer.characters) == (zlib.crc32(TEXT.encode()), len(TEXT))
    assert answer.asked_at < answer.first_at <= answer.last_at


@pytest.mark.parametrize(("text", "format"), [(TEXT, "mp3"), ("x" * 70_000, "pcm")])
async def test_what_it_cannot_do_is_refused(address: str, text: str, format: str) -> None:
    with pytest.raises(SpeechError, match="does not accept the request"):
        await spoken(address, text, format)


async def test_it_fails_the_same_texts_each_time() -> None:
    async def outcomes(address: str) -> list[bool]:
        outcomes = []
        for number in range(20):
            try:
                outcomes.append(bool(await spoken(address, f"Lamp {number}.", "pcm")))
            except SpeechError:
                outcomes.append(False)
        return outcomes

    async with mock_upstream(msgspec.structs.replace(FAST, fail_every=3)) as address:
        first = await outcomes(address)
        assert first == await outcomes(address)
        assert 2 < first.count(False) < 15


async def test_who_leaves_is_not_sent_any_more() -> None:
    slow = msgspec.structs.replace(FAST, token_rate=20, rtf=1.0)
    async with mock_upstream(slow) as address:
        llm = OpenAILLM("mock", LLMConfig(url=f"{address}/v1", model="mock"))
        async with aclosing(llm.stream([ChatMessage("user", "seed=1")])) as pieces:
            await anext(pieces)
        await llm.aclose()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (log := await log_of(address)).model[0].cut:
                await asyncio.sleep(0.01)
        assert 0 < len(log.model[0].sent_at) < len(tokens_of(text_of(1, 5)))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/models", None, 200),
        ("GET", "/nowhere", None, 404),
        ("POST", "/v1/chat/completions", {"messages": []}, 400),
        ("POST", "/v1/audio/speech", {"input": 3}, 400),
        ("DELETE", "/log", None, 200),
    ],
)
async def test_other_requests_get_an_answer_too(
    address: str, method: str, path: str, body: Any, status: int
) -> None:
    async with (
        aiohttp.ClientSession(address) as http,
        http.request(method, path, json=body) as response,
    ):
        assert response.status == status
        assert isinstance(await response.json(), dict)


def test_every_piece_goes_out_at_its_time() -> None:
    async def main() -> tuple[list[tuple[int, int, float]], list[float]]:
        sent, late = list[tuple[int, int, float]](), list[float]()
        clock = asyncio.get_running_loop().time
        Paced(clock, 1.0, 0.5, 4, lambda a, b, at: sent.append((a, b, at)), late.append)
        await asyncio.sleep(10)
        return sent, late

    sent, late = run(main())
    assert sent == [(0, 1, 1.0), (1, 2, 1.5), (2, 3, 2.0), (3, 4, 2.5)]
    assert late == [0.0] * 4


def test_what_became_due_together_goes_out_together_and_is_late() -> None:
    async def main() -> tuple[list[tuple[int, int]], list[float], int]:
        sent, late, skew = list[tuple[int, int]](), list[float](), [0.0]
        loop = asyncio.get_running_loop()

        def clock() -> float:
            return loop.time() + skew[0]

        paced = Paced(clock, 1.0, 0.5, 9, lambda a, b, _: sent.append((a, b)), late.append)
        await asyncio.sleep(1.25)
        skew[0] = 2.0  # The process was not let run for two seconds.
        await asyncio.sleep(0.5)
        paced.cancel()
        await asyncio.sleep(10)
        return sent, late, paced.unsent

    sent, late, unsent = run(main())
    assert sent == [(0, 1), (1, 6)]
    assert late == [0.0, 2.0]
    assert unsent == 3


def test_no_step_sends_all_at_once() -> None:
    async def main() -> list[tuple[int, int]]:
        sent = list[tuple[int, int]]()
        clock = asyncio.get_running_loop().time
        Paced(clock, 0.0, 0.0, 5, lambda a, b, _: sent.append((a, b)), lambda _: None)
        await asyncio.sleep(1)
        return sent

    assert run(main()) == [(0, 5)]
