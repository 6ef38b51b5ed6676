"""What is known of a service's voices, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from narration.errors import SpeechError
from narration.speech.calling.known_voices import KnownVoices
from tests.virtual_time import run


class Asked:
    """A service that tells its voices, or does not."""

    def __init__(self, voices: Collection[str] | None) -> None:
        self.voices = voices
        self.times = 0
        self.fails = False

    async def names(self) -> Collection[str] | None:
        self.times += 1
        if self.fails:
            raise SpeechError("piper", "it is not there", retryable=True)
        return self.voices


def test_a_voice_that_is_not_there_is_refused_for_good() -> None:
    async def main() -> None:
        known = KnownVoices("piper", Asked({"joe"}).names)
        await known.check("joe")
        with pytest.raises(SpeechError, match="piper: it has no voice 'amy'") as caught:
            await known.check("amy")
        assert not caught.value.retryable

    run(main())


def test_it_asks_once_a_minute_and_about_a_voice_it_does_not_know() -> None:
    async def main() -> None:
        asked = Asked({"joe"})
        known = KnownVoices("piper", asked.names)
        for _ in range(5):
            await known.check("joe")
        assert asked.times == 1
        asked.voices = {"joe", "amy"}
        await known.check("amy")
        assert asked.times == 2
        asked.voices = {"amy"}
        await known.check("joe")
        await asyncio.sleep(61)
        with pytest.raises(SpeechError):
            await known.check("joe")

    run(main())


@pytest.mark.parametrize("fails", [False, True])
def test_where_there_is_no_list_every_voice_passes(fails: bool) -> None:
    async def main() -> None:
        asked = Asked(None)
        asked.fails = fails
        known = KnownVoices("piper", asked.names)
        for _ in range(5):
            await known.check("joe")
        assert asked.times == 1
        asked.voices, asked.fails = {"amy"}, False
        await asyncio.sleep(61)
        with pytest.raises(SpeechError):
            await known.check("joe")

    run(main())


def test_a_list_that_cannot_be_had_any_more_counts_no_longer() -> None:
    async def main() -> None:
        asked = Asked({"joe"})
        known = KnownVoices("piper", asked.names)
        await known.check("joe")
        asked.fails = True
        await known.check("amy")

    run(main())


def test_an_empty_list_is_a_list() -> None:
    async def main() -> None:
        with pytest.raises(SpeechError):
            await KnownVoices("piper", Asked(()).names).check("joe")

    run(main())
