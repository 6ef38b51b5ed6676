"""Who speaks for a listener, and who steps in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from narration.config import LoudnessConfig
from narration.speech.digest import digest
from narration.speech.policy.access import Access, Way
from narration.speech.provider import Provider
from narration.story import SpokenBy

__all__ = ["Part", "cast"]


class Part(msgspec.Struct, frozen=True):
    """A service that is to speak, and how: `by` says it all but the `params` themselves."""

    provider: Provider
    by: SpokenBy
    params: dict[str, Any] = {}

    def access(self, user_id: int) -> Access:
        """What is known of asking the service in this way for that user."""
        usual = self.by.voice == self.provider.speech.default_voice and not self.params
        return self.provider.accesses.of(Way(user_id, self.by, usual))


def cast(
    chosen: Provider,
    chain: Sequence[Provider],
    *,
    voice: str,
    speed: float,
    params: dict[str, Any],
    loudness: LoudnessConfig,
) -> tuple[Part, ...]:
    """The chosen one first, then the others of the chain in its order, who take the voice
    and the speed that are nearest to what was chosen.
    """
    voice = voice or chosen.speech.default_voice
    parts = [_part(chosen, voice, speed, params, loudness)]
    for other in chain:
        if other is not chosen:
            own = other.voice_in_place_of(chosen, voice)
            parts.append(_part(other, own, speed, {}, loudness))
    return tuple(parts)


def _part(
    provider: Provider,
    voice: str,
    speed: float,
    params: dict[str, Any],
    loudness: LoudnessConfig,
) -> Part:
    speech = provider.speech
    slowest, fastest = speech.profile.speeds
    level = (loudness.target_lufs, loudness.peak_dbfs) if loudness.even else ()
    by = SpokenBy(
        provider=provider.name,
        voice=voice,
        speed=min(max(float(speed), slowest), fastest),
        parameters=digest(speech.parameters, params, level),
    )
    return Part(provider, by, params)
