"""How much audio a session asks for, and until when."""

from __future__ import annotations

from actors.playhead import Playhead
from actors.protocol import SendUpTo
from narration.config import SessionConfig

__all__ = ["Pace"]

STEP_MS = 250.0
"""A limit, or a time, that has moved so far is worth a message."""

UNBOUND_MS = 1e12
"""More than any scene has."""

FAR_SECONDS = 30.0
"""So much later than others a listener needs more who has paused, or is away."""


SOON_SECONDS = 5.0
"""So much later than a listener may want the first words to which nobody listens yet."""


class Pace:
    """The two windows ahead of the playhead: what is sent, and what is made.

    Without a bound (`unbound`) all is made that the disk takes, whether or not it is heard.
    """

    def __init__(
        self, playhead: Playhead, config: SessionConfig, begun_at: float, *, unbound: bool
    ) -> None:
        self._playhead = playhead
        self._begun_at = begun_at
        self._unbound = unbound
        self._send_ahead_ms = config.send_ahead_seconds * 1_000
        self._make_ahead_ms = UNBOUND_MS if unbound else config.synthesis_ahead_seconds * 1_000
        self._told = SendUpTo(0.0, 0.0, 0.0)

    def may_send(self, now: float) -> bool:
        return self._playhead.ahead_ms(now) < self._send_ahead_ms

    def seconds_until_sent(self, now: float) -> float | None:
        """How long until more may be sent; None if time alone does not help."""
        return self._seconds_until(self._send_ahead_ms, now)

    def seconds_until_made(self, waiting_ms: float, now: float) -> float | None:
        """How long until more may come, if so much waits; None if time alone does not help."""
        return self._seconds_until(self._make_ahead_ms - waiting_ms, now)

    def limit_ms(self, received_ms: float, waiting_ms: float, now: float) -> float:
        """How much audio may come in all, if so much has come, of which so much waits."""
        lead_ms = self._playhead.ahead_ms(now) + waiting_ms
        return received_ms + max(self._make_ahead_ms - lead_ms, 0.0)

    def news(self, received_ms: float, waiting_ms: float, now: float) -> SendUpTo | None:
        """What the sequencer is to be told, if it does not know it well enough."""
        told, limit_ms = self._told, self.limit_ms(received_ms, waiting_ms, now)
        dry_at = self._dry_at(waiting_ms, now)
        if (
            limit_ms >= told.ms + STEP_MS
            or told.ms <= received_ms < limit_ms
            or abs(dry_at - told.dry_at) * 1_000 >= STEP_MS
        ):
            self._told = SendUpTo(max(limit_ms, told.ms), received_ms, dry_at)
            return self._told
        return None

    def _seconds_until(self, ahead_ms: float, now: float) -> float | None:
        if ahead_ms <= 0 or not self._playhead.plays:
            return None
        return max((self._playhead.ahead_ms(now) - ahead_ms) / 1_000, 0.01)

    def _dry_at(self, waiting_ms: float, now: float) -> float:
        if not self._playhead.end_ms and not waiting_ms:
            # Nothing was heard yet, and it is time.
            nobody = self._unbound and not self._playhead.plays
            return self._begun_at + SOON_SECONDS if nobody else self._begun_at
        dry_at = self._playhead.dry_at(now) + waiting_ms / 1_000
        return dry_at if self._playhead.plays else dry_at + FAR_SECONDS
