"""How long a listener waits while nobody can speak."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

from narration.speech.policy.access import Access

__all__ = ["Outage"]


class Outage:
    """The time in which nobody could speak for one listener.

    Args:
        most_seconds: how much of it is waited for; then every sentence is given up at once,
            until one is spoken again.
    """

    def __init__(self, most_seconds: float) -> None:
        self._most_seconds = most_seconds
        self._since: float | None = None

    def over(self) -> None:
        """Somebody has spoken."""
        self._since = None

    async def outlasted(
        self, accesses: Sequence[Access], on_wait: Callable[[str], None]
    ) -> bool:
        """Wait until one of them lets an attempt through; False if that takes too long.

        `on_wait` is told why, if there is a wait.
        """
        now = asyncio.get_running_loop().time()
        if self._since is None:
            self._since = now
        left = self._since + self._most_seconds - now
        if left <= 0:
            return False
        reasons = [error for access in accesses if (error := access.why()) is not None]
        if reasons:
            on_wait(str(reasons[0]))
        waits = [asyncio.create_task(access.free()) for access in accesses]
        try:
            free, _ = await asyncio.wait(
                waits,
                timeout=None if math.isinf(left) else left,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return bool(free)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
