"""Where the listener is in the audio that was sent."""

from __future__ import annotations

from actors.listener import Heard

__all__ = ["Playhead"]


class Playhead:
    """A position in all the audio that was sent, by the clock of the loop.

    Reports set it.  Between them, and for a listener who reports nothing, it moves
    in real time while the listener plays; never beyond the end of what was sent.
    """

    def __init__(self) -> None:
        self._at_ms = 0.0
        self._since: float | None = None
        self._end_ms = 0.0
        self._skipped_ms = 0.0
        self._starts_ms: dict[int, float] = {}

    @property
    def end_ms(self) -> float:
        """How much audio was sent in all."""
        return self._end_ms

    @property
    def plays(self) -> bool:
        return self._since is not None

    def ahead_ms(self, now: float) -> float:
        """How much of what was sent is still to be heard."""
        return self._end_ms - self._position(now)

    def dry_at(self, now: float) -> float:
        """When the listener has heard all that was sent; it may be past."""
        if self._since is None:
            return now + self.ahead_ms(now) / 1_000
        return self._since + (self._end_ms - self._at_ms) / 1_000

    def here(self, now: float) -> Heard | None:
        """The sentence at the playhead; None if none is, after a skip or at the start."""
        position = self._position(now)
        for sentence, start in reversed(self._starts_ms.items()):
            if start <= position:
                return Heard(sentence, round(position - start, 3))
        return None

    def sent(self, sentence: int, ms: float, now: float) -> None:
        """The listener gets so much more; if he ran dry, he plays on from now."""
        self._move(self._position(now), now)
        self._starts_ms.setdefault(sentence, self._end_ms)
        self._end_ms += ms

    def report(self, sentence: int, ms: float, now: float) -> None:
        """The listener says where he is.  Of a sentence that he does not have, it is stale."""
        if (start := self._starts_ms.get(sentence)) is not None:
            self._move(min(start + ms, self._end_ms), now)

    def skip_within(self, sentence: int, now: float) -> bool:
        """Move on to a sentence that the listener has, and has not reached; else False."""
        start = self._starts_ms.get(sentence)
        if start is None or start <= self._position(now):
            return False
        self._starts_ms = {n: ms for n, ms in self._starts_ms.items() if ms >= start}
        self._skipped_ms = start
        self._move(start, now)
        return True

    def skip_all(self, now: float) -> None:
        """The listener hears nothing of what he was sent any more."""
        self._starts_ms.clear()
        self._skipped_ms = self._end_ms
        self._move(self._end_ms, now)

    def back_to(self, ms: float, now: float) -> None:
        """The listener has nothing of what was sent after that, and gets it again.

        Of that he drops what he has skipped.
        """
        self._move(max(min(ms, self._position(now)), self._skipped_ms), now)

    def play(self, now: float) -> None:
        if self._since is None:
            self._since = now

    def hold(self, now: float) -> None:
        self._at_ms, self._since = self._position(now), None

    def _position(self, now: float) -> float:
        if self._since is None:
            return self._at_ms
        return min(self._at_ms + (now - self._since) * 1_000, self._end_ms)

    def _move(self, to_ms: float, now: float) -> None:
        self._at_ms = to_ms
        if self._since is not None:
            self._since = now
