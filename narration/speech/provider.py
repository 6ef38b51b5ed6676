"""A service that may speak, with all that there is only once of it."""

from __future__ import annotations

import msgspec

from narration.config import SpeechConfig
from narration.errors import NotFound
from narration.speech.base import Speech
from narration.speech.policy.access import Accesses
from narration.speech.policy.breaker import BreakerFigures
from narration.speech.scheduler import Scheduler

__all__ = ["Counts", "Provider", "ProviderFigures", "Providers"]


class Counts(msgspec.Struct):
    """What became of sentences since the server began.

    `attempts` to have one spoken, of which `succeeded` so many, and `retried` are those
    that were made after another of the same sentence had failed.  `failed_over`: it was
    given up here, and somebody else was asked.  `skipped`: nobody spoke it, or only a part.
    """

    attempts: int = 0
    succeeded: int = 0
    retried: int = 0
    failed_over: int = 0
    skipped: int = 0


class ProviderFigures(msgspec.Struct, frozen=True):
    """A service as operators see it, besides its scheduler.

    `ways_left_alone`: so many ways of asking it keep failing while others may work.
    """

    name: str
    breaker: BreakerFigures
    ways_left_alone: int
    counts: Counts


class Provider:
    """A service, whose turn it is there, whether it works, and how it has been doing.

    Args:
        type: the kind of service, as in `narration.speech.adapters`.
        speech: the service.
        voice_for: which of its voices stands in for which voice of another service.
        config: when it is left alone.
    """

    def __init__(
        self, type: str, speech: Speech, voice_for: dict[str, str], config: SpeechConfig
    ) -> None:
        self.type = type
        self.speech = speech
        self.scheduler = Scheduler(speech.name, speech.profile.concurrency)
        self.accesses = Accesses(speech.name, self.scheduler, config)
        self.counts = Counts()
        self._voice_for = voice_for

    @property
    def name(self) -> str:
        """What it is called in the settings."""
        return self.speech.name

    def figures(self) -> ProviderFigures:
        """How it has been doing."""
        return ProviderFigures(
            self.name,
            self.accesses.breaker.figures(),
            self.accesses.left_alone,
            msgspec.structs.replace(self.counts),
        )

    def voice_in_place_of(self, other: Provider, voice: str) -> str:
        """Which of its voices stands in for a voice of another service."""
        if (own := self._voice_for.get(voice)) is not None:
            return own
        return voice if other.type == self.type else self.speech.default_voice


class Providers:
    """The services that the operator offers.

    Args:
        all: by name.
        chain: who speaks where nobody was chosen, and then who steps in.
    """

    def __init__(self, all: dict[str, Provider], chain: tuple[Provider, ...]) -> None:
        self.all = all
        self.chain = chain

    def named(self, name: str) -> Provider:
        """The one of that name; the first of the chain if it is empty.

        Raises:
            NotFound: there is none.
        """
        if not name:
            return self.chain[0]
        if name not in self.all:
            raise NotFound(f"this server has no voice service {name!r}")
        return self.all[name]
