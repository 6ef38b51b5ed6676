"""Sends the pieces of an answer when they are due, and tells how late it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Paced"]

_EARLY_SECONDS = 0.0007
"""uvloop's timers count whole milliseconds, so one may fire before its time."""


class Paced:
    """Piece `n` is due `n * step` seconds after `start`; those that are due go out together.

    Args:
        clock: tells the time, in seconds, that `start` is of.
        start: when the first piece is due.
        step: seconds from one piece to the next.
        count: how many there are.
        send: is given the first, the one after the last, and the time.
        late: is given the seconds that each sending came after its time.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        start: float,
        step: float,
        count: int,
        send: Callable[[int, int, float], None],
        late: Callable[[float], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._start = start
        self._step = step
        self._count = count
        self._send = send
        self._late = late
        self._next = 0
        self._timer = self._loop.call_later(max(0.0, start - clock()), self._fire)

    @property
    def unsent(self) -> int:
        """Pieces that are still to be sent."""
        return self._count - self._next

    def cancel(self) -> None:
        """Send no more."""
        self._timer.cancel()

    def _fire(self) -> None:
        now, first = self._clock(), self._next
        due = self._start + first * self._step
        if now < due - _EARLY_SECONDS:
            self._timer = self._loop.call_later(due - now, self._fire)
            return
        self._late(max(0.0, now - due))
        while self._next < self._count and due <= now + _EARLY_SECONDS:
            self._next += 1
            due = self._start + self._next * self._step
        self._send(first, self._next, now)
        if self._next < self._count:
            self._timer = self._loop.call_later(max(0.0, due - self._clock()), self._fire)
