"""Whether this process has time for what nobody waits for."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["BUSY", "ProcessLoad"]

BUSY = 0.5
"""Of one core, which is all that Python code can take.  Above half of it, whoever comes next
meets others more often than not.
"""

LOOK_SECONDS = 0.2


class ProcessLoad:
    """The processor time that the process has lately taken.

    It is measured when somebody asks, over the time since it was measured last: in a burst
    many ask, and without one there is nothing to know.

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
        self._share = 0.0

    def has_time(self) -> bool:
        """Whether it takes less than half of a core."""
        now = self._clock()
        if (seconds := now - self._at) >= LOOK_SECONDS:
            taken = self._cpu()
            self._share = (taken - self._taken) / seconds
            self._at, self._taken = now, taken
        return self._share < BUSY
