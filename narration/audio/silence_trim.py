"""Takes away the silence that a voice puts before a sentence and behind it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from narration.audio.pcm import BYTES_PER_MS

__all__ = ["BEFORE_MS", "BEHIND_MS", "SilenceTrim"]

BEFORE_MS = 20
BEHIND_MS = 30
"""So much of it stays: a breath, or the last of a soft sound."""

MOST_HELD_MS = 2_000
"""Silence that is longer is passed on, and then it stays also if nothing follows."""

_WINDOW_MS = 10
_WINDOW_SAMPLES = _WINDOW_MS * BYTES_PER_MS // 2
# 55 dB below full scale: no voice is so soft.
_SILENT = (32_768 * 10 ** (-55 / 20)) ** 2


class SilenceTrim:
    """One sentence, piece by piece.  Silence waits until a sound follows, and sound does not
    wait.  What is silent from its beginning to its end stays as it is.
    """

    def __init__(self) -> None:
        self.cut_ms: float | None = None
        """How much was taken away before the first sound; None until that is there."""
        self._held = bytearray()
        self._looked = 0
        self._quiet = 0
        """How many bytes of silence were passed on since the last sound."""

    def feed(self, pcm: bytes) -> bytes:
        """Put whole samples in; what of them is ready."""
        if self.cut_ms is None:
            return self._begin(pcm)
        if self._held:
            pcm = bytes(self._held) + pcm
            self._held.clear()
        return self._without_end(pcm)

    def finish(self) -> bytes:
        """What is left.  Nothing can be fed after that."""
        return bytes(self._held) if self.cut_ms is None else b""

    def _begin(self, pcm: bytes) -> bytes:
        self._held += pcm
        loud = _loud_windows(self._held[self._looked :])
        if not loud.any():
            # A window that is not full yet is looked at again.
            self._looked += len(loud) * _WINDOW_SAMPLES * 2
            return b""
        sound = self._looked + int(loud.argmax()) * _WINDOW_SAMPLES * 2
        start = max(sound - BEFORE_MS * BYTES_PER_MS, 0)
        self.cut_ms = start / BYTES_PER_MS
        pcm = bytes(self._held[start:])
        self._held.clear()
        return self._without_end(pcm)

    def _without_end(self, pcm: bytes) -> bytes:
        """All but the silence at its end."""
        size = _WINDOW_SAMPLES * 2
        # A glance at the last window first: mostly there is sound in it.  What is shorter than
        # one is passed on as it is.
        if len(pcm) < size or _loud_windows(pcm[-size:]).any():
            self._quiet = 0
            return pcm
        loud = _loud_windows(pcm[len(pcm) % size :])
        sound = 0
        if loud.any():
            sound, self._quiet = len(pcm) - int(loud[::-1].argmax()) * size, 0
        end = sound + max(BEHIND_MS * BYTES_PER_MS - self._quiet, 0)
        if len(pcm) - end > MOST_HELD_MS * BYTES_PER_MS:
            end = len(pcm)
        self._held += pcm[end:]
        self._quiet += min(end, len(pcm)) - sound
        return pcm[:end]


def _loud_windows(pcm: bytes | bytearray) -> npt.NDArray[np.bool_]:
    """Of each whole window, from the first on, whether there is sound in it."""
    count = len(pcm) // (_WINDOW_SAMPLES * 2)
    samples = np.frombuffer(bytes(pcm[: count * _WINDOW_SAMPLES * 2]), "<i2")
    windows = samples.reshape(count, _WINDOW_SAMPLES).astype(np.float32)
    energy: npt.NDArray[np.float32] = np.einsum("ij,ij->i", windows, windows)
    return np.greater_equal(energy, _SILENT * _WINDOW_SAMPLES)
