"""How long the event loop lets others wait: for operators, and for whoever measures."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from web.quantiles import Quantiles, quantiles

__all__ = ["LOOK_SECONDS", "LoopLag"]

LOOK_SECONDS = 0.1
"""Ten timers a second cost an idle loop 0.2% of a core, measured, and a busy one less."""

_MINUTE = round(60 / LOOK_SECONDS)


class LoopLag:
    """The lateness of a timer that fires over and over; use it as an async context manager.

    A loop that was held up for a second would have kept a whole row of timers waiting, of
    which there is only this one: those that it would have kept waiting count as well, so
    that a quantile is what somebody who comes at any moment meets.

    Args:
        clock: tells the time in seconds.  Not the loop's own, which uvloop reads only once a
            turn, and so in the middle of a long one takes for what it was at its start.
        keep: how many of the last measurements count; of those of the last minute, all.
    """

    def __init__(self, clock: Callable[[], float], *, keep: int = _MINUTE) -> None:
        self._clock = clock
        self._late: deque[float] = deque(maxlen=keep)
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> LoopLag:
        self._wait(asyncio.get_running_loop())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def read(self) -> Quantiles:
        """In milliseconds."""
        return quantiles([seconds * 1_000 for seconds in self._late])

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        due = self._clock() + LOOK_SECONDS
        self._timer = loop.call_later(LOOK_SECONDS, self._look, loop, due)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        late = max(0.0, self._clock() - due)
        self._late.append(late)
        most = LOOK_SECONDS * _MINUTE
        unseen = min(late, most) - LOOK_SECONDS
        while unseen > 0:
            self._late.append(unseen)
            unseen -= LOOK_SECONDS
        self._wait(loop)
