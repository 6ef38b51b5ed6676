"""How fast voices speak, learnt from what they have spoken, and what is no speech then."""

from __future__ import annotations

from narration.speech.policy.spoken_length import SpokenLength

__all__ = ["VoiceRate"]

# Nobody's speech is faster or slower, in seconds a letter: so much is known of any voice.
_FASTEST = 0.012
_SLOWEST = 0.130
_KNOWN_LETTERS = 200.0
_REMEMBERED_LETTERS = 3_000.0
# Of less, the pauses around it say more than the words.
_TELLING_LETTERS = 20.0
# A voice that is known keeps to its rate so closely, but a word alone is anything.
_LEAST, _MOST = 0.65, 2.0
_FREE_LETTERS = 12.0
_FREE_SECONDS, _UNKNOWN_FREE_SECONDS = 1.2, 3.0
# If so many sentences in a row do not fit, it is the rate that is wrong.
_MOST_MISFITS = 10


class VoiceRate:
    """How fast one voice speaks, in one way and one script.

    Args:
        speed: the speed it was asked for, which it may or may not obey.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._fastest = _FASTEST / max(speed, 1.0)
        self._slowest = _SLOWEST / min(speed, 1.0)
        self._seconds = 0.0
        self._letters = 0.0
        self._misfits = 0

    @property
    def seconds_per_letter(self) -> float | None:
        """None until it was heard for long enough."""
        known = self._letters >= _KNOWN_LETTERS
        return self._seconds / self._letters if known else None

    def never_below_seconds(self, length: SpokenLength) -> float:
        """Nobody's speech is shorter than this."""
        return self._fastest * (length.letters - _FREE_LETTERS - length.vague)

    def never_above_seconds(self, length: SpokenLength) -> float:
        """Nobody's speech is longer than this."""
        return self._slowest * (length.letters + length.vague) + _UNKNOWN_FREE_SECONDS

    def least_seconds(self, length: SpokenLength) -> float:
        """What is shorter than this lacks some of its words."""
        letters = length.letters - _FREE_LETTERS
        if (rate := self.seconds_per_letter) is None:
            return self.never_below_seconds(length)
        return rate * (_LEAST * letters - length.vague / 2)

    def most_seconds(self, length: SpokenLength) -> float:
        """What is longer than this has more in it than its words."""
        if (rate := self.seconds_per_letter) is None:
            return self.never_above_seconds(length)
        return rate * (_MOST * length.letters + length.vague) + _FREE_SECONDS

    def learn(self, length: SpokenLength, seconds: float) -> None:
        """Take in that this was spoken well, and took so long."""
        self._misfits = 0
        if length.letters >= _TELLING_LETTERS:
            keep = min(1.0, _REMEMBERED_LETTERS / (self._letters + length.letters))
            self._letters = (self._letters + length.letters) * keep
            self._seconds = (self._seconds + seconds) * keep

    def misfit(self) -> None:
        """Take in that a sentence was refused for its length."""
        self._misfits += 1
        if self._misfits >= _MOST_MISFITS:
            self._misfits = 0
            self._letters = self._seconds = 0.0
