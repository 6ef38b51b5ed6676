"""How loud voices are, learnt from what they have spoken, and how loud to make a sentence."""

from __future__ import annotations

from narration.audio.loudness import MOST_DB

__all__ = ["VoiceLevel"]

_KNOWN_SECONDS = 10.0
_REMEMBERED_SECONDS = 60.0
# A whisper, or a shout, may differ by a scene's most ordinary range before it is changed less.
_SPAN_DB = 4.0
# Of less, the measure says more about the word than about how loud it is spoken.
_MEASURABLE_SECONDS = 1.0
# What is so soft that it takes more than this is no voice.
_MOST_LOUDER_DB = 20.0


class VoiceLevel:
    """What is known of one voice that speaks in one way."""

    def __init__(self) -> None:
        self._lufs: float | None = None
        self._seconds = 0.0

    @property
    def known(self) -> bool:
        """Whether it was heard for long enough to foretell its next sentence."""
        return self._seconds >= _KNOWN_SECONDS

    def learn(self, lufs: float | None, seconds: float) -> None:
        """Take in that a sentence was so loud; None is one that could not be measured."""
        if lufs is None:
            return
        heard = self._within_span(lufs) if self.known else lufs
        self._lufs = self._with(heard, seconds)
        self._seconds = min(self._seconds + seconds, _REMEMBERED_SECONDS)

    def gain_ahead(self, target_lufs: float) -> float:
        """How many dB louder to make a sentence of which nothing has been heard."""
        return 0.0 if self._lufs is None else _gain(target_lufs, self._lufs)

    def gain_on_the_way(self, target_lufs: float, lufs: float | None, seconds: float) -> float:
        """The same, for one that was so loud so far."""
        if lufs is None:
            return self.gain_ahead(target_lufs)
        return _gain(target_lufs, self._with(lufs, seconds))

    def gain(self, target_lufs: float, lufs: float | None, seconds: float) -> float:
        """The same, for one that was heard to its end.

        It is brought to the target, as far as its difference from how loud this voice
        usually is may be chance.  Beyond that it is meant so, and stays.
        """
        if lufs is None:
            return self.gain_ahead(target_lufs)
        if self._lufs is None:
            return _gain(target_lufs, lufs)
        own = self._within_span(lufs) if self.known else lufs
        trust = min(seconds / _MEASURABLE_SECONDS, 1.0)
        return _gain(target_lufs, self._lufs + trust * (own - self._lufs))

    def _within_span(self, lufs: float) -> float:
        usual = lufs if self._lufs is None else self._lufs
        return min(max(lufs, usual - _SPAN_DB), usual + _SPAN_DB)

    def _with(self, lufs: float, seconds: float) -> float:
        """The mean of what was learnt and of this."""
        if self._lufs is None:
            return lufs
        return self._lufs + (lufs - self._lufs) * seconds / (self._seconds + seconds)


def _gain(target_lufs: float, lufs: float) -> float:
    return min(max(target_lufs - lufs, -MOST_DB), _MOST_LOUDER_DB)
