"""A sentence as it was spoken, all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from narration.audio.pcm import duration_ms, slices
from narration.speech.base import Audio
from narration.story import Word

__all__ = ["Recording"]


class Recording(NamedTuple):
    """A sentence's audio, and when its words are spoken in it."""

    pcm: bytes
    words: tuple[Word, ...] = ()

    def pieces(self) -> Iterator[Audio]:
        """It as it travels: each word with the piece in which it begins, or the last."""
        words, upto_ms, end_ms = self.words, 0.0, duration_ms(self.pcm)
        for pcm in slices(self.pcm):
            upto_ms += duration_ms(pcm)
            now = words
            if upto_ms < end_ms:
                now = tuple(word for word in words if word.start_ms < upto_ms)
                words = tuple(word for word in words if word.start_ms >= upto_ms)
            yield Audio(pcm, now)
