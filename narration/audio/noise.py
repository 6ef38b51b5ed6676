"""Tells sound from bytes that were never meant to be the samples they are taken for."""

from __future__ import annotations

from array import array
from operator import mul, sub

__all__ = ["WINDOW_BYTES", "is_noise"]

WINDOW_BYTES = 4_096
"""So much is judged at a time: 85 ms at 24 kHz."""

# Every seventh sample, and the one after it, tell enough.
_STEP = 7
# 10 dB below full scale.  What is compressed, or has its bytes in another order, is 5 dB
# below it, or 9; speech is as loud only in vowels, and hisses 20 dB below it.
_LOUD = round(32_768 * 10 ** (-10 / 20))


def is_noise(samples: bytes) -> bool:
    """Whether 16 bit samples jump about as no voice does that is so loud."""
    wave = array("h", samples)
    these, next_ones = wave[:-1:_STEP], wave[1::_STEP]
    # A glance first: what is never loud is no such noise.
    if not these or max(these) < _LOUD:
        return False
    power = sum(map(mul, these, these))
    steps = array("l", map(sub, next_ones, these))
    return bool(power > _LOUD**2 * len(these) and sum(map(mul, steps, steps)) > power)
