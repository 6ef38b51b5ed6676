"""What a narration asks of a text-to-speech service."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any, Protocol

import msgspec

from narration.config import ProviderConfig
from narration.story import SpokenBy, Word

__all__ = ["Adapter", "Audio", "Profile", "Speech", "SpeechRequest", "Voice", "at_once"]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a service can do, declared by its adapter.

    `formats`: in which its audio can come, the one that is asked for first.
    `sample_rate`: of raw samples, which do not tell it themselves.
    `streams`: audio comes before the sentence is done.
    `word_times`: it tells when each word is spoken.
    `concurrency`: requests it works on at once; a `Scheduler` sees to it that it gets no more.
    `max_chars`: the longest text it speaks safely.
    `speeds`: the slowest and fastest speed it obeys, (1, 1) if it has no choice.
    `params`: what listeners may send along with a sentence (see `SpeechRequest`).
    """

    formats: tuple[str, ...]
    sample_rate: int
    streams: bool
    concurrency: int
    max_chars: int
    word_times: bool = False
    speeds: tuple[float, float] = (1.0, 1.0)
    params: tuple[str, ...] = ()

    def configured(self, config: ProviderConfig) -> Profile:
        """The profile of a service that is used with these settings."""
        return msgspec.structs.replace(
            self,
            sample_rate=config.sample_rate or self.sample_rate,
            concurrency=config.concurrency or self.concurrency,
            max_chars=config.max_chars or self.max_chars,
            word_times=self.word_times and config.word_times,
        )


class Voice(msgspec.Struct, frozen=True):
    """A voice a service offers: what to send it, and what to show a person."""

    id: str
    name: str


def at_once() -> float:
    """Nothing is to gather: somebody waits for it."""
    return 0.0


class SpeechRequest(msgspec.Struct, frozen=True):
    """One sentence to speak.  `text` is cleaned: free of markup.  `speed` 1 is normal.

    `params` are more settings of the service, of those that its profile lists.

    `gather`: for how many seconds audio may gather before it is read on; to be asked
    anew each time.  A read that nobody waits for costs as much as one that is.
    """

    text: str
    voice: str
    speed: float = 1.0
    params: dict[str, Any] = {}
    gather: Callable[[], float] = at_once


class Audio(msgspec.Struct, frozen=True):
    """A piece of a sentence's audio, and words whose times became known with it.

    `pcm` is whole samples (`narration.audio`: 24 kHz, 16 bit little endian, mono), at most
    `narration.audio.MAX_CHUNK_MS` of them; it is empty only in a piece that has words.
    `stand_in` is who speaks, where it is not who was chosen; an adapter leaves it out.
    """

    pcm: bytes
    words: tuple[Word, ...] = ()
    stand_in: SpokenBy | None = None


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

    async def start(self) -> None:
        """Get ready to speak; `aclose` even if it fails.

        Raises:
            SpeechError: it cannot work here; the message says what to do.
        """
        ...

    def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield a sentence's audio as it comes.

        Closing or cancelling the generator ends the work at the service.  To be asked
        through its `Scheduler`.

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


OVER_HTTP = frozenset(
    {
        "url",
        "voice",
        "api_key",
        "extra_params",
        "connect_seconds",
        "stall_seconds",
        "sentence_seconds",
    }
)
"""Settings that every adapter has whose service is asked by `Caller`."""


class Adapter(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of service, as it is registered in `narration.speech.adapters`.

    `open` makes one of the name that it is called by, its settings, and whether only
    addresses of the public internet may be asked; `Speech.start` gets it ready.
    `profile`: what such a service can do, where its settings say nothing else.
    `label`: the kind's name for a person.
    `settings`: those of `ProviderConfig` that it obeys, besides the ones that all do
    (`open_provider`).
    `default_url`: where the service is if no url is configured; None if it must be.
    `own`: a listener may have such a server of their own.
    """

    open: Callable[[str, ProviderConfig, bool], Speech]
    profile: Profile
    label: str
    settings: frozenset[str] = OVER_HTTP
    default_url: str | None = None
    own: bool = True
