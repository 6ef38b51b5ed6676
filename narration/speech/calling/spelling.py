"""Puts words together of characters, for services that tell when each of those is spoken."""

from __future__ import annotations

from collections.abc import Sequence

from narration.speech.calling.word_times import WordTimes
from narration.story import Word

__all__ = ["Spelling"]

# Times are rounded, so that one may begin a moment before the one before it ends.
_ROUNDING_MS = 5.0


class Spelling:
    """Takes characters in pieces of any size, and gives the words they complete.

    Times are from the start of the sentence, or of the piece's own audio: if those of a
    piece go back behind what was before, they are the latter.
    """

    def __init__(self) -> None:
        self._word = ""
        self._start_ms = 0.0
        self._end_ms = 0.0
        self._reached_ms = 0.0
        self._offset_ms = 0.0
        self._times = WordTimes()

    def feed(
        self,
        characters: Sequence[str],
        starts_seconds: Sequence[float],
        ends_seconds: Sequence[float],
        audio_ms: float,
    ) -> tuple[Word, ...]:
        """Return the words that these characters complete.

        Args:
            characters: what is spoken.
            starts_seconds: when each begins.
            ends_seconds: when each ends.
            audio_ms: how much audio there was before that of this piece.
        """
        if starts_seconds:
            first_ms = starts_seconds[0] * 1_000 + self._offset_ms
            if first_ms < self._reached_ms - _ROUNDING_MS:
                self._offset_ms = audio_ms
        words: list[Word] = []
        spelled = zip(characters, starts_seconds, ends_seconds, strict=False)
        for character, start, end in spelled:
            self._reached_ms = self._ms(end)
            if character.isspace():
                words += self.finish()
                continue
            if not self._word:
                self._start_ms = self._ms(start)
            self._word += character
            self._end_ms = self._reached_ms
        return tuple(words)

    def finish(self) -> tuple[Word, ...]:
        """Return the word that was not complete yet, if there is one."""
        word, self._word = self._word, ""
        return self._times.add(word, self._start_ms, self._end_ms)

    def _ms(self, seconds: float) -> float:
        return round(max(seconds * 1_000 + self._offset_ms, 0.0), 1)
