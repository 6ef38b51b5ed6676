"""How long a listener waits while nobody can speak."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

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

    async def outlasted(self, accesses: Sequence[Access]) -> bool:
        """Wait until one of them lets an attempt through; False if that takes too long."""
        now = asyncio.get_running_loop().time()
        if self._since is None:
            self._since = now
        left = self._since + self._most_seconds - now
        if left <= 0:
            return False
        waits = [asyncio.create_task(access.free()) for access in accesses]
        try:
            free, _ = await asyncio.wait(
                waits, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            return bool(free)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
