"""How much audio a session asks for, and until when."""

from __future__ import annotations

from collections.abc import Callable

from actors.playhead import Playhead
from actors.protocol import SendUpTo
from narration.config import SessionConfig

__all__ = ["Pace"]

STEP_MS = 250.0
"""A time that is so much sooner is worth a message, or one that is later by a part
(`STEP_PART`) of what is left until then: who has much in hand need not be known to the moment.
"""

STEP_PART = 0.25

LIMIT_STEP_MS = 1_000.0
"""A limit that has risen so far is worth a message."""

AMPLE_MS = 20_000.0
"""While there is so much room, more of it is not: nobody has so much in the making."""

BURST_MS = 2_000.0
"""So much is sent at once: to wake up for every piece costs more than the piece."""

OPENING_MS = 5_000.0
"""The window of what is made is no wider at first."""

OPENING_STEP_SECONDS = 0.25
"""So often it is wider by as much, while the machine has time for that."""

OPENING_SECONDS = 30.0
"""So long it takes to open on a machine that has none.  Newcomers who come in a burst would
else all ask at once for what nobody hears for half a minute, and be late with their first
words.
"""

UNBOUND_MS = 1e12
"""More than any scene has."""

LOOK_SECONDS = 0.5
"""By the clock the windows are looked at no more often, and so move in steps that are worth a
message; shorter ones are looked at four times while they pass.
"""

REFILL_SECONDS = 2.0
"""While there is some room it is looked at no more often."""

OPENING_LOOK_SECONDS = 0.5
"""While the window opens slowly it moves on its own; nobody runs dry in that time."""

FAR_SECONDS = 30.0
"""So much later than others a listener needs more who has paused, or is away."""


SOON_SECONDS = 5.0
"""So much later than a listener may want the first words to which nobody listens yet."""


class Pace:
    """The two windows ahead of the playhead: what is sent, and what is made.  The second opens
    within a second or two while the machine `has_time`, and else within half a minute.

    Without a bound (`unbound`) all is made that the disk takes, whether or not it is heard.
    """

    def __init__(
        self,
        playhead: Playhead,
        config: SessionConfig,
        begun_at: float,
        *,
        unbound: bool,
        has_time: Callable[[], bool],
    ) -> None:
        self._playhead = playhead
        self._begun_at = begun_at
        self._unbound = unbound
        self._has_time = has_time
        self._opened_ms = OPENING_MS
        self._opens_on_at = begun_at + OPENING_STEP_SECONDS
        self._send_ahead_ms = config.send_ahead_seconds * 1_000
        self._make_ahead_ms = UNBOUND_MS if unbound else config.synthesis_ahead_seconds * 1_000
        self._told = SendUpTo(0.0, 0.0, 0.0)

    def may_send(self, now: float) -> bool:
        return self._playhead.ahead_ms(now) < self._send_ahead_ms

    def seconds_until_sent(self, now: float) -> float | None:
        """How long until more is to be sent: a few pieces at once, while much is left to hear;
        None if time alone does not help.
        """
        room_ms = min(BURST_MS, self._send_ahead_ms / 4)
        return self._seconds_until(self._send_ahead_ms - room_ms, now)

    def seconds_until_made(
        self, received_ms: float, waiting_ms: float, now: float
    ) -> float | None:
        """How long until there may be more room worth telling of, if so much has come, of
        which so much waits; None if there is plenty, or time alone does not help.
        """
        room_ms = self.limit_ms(received_ms, waiting_ms, now) - received_ms
        if room_ms >= AMPLE_MS:
            return None
        if self._opens(now):
            # More may come even if the playhead stands still.
            step = OPENING_STEP_SECONDS if self._has_time() else OPENING_LOOK_SECONDS
            return min(step, self._make_ahead_ms / 4_000)
        if room_ms <= 0:
            return self._seconds_until(self._make_ahead_ms - waiting_ms, now)
        # It may be too little for the next sentence.
        refill = min(REFILL_SECONDS, self._make_ahead_ms / 4_000)
        return refill if self._playhead.plays else None

    def limit_ms(self, received_ms: float, waiting_ms: float, now: float) -> float:
        """How much audio may come in all, if so much has come, of which so much waits."""
        lead_ms = self._playhead.ahead_ms(now) + waiting_ms
        return received_ms + max(self._window_ms(now) - lead_ms, 0.0)

    def news(self, received_ms: float, waiting_ms: float, now: float) -> SendUpTo | None:
        """What the sequencer is to be told, if it does not know it well enough."""
        told, limit_ms = self._told, self.limit_ms(received_ms, waiting_ms, now)
        dry_at = self._dry_at(waiting_ms, now)
        step_ms = max(STEP_MS, STEP_PART * (told.dry_at - now) * 1_000)
        if (
            (told.ms + LIMIT_STEP_MS <= limit_ms and told.ms - received_ms < AMPLE_MS)
            or told.ms <= received_ms < limit_ms
            or (told.dry_at - dry_at) * 1_000 >= STEP_MS
            or (dry_at - told.dry_at) * 1_000 >= step_ms
        ):
            self._told = SendUpTo(max(limit_ms, told.ms), received_ms, dry_at)
            return self._told
        return None

    def _opens(self, now: float) -> bool:
        if self._unbound or self._opened_ms >= self._make_ahead_ms:
            return False
        return now < self._begun_at + OPENING_SECONDS

    def _window_ms(self, now: float) -> float:
        """How much may be made ahead of the playhead by now."""
        if not self._opens(now):
            return self._make_ahead_ms
        if now >= self._opens_on_at and self._has_time():
            self._opened_ms += OPENING_MS
            self._opens_on_at = now + OPENING_STEP_SECONDS
        part = (now - self._begun_at) / OPENING_SECONDS
        return min(max(self._make_ahead_ms * part**2, self._opened_ms), self._make_ahead_ms)

    def _seconds_until(self, ahead_ms: float, now: float) -> float | None:
        if ahead_ms <= 0 or not self._playhead.plays:
            return None
        seconds = (self._playhead.ahead_ms(now) - ahead_ms) / 1_000
        return max(seconds, min(LOOK_SECONDS, ahead_ms / 4_000))

    def _dry_at(self, waiting_ms: float, now: float) -> float:
        if not self._playhead.end_ms and not waiting_ms:
            # Nothing was heard yet, and it is time.
            nobody = self._unbound and not self._playhead.plays
            return self._begun_at + SOON_SECONDS if nobody else self._begun_at
        dry_at = self._playhead.dry_at(now) + waiting_ms / 1_000
        return dry_at if self._playhead.plays else dry_at + FAR_SECONDS
