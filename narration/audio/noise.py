"""Tells sound from bytes that were never meant to be the samples they are taken for."""

from __future__ import annotations

import numpy as np

__all__ = ["WINDOW_BYTES", "is_noise"]

WINDOW_BYTES = 4_096
"""So much is judged at a time: 85 ms at 24 kHz."""

_WINDOW = WINDOW_BYTES // 2
# What is noise is so everywhere: one window in four tells, and in it
# every seventh sample, and the one after it, tell enough.
_EVERY = 4
_STEP = 7
# 10 dB below full scale.  What is compressed, or has its bytes in another order, is 5 dB
# below it, or 9; speech is as loud only in vowels, and hisses 20 dB below it.
_LOUD = round(32_768 * 10 ** (-10 / 20))


def is_noise(samples: bytes) -> bool:
    """Whether 16 bit samples jump about as no voice so loud does, in the first whole window or
    one of those that are looked at after it.
    """
    count = len(samples) // WINDOW_BYTES
    windows = np.frombuffer(samples, "<i2", count * _WINDOW).reshape(count, _WINDOW)[::_EVERY]
    # A glance first: what is never loud is no such noise.
    if not count or windows.max() < _LOUD:
        return False
    these = windows[:, : _WINDOW - 1 : _STEP].astype(np.float32)
    steps = windows[:, 1::_STEP] - these
    power = np.einsum("ij,ij->i", these, these)
    loud = power > _LOUD**2 * these.shape[1]
    if not loud.any():
        return False
    return bool((loud & (np.einsum("ij,ij->i", steps, steps) > power)).any())
