"""Every adapter against every way in which its service can fail.

An adapter is tried against a server that behaves as the real one (`tests/speech_servers`).
Whatever that does, the adapter gives the audio that was meant, or an error that says what to
do, in bounded time, and leaves nothing open.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from narration.audio import MAX_CHUNK_MS, duration_ms
from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech import Speech, SpeechRequest
from narration.speech.adapters import ADAPTERS
from tests.patience import PATIENCE_SECONDS
from tests.speech_servers.base import (
    HARMLESS,
    QUIET,
    Fault,
    SpeechServer,
    pitch,
    pitch_of,
    running,
    unused,
)
from tests.speech_servers.cases import CASES, ERRORS, NOT_A_SERVER, Case

NAME = "my_voice"
KEY = "sk-not-to-be-seen"
TEXT = "The keeper of the lamp counted the stairs under his breath, and lost count."


@asynccontextmanager
async def speech_of(
    case: Case, server: SpeechServer, **settings: Any
) -> AsyncIterator[Speech]:
    """The adapter, with the server as its service."""
    settings = {"url": server.url, "api_key": KEY} | case.settings | settings
    speech = ADAPTERS[case.type].open(NAME, ProviderConfig(type=case.type, **settings), False)
    try:
        await speech.start()
        yield speech
    finally:
        await speech.aclose()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
async def server(case: Case) -> AsyncIterator[SpeechServer]:
    async with running(case.server()) as server:
        before = _tasks()
        yield server
        await asyncio.wait_for(server.all_closed.wait(), PATIENCE_SECONDS)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while _tasks() - before:
                await asyncio.sleep(0.01)


def _tasks() -> set[asyncio.Task[Any]]:
    """All but the one that asks, and the server's own, one for each connection."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in others if "RequestHandler" not in repr(task.get_coro())}


async def heard(
    speech: Speech, text: str = TEXT, voice: str = ""
) -> tuple[bytes, SpeechError | None]:
    """The audio, and the error that it ended with."""
    pcm = b""
    try:
        async for piece in speech.synthesize(
            SpeechRequest(text, voice or speech.default_voice)
        ):
            assert duration_ms(piece.pcm) <= MAX_CHUNK_MS
            assert len(piece.pcm) % 2 == 0
            assert piece.pcm or piece.words
            assert piece.stand_in is None
            pcm += piece.pcm
    except SpeechError as error:
        return pcm, error
    return pcm, None


def is_whole(case: Case, pcm: bytes, meant: bytes) -> bool:
    if not case.lossy:
        return pcm == meant
    return abs(duration_ms(pcm) - duration_ms(meant)) < 90 and is_it(pcm)


def is_it(pcm: bytes) -> bool:
    """Whether the sound is that of the text."""
    return abs(pitch(pcm) - pitch_of(TEXT)) < 0.03 * pitch_of(TEXT)


def test_every_adapter_is_tried() -> None:
    assert {case.type for case in CASES.values()} | NOT_A_SERVER == set(ADAPTERS)


def test_every_fault_is_tried() -> None:
    assert set(ERRORS) | HARMLESS | QUIET == set(Fault)


@pytest.mark.parametrize("fault", sorted(HARMLESS, key=str))
async def test_the_audio_comes_as_it_was_meant(
    case: Case, server: SpeechServer, fault: Fault
) -> None:
    server.fail(fault)
    async with speech_of(case, server) as speech:
        pcm, error = await heard(speech)
    assert error is None
    assert is_whole(case, pcm, server.sound(TEXT))
    (asked,) = server.requests
    assert asked.text == TEXT


@pytest.mark.parametrize("fault", sorted(QUIET, key=str))
async def test_what_only_a_listener_could_notice_comes_as_it_is(
    case: Case, server: SpeechServer, fault: Fault
) -> None:
    server.fail(fault)
    async with speech_of(case, server) as speech:
        pcm, error = await heard(speech)
    assert error is None
    meant = server.sound(TEXT, fault)
    assert abs(duration_ms(pcm) - duration_ms(meant)) < 90
    assert case.lossy or pcm == meant


