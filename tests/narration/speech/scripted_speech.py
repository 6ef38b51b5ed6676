"""Voices that do what a test tells them, attempt by attempt, on any clock."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Iterable, Sequence
from random import Random

import msgspec

from narration.audio import BYTES_PER_MS, slices
from narration.audio.edges import Edges
from narration.audio.transcoder import Transcoder
from narration.config import LoudnessConfig, SpeechConfig
from narration.errors import Scope, SpeechError
from narration.speech import Audio, Profile, SpeechRequest, Voice
from narration.speech.cast import Part, cast
from narration.speech.kept import KeptSpeech
from narration.speech.provider import Provider
from narration.speech.scheduler import Claim
from narration.story import Word

__all__ = ["House", "ScriptedSpeech", "Take", "broken", "busy", "refused", "sound"]

PIECE_MS = 100


class Take(msgspec.Struct, frozen=True):
    """What becomes of one attempt: after `waits` seconds audio, in pieces `pace` seconds
    apart, and then perhaps an error.
    """

    ms: int = 1_000
    waits: float = 0.1
    pace: float = 0.01
    error: Exception | None = None
    silent: bool = False


def broken(
    service: str = "a", retry_after: float | None = None, scope: Scope = Scope.SERVICE
) -> SpeechError:
    return SpeechError(
        service, "it fell over", retryable=True, retry_after=retry_after, scope=scope
    )


def busy(service: str = "a", retry_after: float | None = None) -> SpeechError:
    return broken(service, retry_after, Scope.CAPACITY)


def refused(service: str = "a", *, lasting: bool = False) -> SpeechError:
    return SpeechError(service, "it knows no such voice", retryable=False, lasting=lasting)


def sound(service: str, number: int, ms: int) -> bytes:
    """The audio of a service's attempt of that number, which no other attempt has."""
    height = 1_000 + 10 * number + 5_000 * (service == "b")
    return array("h", [height, -height] * (ms * BYTES_PER_MS // 4)).tobytes()


class ScriptedSpeech:
    """Speaks take after take, and well when there are no more."""

    def __init__(
        self, name: str, takes: Iterable[Take] = (), *, speeds: tuple[float, float] = (1, 1)
    ) -> None:
        self.name = name
        self.default_voice = f"{name}'s voice"
        self.parameters = ""
        self.profile = Profile(
            formats=("pcm",),
            sample_rate=24_000,
            streams=True,
            concurrency=1,
            max_chars=200,
            speeds=speeds,
        )
        self.takes = list(takes)
        self.usually = Take()
        self.asked: list[tuple[float, SpeechRequest]] = []
        self.spoken: list[bytes] = []
        self.open = 0

    async def start(self) -> None:
        pass

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        take = self.takes.pop(0) if self.takes else self.usually
        self.asked.append((asyncio.get_running_loop().time(), request))
        pcm = bytes(take.ms * BYTES_PER_MS)
        if not take.silent:
            pcm = sound(self.name, len(self.asked), take.ms)
        self.spoken.append(pcm)
        self.open += 1
        try:
            await asyncio.sleep(take.waits)
            for piece in slices(pcm, PIECE_MS):
                yield Audio(piece)
                await asyncio.sleep(take.pace)
            if take.error is not None:
                raise take.error
        finally:
            self.open -= 1

    async def voices(self) -> list[Voice]:
        return []

    async def aclose(self) -> None:
        pass

    def heard(self, number: int) -> bytes:
        """What a listener hears of its attempt of that number, counted from 0."""
        edges = Edges()
        return edges.feed(self.spoken[number]) + edges.finish()


class _Nothing:
    async def recording(self, user_id: int, key: str) -> tuple[bytes, tuple[Word, ...]] | None:
        return None


class House:
    """Services, and one listener of theirs.  Sentences are of some length and never alike."""

    def __init__(
        self, *speeches: ScriptedSpeech, config: SpeechConfig | None = None, seed: int = 0
    ) -> None:
        self.config = config or SpeechConfig()
        self.loudness = LoudnessConfig(even=False)
        self.speeches = speeches
        self.providers = [Provider("openai", one, {}, self.config) for one in speeches]
        self.transcoder = Transcoder()
        self.kept = KeptSpeech(
            _Nothing(), self.transcoder, self.loudness, self.config, random=Random(seed)
        )
        self.parts: Sequence[Part] = cast(
            self.providers[0],
            self.providers,
            voice="",
            speed=1.0,
            params={},
            loudness=self.loudness,
        )
        self.speak = self.kept.of(1, self.parts)
        self.sentences = 0
        """So many were asked for; each is a letter longer than the last."""

    def sentence(self) -> str:
        self.sentences += 1
        return f"This is sentence number {('io' * self.sentences)[: self.sentences]}."

    async def hear(
        self, claim: Claim | None = None, *, into: list[Audio] | None = None
    ) -> bytes:
        """The next sentence; as far as it came `into` a list."""
        pieces = [] if into is None else into
        async for piece in self.speak(self.sentence(), claim or Claim("test", 0.0, False)):
            pieces.append(piece)
        return b"".join(piece.pcm for piece in pieces)

    def assert_idle(self) -> None:
        """Nobody speaks, no slot is taken, and no probe."""
        for speech, provider in zip(self.speeches, self.providers, strict=True):
            assert speech.open == 0
            figures = provider.scheduler.figures()
            assert (figures.busy, figures.waiting) == ((), ())
            assert provider.accesses.breaker.figures().state != "probing"
