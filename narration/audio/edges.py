"""Lets a sentence begin from silence and end in silence, so that neither clicks."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from operator import mul

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

__all__ = ["FADE_IN_MS", "FADE_OUT_MS", "Edges"]

FADE_IN_MS = 3
FADE_OUT_MS = 5


def _rising(ms: int) -> tuple[float, ...]:
    """Gains from nearly nothing to nearly all, along half a wave of a cosine."""
    count = ms * SAMPLE_RATE // 1_000
    return tuple((1 - math.cos(math.pi * (at + 0.5) / count)) / 2 for at in range(count))


_IN = _rising(FADE_IN_MS)
_OUT = _rising(FADE_OUT_MS)[::-1]
_HELD_BYTES = len(_OUT) * BYTES_PER_SAMPLE


class Edges:
    """Fades the first `FADE_IN_MS` in and the last `FADE_OUT_MS` out.

    As many samples come out as went in, each in its place; the last of them wait for what
    follows.  Silence stays silence, and of what is shorter than both fades each sample has
    the gains of both.
    """

    def __init__(self) -> None:
        self._faded_in = 0
        self._held = b""

    def feed(self, pcm: bytes) -> bytes:
        """Put whole samples in; what of them is ready."""
        if self._faded_in < len(_IN):
            gains = _IN[self._faded_in :]
            self._faded_in += len(pcm) // BYTES_PER_SAMPLE
            first = len(gains) * BYTES_PER_SAMPLE
            pcm = _scaled(pcm[:first], gains) + pcm[first:]
        pcm = self._held + pcm
        ready = max(0, len(pcm) - _HELD_BYTES)
        self._held = pcm[ready:]
        return pcm[:ready]

    def finish(self) -> bytes:
        """The last samples.  Nothing can be fed after that."""
        last, self._held = self._held, b""
        return _scaled(last, _OUT[len(_OUT) - len(last) // BYTES_PER_SAMPLE :])


def _scaled(pcm: bytes, gains: Sequence[float]) -> bytes:
    """As many of the samples as there are, each with its gain."""
    return array("h", map(round, map(mul, array("h", pcm), gains))).tobytes()