@pytest.mark.parametrize("fault", ERRORS)
async def test_a_fault_is_an_error_that_says_what_to_do(
    case: Case, server: SpeechServer, fault: Fault
) -> None:
    server.fail(fault)
    expected = ERRORS[fault]
    async with speech_of(case, server, **expected.limits) as speech:
        pcm, error = await asyncio.wait_for(heard(speech), PATIENCE_SECONDS)
    if case.lossy:
        assert duration_ms(pcm) < 1_000 or is_it(pcm)
    else:
        assert server.sound(TEXT).startswith(pcm), "there is noise in it"
    if fault in case.blind:
        assert len(pcm) < len(server.sound(TEXT))
        return
    assert error is not None
    assert error.service == NAME
    assert str(error).startswith(f"{NAME}: ")
    assert expected.said in str(error)
    assert error.retryable is expected.retryable
    assert error.retry_after == expected.retry_after
    assert len(str(error)) > len(NAME) + 20
    for secret in (KEY, TEXT, TEXT[:10], "Something is wrong"):
        assert secret not in str(error)


@pytest.mark.parametrize("fault", [Fault.FAILED, Fault.CUT, Fault.GONE, Fault.ERROR_AS_OK])
async def test_the_sentence_after_a_fault_is_whole(
    case: Case, server: SpeechServer, fault: Fault
) -> None:
    # A request on a connection that was closed meanwhile is sent once more by itself.
    server.fail(fault, times=2 if fault is Fault.GONE else 1)
    async with speech_of(case, server) as speech:
        _, error = await heard(speech)
        assert error is not None
        pcm, error = await heard(speech)
    assert error is None
    assert is_whole(case, pcm, server.sound(TEXT))


async def test_a_voice_that_does_not_exist_is_an_error_and_no_other_voice(
    case: Case, server: SpeechServer
) -> None:
    async with speech_of(case, server) as speech:
        pcm, error = await heard(speech, voice="nobody")
    assert pcm == b""
    assert error is not None
    assert not error.retryable
    assert "voice" in str(error)


async def test_a_server_that_is_not_there_may_come_back(case: Case) -> None:
    with unused() as url:
        server = case.server()
        server.origin = url
        async with speech_of(case, server) as speech:
            _, error = await heard(speech)
    assert error is not None
    assert error.retryable
    assert "check that it is running" in str(error)


async def test_https_to_a_server_without_it_says_so(case: Case, server: SpeechServer) -> None:
    async with speech_of(case, server, url=server.url.replace("http:", "https:")) as speech:
        _, error = await heard(speech)
    assert error is not None
    assert not error.retryable
    assert "http or https" in str(error)


async def test_the_voices_are_listed_and_the_default_is_among_them(
    case: Case, server: SpeechServer
) -> None:
    async with speech_of(case, server) as speech:
        voices = await speech.voices()
        assert speech.default_voice in [voice.id for voice in voices]
        assert all(voice.name for voice in voices)


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED, Fault.FAILED, Fault.GONE])
async def test_a_list_of_voices_that_cannot_be_had_is_an_error(
    case: Case, server: SpeechServer, fault: Fault
) -> None:
    server.list_fault = fault
    async with speech_of(case, server) as speech:
        with pytest.raises(SpeechError, match=f"^{NAME}: "):
            await speech.voices()


async def test_closing_it_in_mid_sentence_ends_the_work_at_the_service(
    case: Case, server: SpeechServer
) -> None:
    server.pace_seconds = 0.01
    server.fail(Fault.HANG_IN_THE_MIDDLE)
    async with speech_of(case, server) as speech:
        pieces = speech.synthesize(SpeechRequest(TEXT, speech.default_voice))
        await anext(pieces)
        await pieces.aclose()
        await asyncio.wait_for(server.abandoned.wait(), PATIENCE_SECONDS)


async def test_cancelling_it_before_an_answer_ends_the_work_at_the_service(
    case: Case, server: SpeechServer
) -> None:
    server.fail(Fault.HANG)
    async with speech_of(case, server) as speech:
        sentence = asyncio.create_task(heard(speech))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not server.open:
                await asyncio.sleep(0.01)
        sentence.cancel()
        await asyncio.wait({sentence})
        await asyncio.wait_for(server.abandoned.wait(), PATIENCE_SECONDS)


async def test_random_cancels_leave_nothing_and_spoil_no_later_sentence(
    case: Case, server: SpeechServer
) -> None:
    seeded = random.Random(5)
    server.pace_seconds = 0.001
    async with speech_of(case, server) as speech:
        for _ in range(25):
            sentence = asyncio.create_task(heard(speech))
            await asyncio.sleep(seeded.random() * 0.03)
            sentence.cancel()
            await asyncio.wait({sentence})
        pcm, error = await heard(speech)
    assert error is None
    assert is_whole(case, pcm, server.sound(TEXT))
