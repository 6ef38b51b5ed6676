"""A voice that is tried out: in its turn, once, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from narration.audio import Transcoder, slices
from narration.config import LoudnessConfig, SpeechConfig
from narration.errors import Busy, SpeechError
from narration.speech import Audio, Profile, SpeechRequest, Voice
from narration.speech.cast import Part
from narration.speech.preview import Preview, preview
from narration.speech.provider import Provider
from narration.speech.scheduler import Claim
from narration.story import SpokenBy, Word
from tests.speech_servers.base import SpeechServer
from tests.virtual_time import run

TEXT = "The lamp went out at nine."
QUIET = LoudnessConfig(even=False)
BY = SpokenBy(provider="service", voice="v", speed=1.0, parameters="p")


class Service:
    """Speaks at the pace that a test wants."""

    name = "service"
    profile = Profile(
        formats=("pcm",), sample_rate=24_000, streams=True, concurrency=1, max_chars=100
    )
    default_voice = "v"
    parameters = "p"

    def __init__(self, first_seconds: float = 0.5, piece_seconds: float = 0.0) -> None:
        self.first_seconds = first_seconds
        self.piece_seconds = piece_seconds
        self.said: list[str] = []
        self.closed = 0

    async def start(self) -> None:
        pass

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        self.said.append(request.text)
        try:
            await asyncio.sleep(self.first_seconds)
            for piece in slices(SpeechServer().sound(request.text), 500):
                yield Audio(piece)
                await asyncio.sleep(self.piece_seconds)
            yield Audio(b"", (Word("nine", 900.0, 1_000.0),))
        finally:
            self.closed += 1

    async def voices(self) -> list[Voice]:
        return []

    async def aclose(self) -> None:
        pass


def provider_of(service: Service) -> Provider:
    return Provider("openai", service, {}, SpeechConfig())


async def tried(provider: Provider, text: str = TEXT) -> Preview:
    transcoder = Transcoder()
    try:
        return await preview(Part(provider, BY), text, 1, QUIET, transcoder)
    finally:
        transcoder.close()


async def speak(provider: Provider, text: str, due_in: float, *, first: bool) -> None:
    claim = Claim(text, asyncio.get_running_loop().time() + due_in, first)
    async with provider.scheduler.place(claim):
        audio = provider.speech.synthesize(SpeechRequest(text, "v"))
        async with aclosing(audio):
            async for _ in audio:
                pass


def test_how_long_the_service_takes_is_counted_from_its_turn() -> None:
    async def main() -> None:
        service = Service(first_seconds=0.5, piece_seconds=0.1)
        provider = provider_of(service)
        before = asyncio.create_task(speak(provider, "Something long before.", 0, first=False))
        await asyncio.sleep(0.1)
        made = await tried(provider)
        await before
        pieces = len(list(slices(made.pcm, 500)))
        assert made.first_audio_ms == pytest.approx(500, abs=1)
        assert made.total_ms == pytest.approx(500 + 100 * pieces, abs=1)
        assert made.words == (Word("nine", 900.0, 1_000.0),)
        assert len(made.pcm) == len(SpeechServer().sound(TEXT))

    run(main())


def test_whoever_is_about_to_hear_something_comes_first() -> None:
    async def main() -> None:
        service = Service(first_seconds=5.0)
        provider = provider_of(service)
        speaking: list[asyncio.Task[Any]] = []
        speaking.append(asyncio.create_task(speak(provider, "Now.", 0, first=False)))
        await asyncio.sleep(0.1)
        speaking.append(asyncio.create_task(tried(provider, "Preview.")))
        await asyncio.sleep(0.1)
        for text, due_in, first in (
            ("Later.", 20.0, False),
            ("Beginning.", 0.0, True),
            ("Soon.", 1.0, False),
        ):
            speaking.append(asyncio.create_task(speak(provider, text, due_in, first=first)))
        await asyncio.gather(*speaking)
        assert service.said == ["Now.", "Beginning.", "Soon.", "Preview.", "Later."]

    run(main())


def test_it_is_given_up_when_its_turn_does_not_come() -> None:
    async def main() -> None:
        service = Service(first_seconds=3_600)
        provider = provider_of(service)
        before = asyncio.create_task(speak(provider, "Now.", 0, first=False))
        await asyncio.sleep(0.1)
        with pytest.raises(Busy, match="service has many others to speak for"):
            await tried(provider)
        assert asyncio.get_running_loop().time() == pytest.approx(30, abs=1)
        assert provider.scheduler.figures().waiting == ()
        before.cancel()
        await asyncio.wait({before})

    run(main())


@pytest.mark.parametrize("service", [Service(3_600), Service(0.5, 30)])
def test_it_is_given_up_when_the_service_takes_too_long(service: Service) -> None:
    async def main() -> None:
        provider = provider_of(service)
        with pytest.raises(SpeechError, match=r"service: it did not speak .* within 60 s"):
            await tried(provider)
        assert asyncio.get_running_loop().time() == pytest.approx(60, abs=1)
        assert service.closed == 1
        assert provider.scheduler.figures().busy == ()

    run(main())


def test_a_fault_of_the_adapter_is_told_as_one_and_is_none_of_the_server() -> None:
    class Faulty(Service):
        async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
            yield Audio(SpeechServer().sound(request.text)[:4_800])
            raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(SpeechError, match="its adapter has a fault"):
            await tried(provider_of(Faulty()))

    run(main())
