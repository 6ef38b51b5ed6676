"""A service that is open only while somebody asks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from narration.errors import SpeechError
from narration.speech import Audio, Profile, SpeechRequest, Voice
from narration.speech.own.lazy import LazySpeech
from tests.virtual_time import run

REQUEST = SpeechRequest("The lamp went out.", "v")
IDLE = 60.0


class Service:
    """Speaks a piece a second; notes what happens to it."""

    name = "service"
    profile = Profile(
        formats=("pcm",), sample_rate=24_000, streams=True, concurrency=1, max_chars=100
    )
    default_voice = "v"
    parameters = "p"

    def __init__(self, happened: list[str], fails_to_start: int = 0) -> None:
        self._happened = happened
        self._fails_to_start = fails_to_start

    async def start(self) -> None:
        await asyncio.sleep(1.0)
        if self._fails_to_start:
            self._fails_to_start -= 1
            raise SpeechError(self.name, "it cannot start", retryable=True)
        self._happened.append("started")

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        for _ in range(100):
            await asyncio.sleep(1.0)
            yield Audio(b"\0\0")

    async def voices(self) -> list[Voice]:
        self._happened.append("asked")
        return [Voice("v", "V")]

    async def aclose(self) -> None:
        await asyncio.sleep(1.0)
        self._happened.append("closed")


def lazy(happened: list[str], open_ones: set[LazySpeech], **how: int) -> LazySpeech:
    return LazySpeech(lambda: Service(happened, **how), open_ones, IDLE)


def test_nothing_is_open_until_it_is_asked_and_when_it_was_not_for_a_while() -> None:
    async def main() -> None:
        happened: list[str] = []
        open_ones: set[LazySpeech] = set()
        speech = lazy(happened, open_ones)
        await asyncio.sleep(1_000)
        assert (speech.name, speech.default_voice, speech.parameters) == ("service", "v", "p")
        assert (happened, open_ones) == ([], set())
        for _ in range(2):
            await speech.voices()
            await asyncio.sleep(IDLE - 2)
            assert await speech.voices() == [Voice("v", "V")]
            await asyncio.sleep(IDLE - 2)
            assert happened == ["started", "asked", "asked"]
            assert open_ones == {speech}
            await asyncio.sleep(4)
            assert happened == ["started", "asked", "asked", "closed"]
            assert open_ones == set()
            happened.clear()

    run(main())


def test_it_is_not_closed_while_a_sentence_is_spoken_however_long_that_takes() -> None:
    async def main() -> None:
        happened: list[str] = []
        speech = lazy(happened, set())
        async with aclosing(speech.synthesize(REQUEST)) as audio:
            pieces = [piece async for piece in audio]
        assert len(pieces) == 100
        assert happened == ["started"]
        await asyncio.sleep(IDLE - 2)
        assert happened == ["started"]
        await asyncio.sleep(4)
        assert happened == ["started", "closed"]

    run(main())


def test_a_sentence_that_is_called_off_lets_it_be_closed() -> None:
    async def main() -> None:
        happened: list[str] = []
        speech = lazy(happened, set())
        async with aclosing(speech.synthesize(REQUEST)) as audio:
            await anext(audio)
        await asyncio.sleep(IDLE + 2)
        assert happened == ["started", "closed"]

    run(main())


def test_who_asks_while_it_is_being_closed_has_it_opened_anew() -> None:
    async def main() -> None:
        happened: list[str] = []
        open_ones: set[LazySpeech] = set()
        speech = lazy(happened, open_ones)
        await speech.voices()
        await asyncio.sleep(IDLE + 0.5)
        await speech.voices()
        assert sorted(happened) == ["asked", "asked", "closed", "started", "started"]
        assert open_ones == {speech}
        await speech.aclose()

    run(main())


def test_it_is_started_once_for_all_who_ask_at_the_same_time() -> None:
    async def main() -> None:
        happened: list[str] = []
        speech = lazy(happened, set())
        await asyncio.gather(*(speech.voices() for _ in range(5)))
        assert happened == ["started", *["asked"] * 5]
        await speech.aclose()

    run(main())


def test_one_that_did_not_start_is_started_again_for_the_next_and_closed_in_the_end() -> None:
    async def main() -> None:
        happened: list[str] = []
        open_ones: set[LazySpeech] = set()
        speech = lazy(happened, open_ones, fails_to_start=1)
        with pytest.raises(SpeechError, match="cannot start"):
            await speech.voices()
        await speech.voices()
        assert happened == ["started", "asked"]
        await asyncio.sleep(IDLE + 2)
        assert happened == ["started", "asked", "closed"]
        assert open_ones == set()

    run(main())


def test_closing_leaves_nothing_behind_and_may_come_at_any_time() -> None:
    async def main() -> None:
        for after in (0.0, 0.5, 5.0, IDLE + 1.5, IDLE + 10):
            happened: list[str] = []
            open_ones: set[LazySpeech] = set()
            speech = lazy(happened, open_ones)
            asking = asyncio.create_task(speech.voices())
            await asyncio.sleep(after)
            await speech.aclose()
            await speech.aclose()
            asking.cancel()
            await asyncio.wait({asking})
            assert happened[-1] == "closed"
            assert happened.count("closed") == 1
            assert open_ones == set()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())
