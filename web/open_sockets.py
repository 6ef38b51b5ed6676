"""The sockets that are open: so many a session, and none left when the server ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from narration.errors import Busy

__all__ = ["OpenSockets"]


class OpenSockets:
    def __init__(self, most_per_session: int) -> None:
        self._most = most_per_session
        self._of_session: Counter[str] = Counter()
        self._aborts: set[Callable[[], None]] = set()
        self._none_left = asyncio.Event()
        self._none_left.set()

    @contextmanager
    def one_more(self, session_id: str, abort: Callable[[], None]) -> Iterator[None]:
        """Counts a socket while it is open, or still closing.  `abort` cuts it.

        Raises:
            Busy: the session has as many as it may.
        """
        if self._of_session[session_id] >= self._most:
            raise Busy(f"this session has {self._most} sockets open already; close one first")
        self._of_session[session_id] += 1
        self._aborts.add(abort)
        self._none_left.clear()
        try:
            yield
        finally:
            self._aborts.discard(abort)
            self._of_session[session_id] -= 1
            if not self._of_session[session_id]:
                del self._of_session[session_id]
            if not self._aborts:
                self._none_left.set()

    async def none_left(self) -> None:
        """Wait until all have closed."""
        await self._none_left.wait()

    def abort_all(self) -> None:
        """Cut those that are left."""
        for abort in list(self._aborts):
            abort()
