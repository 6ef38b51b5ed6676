"""A sentence that nobody waits for is kept back until it is whole, or somebody does."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator

import pytest

from narration.audio import silence
from narration.errors import SpeechError
from narration.speech import Audio
from narration.speech.policy.held import MARGIN_SECONDS, MOST_HELD_MS, held
from narration.speech.scheduler import Claim
from tests.narration.speech.scripted_speech import broken
from tests.virtual_time import run

PIECES = [Audio(silence(100) + bytes([number, 0])) for number in range(10)]


class Source:
    """A piece a second, the first at once."""

    def __init__(self, pieces: list[Audio], error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.given = 0
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.closed = False

    async def audio(self) -> AsyncGenerator[Audio]:
        try:
            for piece in self.pieces:
                self.given += 1
                yield piece
                await asyncio.sleep(1)
                await self.hangs.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True
            await asyncio.sleep(0)


class Listener:
    """Takes down when each piece came."""

    def __init__(self, source: Source, claim: Claim) -> None:
        self.source = source
        self.claim = claim
        self.heard: list[tuple[float, Audio]] = []

    async def listen(self) -> None:
        async for piece in held(self.source.audio(), self.claim):
            self.heard.append((asyncio.get_running_loop().time(), piece))

    @property
    def times(self) -> list[float]:
        return [time for time, _ in self.heard]

    @property
    def pieces(self) -> list[Audio]:
        return [piece for _, piece in self.heard]


def claim(due_at: float, *, first: bool = False) -> Claim:
    return Claim("test", due_at, first)


def listener(claim: Claim, *, error: Exception | None = None) -> Listener:
    return Listener(Source(list(PIECES), error), claim)


@pytest.mark.parametrize("due_at", [12.1, 1e9, math.inf])
def test_what_there_is_time_for_comes_when_it_is_whole(due_at: float) -> None:
    async def main() -> None:
        one = listener(claim(due_at))
        await one.listen()
        assert one.times == [10.0] * 10
        assert one.pieces == PIECES
        assert one.source.closed

    run(main())


@pytest.mark.parametrize("one", [claim(1e9, first=True), claim(0.0), claim(MARGIN_SECONDS)])
def test_what_is_pressing_comes_as_it_comes(one: Claim) -> None:
    async def main() -> None:
        here = listener(one)
        await here.listen()
        assert here.times == [float(second) for second in range(10)]

    run(main())


def test_it_is_let_go_when_the_listener_would_run_dry() -> None:
    async def main() -> None:
        one = listener(claim(MARGIN_SECONDS + 3.5))
        await one.listen()
        assert one.times == [3.5] * 4 + [4, 5, 6, 7, 8, 9]
        assert one.pieces == PIECES

    run(main())


def test_a_skip_lets_it_go_at_once_though_nothing_more_comes() -> None:
    async def main() -> None:
        one = listener(claim(1e9))
        listening = asyncio.create_task(one.listen())
        await asyncio.sleep(2.5)
        one.source.hangs.clear()
        one.claim.due_at = 1e6  # It has moved, but there is time.
        await asyncio.sleep(100)
        assert not one.heard
        one.claim.due_at = 102.5
        await asyncio.sleep(0.001)
        assert one.pieces == PIECES[:3]
        one.source.hangs.set()
        await listening
        assert one.pieces == PIECES

    run(main())


def test_a_listener_who_comes_to_have_more_time_is_waited_for() -> None:
    async def main() -> None:
        one = listener(claim(5.0))
        listening = asyncio.create_task(one.listen())
        await asyncio.sleep(1)
        one.claim.due_at = 1e9
        await listening
        assert one.times == [10.0] * 10

    run(main())


def test_nothing_is_heard_of_one_that_fails_while_it_is_held() -> None:
    async def main() -> None:
        one = listener(claim(1e9), error=broken())
        with pytest.raises(SpeechError):
            await one.listen()
        assert not one.heard
        assert one.source.closed

    run(main())


def test_one_that_fails_after_it_was_let_go_was_heard_up_to_there() -> None:
    async def main() -> None:
        one = listener(claim(MARGIN_SECONDS + 3.5), error=broken())
        with pytest.raises(SpeechError):
            await one.listen()
        assert one.pieces == PIECES

    run(main())


def test_no_more_than_a_minute_is_held() -> None:
    async def main() -> None:
        half = Audio(silence(500))
        one = Listener(Source([half] * 1_000), claim(math.inf))
        listening = asyncio.create_task(one.listen())
        await asyncio.sleep(MOST_HELD_MS / 500 - 1.5)
        assert not one.heard
        await asyncio.sleep(1)
        assert len(one.heard) == MOST_HELD_MS / 500 == one.source.given
        listening.cancel()
        await asyncio.wait({listening})

    run(main())


@pytest.mark.parametrize("after", [0.0, 0.5, 3.5, 4.5, 9.9])
@pytest.mark.parametrize("due_at", [0.0, MARGIN_SECONDS + 4.0, 1e9])
def test_whoever_is_called_off_closes_the_source(after: float, due_at: float) -> None:
    async def main() -> None:
        one = listener(claim(due_at))
        listening = asyncio.create_task(one.listen())
        await asyncio.sleep(after)
        listening.cancel()
        await asyncio.sleep(0)
        listening.cancel()  # However often it is said.
        await asyncio.wait({listening})
        assert listening.cancelled()
        assert one.source.closed or not one.source.given
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


@pytest.mark.parametrize("taken", [1, 3, 5])
def test_whoever_closes_it_between_two_pieces_closes_the_source(taken: int) -> None:
    async def main() -> None:
        one = listener(claim(MARGIN_SECONDS + 3.5))
        audio = held(one.source.audio(), one.claim)
        for _ in range(taken):
            await anext(audio)
        await audio.aclose()
        assert one.source.closed
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())
