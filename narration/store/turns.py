"""Lets one writer in at a time, in the order in which they asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

__all__ = ["Turns"]


class Turns:
    """A lock that is taken with a callback, so that whoever waits for it needs no task."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()
        self._taken = False
        self._idle = asyncio.Event()
        self._idle.set()

    def take(self, begin: Callable[[], None]) -> None:
        """Have `begin` called when it is its turn, which lasts until `give_back`."""
        self._idle.clear()
        self._waiting.append(begin)
        self._go_on()

    def give_back(self) -> None:
        """The turn is over."""
        self._taken = False
        self._go_on()

    async def idle(self) -> None:
        """Wait until nobody has a turn, and nobody waits for one."""
        await self._idle.wait()

    def _go_on(self) -> None:
        if self._taken:
            return
        if not self._waiting:
            self._idle.set()
            return
        self._taken = True
        self._waiting.popleft()()
