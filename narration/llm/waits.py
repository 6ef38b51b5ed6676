"""How long a model that is busy is left alone before it is asked again."""

from __future__ import annotations

import asyncio
import random

__all__ = ["Waits"]

_LEAST_SECONDS = 0.1
_FIRST_SECONDS = 0.5
_MOST_SECONDS = 8.0


class Waits:
    """The waits of one request, which end before its deadline.

    Each is twice as long as the one before, up to a bound, and a part of it is random, so
    that those who were sent away together do not come back together.

    Args:
        deadline: when there must be a first word, on the loop's clock.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._next = _FIRST_SECONDS

    async def wait(self, seconds: float | None) -> bool:
        """Wait until the model may be asked again; return whether it may.

        Args:
            seconds: how long it asked to be left alone, if it did.
        """
        if seconds is None:
            seconds = self._next * random.uniform(0.5, 1.0)
            self._next = min(2 * self._next, _MOST_SECONDS)
        seconds = max(seconds, _LEAST_SECONDS)
        if asyncio.get_running_loop().time() + seconds >= self.deadline:
            return False
        await asyncio.sleep(seconds)
        return True
