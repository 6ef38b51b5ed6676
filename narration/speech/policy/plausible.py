"""Knows how long a sentence may be, from its voice's others and from its own attempts."""

from __future__ import annotations

from narration.speech.policy.spoken_length import SpokenLength
from narration.speech.policy.voice_rate import VoiceRate

__all__ = ["PlausibleLength"]

_ALIKE = 1.15
"""Lengths are about the same if none is longer than another by more than so much."""


class PlausibleLength:
    """How long one sentence may be, over all attempts of one voice to speak it.

    If it comes out at about the same length three times it is that long, whatever the voice
    usually takes: what goes wrong by chance does not go wrong so evenly.

    Args:
        rate: of the voice; it learns from what was good.
        length: the sentence's.
    """

    def __init__(self, rate: VoiceRate, length: SpokenLength) -> None:
        self._rate = rate
        self._length = length
        self._refused: list[float] = []

    @property
    def least_seconds(self) -> float:
        """What is shorter lacks some of its words."""
        least = self._rate.least_seconds(self._length)
        if (alike := self._alike) is None:
            return least
        return max(min(least, alike[0] / _ALIKE), self._rate.never_below_seconds(self._length))

    @property
    def most_seconds(self) -> float:
        """What is longer has more in it than its words."""
        most = self._rate.most_seconds(self._length)
        if (alike := self._alike) is None:
            return most
        return max(most, alike[1] * _ALIKE)

    @property
    def never_above_seconds(self) -> float:
        """What is longer is no speech, however often it comes."""
        return max(
            self._rate.never_above_seconds(self._length),
            self._rate.most_seconds(self._length),
        )

    def accept(self, seconds: float) -> None:
        """Take in that it was spoken well, and took so long."""
        self._rate.learn(self._length, seconds)

    def refuse(self, seconds: float | None) -> None:
        """Take in that it was refused for its length, which may not be known."""
        self._rate.misfit()
        if seconds is not None:
            self._refused.append(seconds)

    @property
    def _alike(self) -> tuple[float, float] | None:
        """The shorter and the longer of the last two attempts, if they are about the same."""
        if len(self._refused) < 2:
            return None
        shorter, longer = sorted(self._refused[-2:])
        return (shorter, longer) if longer <= shorter * _ALIKE else None
