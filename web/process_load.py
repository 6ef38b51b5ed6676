"""How much time this process has for what nobody waits for."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["ProcessLoad"]

BUSY = 0.5
"""Of one core, which is all that Python code can take.  Above half of it, whoever comes next
meets others more often than not.
"""

LOOK_SECONDS = 0.2

COST = 0.0015
"""About how many seconds of processor a second of audio takes on its way, with all that goes
with it.
"""


class ProcessLoad:
    """Gives away the processor time that the process has lately not taken, up to half a core.

    It is measured when somebody asks, over the time since it was measured last: in a burst
    many ask, and without one there is nothing to know.  What is given away counts at once,
    or all who ask before the next measurement would get the same time.

    Args:
        clock: tells the time in seconds.
        cpu: the processor time of all threads of this process, in seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._cpu = clock, cpu
        self._at, self._taken = clock(), cpu()
        self._left = BUSY * LOOK_SECONDS

    def has_time(self) -> bool:
        """Whether there is any to give away."""
        self._measure()
        return self._left > 0

    def spares(self, audio_ms: float) -> bool:
        """Whether there is time to make so much audio; if so, it is taken."""
        if not self.has_time():
            return False
        self._left -= COST * audio_ms / 1_000
        return True

    def _measure(self) -> None:
        now = self._clock()
        if (seconds := now - self._at) >= LOOK_SECONDS:
            taken = self._cpu()
            share = (taken - self._taken) / seconds
            self._left = (BUSY - share) * LOOK_SECONDS
            self._at, self._taken = now, taken
