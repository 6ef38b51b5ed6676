"""Turns what the embedded voice computes into PCM, without the silence around it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["joined_pcm"]

_RATE = 24_000
# The voice is quiet (27 dB below full scale, peaks at a third of it); services of others
# are this much louder.
_GAIN = 1.5
_PEAK = 0.98
# It is silent for 0.3 s before a sentence and 0.4 s after it, at -100 dB and less.
_AUDIBLE = 0.001
# What it makes of a row of dots.
_BREATH = 0.01
_KEPT_BEFORE = _RATE * 30 // 1_000
_KEPT_AFTER = _RATE * 150 // 1_000
_FADE = _RATE * 5 // 1_000
_PAUSE = _RATE * 120 // 1_000

_Samples = NDArray[np.float32]


def joined_pcm(parts: Iterable[_Samples]) -> bytes:
    """The parts one after the other with a short pause between them, as 16 bit PCM.

    Empty if nothing can be heard.
    """
    pause = np.zeros(_PAUSE, np.float32)
    pieces: list[_Samples] = []
    for part in parts:
        heard = _trimmed(part)
        if len(heard):
            pieces += [pause, heard] if pieces else [heard]
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    peak = float(np.abs(samples).max(initial=0))
    if peak < _BREATH:
        return b""
    gain = min(_GAIN, _PEAK / peak)
    pcm: NDArray[np.int16] = np.rint(samples * (gain * 32_767)).astype("<i2")
    return pcm.tobytes()


def _trimmed(samples: _Samples) -> _Samples:
    """The samples without the silence around them; edges fade, so that nothing clicks."""
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    if not len(audible):
        return samples[:0]
    start = max(0, int(audible[0]) - _KEPT_BEFORE)
    heard = samples[start : int(audible[-1]) + _KEPT_AFTER].copy()
    slope = np.linspace(0, 1, min(_FADE, len(heard)), dtype=np.float32)
    heard[: len(slope)] *= slope
    heard[-len(slope) :] *= slope[::-1]
    return heard
