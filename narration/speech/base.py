"""What a narration asks of a text-to-speech service."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import msgspec

__all__ = ["Profile", "Speech", "SpeechRequest", "Voice"]


class Profile(msgspec.Struct, frozen=True):
    """What a service can do, declared by its adapter.

    `streams`: audio comes before the sentence is done.  `concurrency`: requests
    it works on at once; a `Scheduler` sees to it that it gets no more.  `max_chars`:
    the longest text it speaks safely.
    `speeds`: the slowest and fastest speed it obeys, (1, 1) if it has no choice.
    """

    streams: bool
    concurrency: int
    max_chars: int
    speeds: tuple[float, float] = (1.0, 1.0)


class Voice(msgspec.Struct, frozen=True):
    """A voice a service offers: what to send it, and what to show a person."""

    id: str
    name: str


class SpeechRequest(msgspec.Struct, frozen=True):
    """One sentence to speak.  `text` is cleaned: free of markup.  `speed` 1 is normal."""

    text: str
    voice: str
    speed: float = 1.0


class Speech(Protocol):
    """A service that turns sentences into audio."""

    @property
    def name(self) -> str:
        """The configured name, for messages, logs and stored audio."""
        ...

    @property
    def profile(self) -> Profile: ...

    @property
    def default_voice(self) -> str:
        """The id of the voice to use where the user chose none."""
        ...

    @property
    def parameters(self) -> str:
        """Stands for all that its audio depends on, besides the request: a digest, since
        there may be secrets in it.
        """
        ...

    def synthesize(self, request: SpeechRequest) -> AsyncGenerator[bytes]:
        """Yield PCM (`narration.audio`: 24 kHz, 16 bit little endian, mono) as it comes.

        Each piece is whole samples, at most `narration.audio.MAX_CHUNK_MS` long,
        and never empty.  Closing or cancelling the generator ends the work at
        the service.  To be asked through its `Scheduler`.

        Raises:
            SpeechError: no audio, broken audio, or none in time.
        """
        ...

    async def voices(self) -> list[Voice]:
        """The voices on offer.

        Raises:
            SpeechError: the service cannot be asked.
        """
        ...

    async def aclose(self) -> None:
        """Close connections and end child processes; idempotent."""
        ...
