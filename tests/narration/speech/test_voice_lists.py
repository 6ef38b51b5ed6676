"""Lists of voices are asked for now and then, and nobody waits for one for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from narration.config import SpeechConfig
from narration.errors import SpeechError
from narration.speech import Audio, Profile, SpeechRequest, Voice
from narration.speech.provider import Provider
from narration.speech.voice_lists import VoiceLists
from tests.virtual_time import run


class Service:
    """Has voices, and takes its time to tell them."""

    name = "service"
    profile = Profile(
        formats=("pcm",), sample_rate=24_000, streams=True, concurrency=1, max_chars=100
    )
    default_voice = "v"
    parameters = "p"

    def __init__(self) -> None:
        self.list = [Voice("a", "Anna"), Voice("b", "Ben")]
        self.takes_seconds = 1.0
        self.fails = False
        self.asked = 0

    async def start(self) -> None:
        pass

    def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        raise NotImplementedError

    async def voices(self) -> list[Voice]:
        self.asked += 1
        await asyncio.sleep(self.takes_seconds)
        if self.fails:
            raise SpeechError(self.name, "it is not ready", retryable=True)
        return self.list

    async def aclose(self) -> None:
        pass


def provider_of(service: Service) -> Provider:
    return Provider("openai", service, {}, SpeechConfig())


def test_a_list_is_asked_for_once_in_half_a_minute_however_many_want_it() -> None:
    async def main() -> None:
        service, lists = Service(), VoiceLists()
        provider = provider_of(service)
        for minute in range(1, 4):
            for _ in range(2):
                told = await asyncio.gather(*(lists.of(provider) for _ in range(20)))
                assert told == [service.list] * 20
                assert service.asked == minute
                await asyncio.sleep(25)
        other = Service()
        await lists.of(provider_of(other))
        assert (service.asked, other.asked) == (3, 1)

    run(main())


def test_what_went_wrong_is_not_remembered() -> None:
    async def main() -> None:
        service, lists = Service(), VoiceLists()
        provider = provider_of(service)
        service.fails = True
        with pytest.raises(SpeechError, match="not ready"):
            await lists.of(provider)
        service.fails = False
        assert await lists.of(provider) == service.list

    run(main())


def test_nobody_waits_longer_than_ten_seconds_for_a_list() -> None:
    async def main() -> None:
        service, lists = Service(), VoiceLists()
        provider = provider_of(service)
        service.takes_seconds = 3_600
        began = asyncio.get_running_loop().time()
        told = await asyncio.gather(
            *(lists.of(provider) for _ in range(5)), return_exceptions=True
        )
        assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=0.1)
        for error in told:
            assert isinstance(error, SpeechError)
            assert "did not tell its voices within 10 s" in str(error)
            assert error.retryable

    run(main())


def test_what_cannot_be_chosen_is_left_out_and_a_list_has_an_end() -> None:
    async def main() -> None:
        service, lists = Service(), VoiceLists()
        service.list = [Voice("", "x"), Voice("x" * 201, "x"), Voice("x", "x" * 201)]
        service.list += [Voice(str(number), "x") for number in range(5_000)]
        told = await lists.of(provider_of(service))
        assert told == [Voice(str(number), "x") for number in range(1_000)]

    run(main())
