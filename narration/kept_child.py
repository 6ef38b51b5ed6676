"""Keeps one child process running: starts it again when it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from narration.child import Child
from narration.errors import ServiceError

__all__ = ["KeptChild"]

_log = logging.getLogger(__name__)

_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 30.0


class KeptChild:
    """A child, and after it the next one.

    Args:
        start: starts a child and returns it when it is ready.
    """

    def __init__(self, start: Callable[[], Awaitable[Child]]) -> None:
        self._start = start
        self._child: asyncio.Future[Child] | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        """Whether there is a child, or one is on its way after the first try to start it."""
        child = self._child
        return child is not None and (not child.done() or child.exception() is None)

    async def start(self) -> None:
        """Start the first child, and return when it is ready.

        Raises:
            ServiceError: it cannot be started.
        """
        self._expect()
        child = await self._start()
        self._arrived(child)
        self._keeping = asyncio.create_task(self._keep(child))

    async def child(self) -> Child:
        """The child; after a death, the next one as soon as it is ready.

        Raises:
            ServiceError: it could not be started again, so far.
        """
        while True:
            assert self._child is not None, "start it first"
            child = await asyncio.shield(self._child)
            if not child.has_ended:
                return child
            self._expect()

    async def aclose(self) -> None:
        """End the child, and start no other; idempotent."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        if self._child is not None:
            self._child.cancel()  # No next one comes: nobody shall wait for it.

    async def _keep(self, child: Child) -> None:
        time = asyncio.get_running_loop().time
        delay = _FIRST_DELAY_SECONDS
        while True:
            began = time()
            try:
                problem = await child.death()
            finally:
                await child.end()
            _log.warning("%s: starting it again; it last said:\n%s", problem, child.last_words)
            self._expect()
            if time() - began > _LONGEST_DELAY_SECONDS:
                delay = _FIRST_DELAY_SECONDS
            child, delay = await self._start_again(delay)

    async def _start_again(self, delay: float) -> tuple[Child, float]:
        """Try until it works; return the child, and how long to wait if it dies soon."""
        while True:
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY_SECONDS)
            try:
                child = await self._start()
            except ServiceError as problem:
                _log.error("%s; the next try is in %g s", problem, delay)
                self._failed(problem)
            else:
                self._arrived(child)
                return child, delay

    def _expect(self) -> None:
        """Let those who ask wait for the next child."""
        if self._child is None or self._child.done():
            self._child = asyncio.get_running_loop().create_future()

    def _arrived(self, child: Child) -> None:
        self._expect()
        assert self._child is not None
        self._child.set_result(child)

    def _failed(self, problem: ServiceError) -> None:
        """Let nobody wait while it is unknown how long that would take."""
        self._expect()
        assert self._child is not None
        self._child.set_exception(problem)
        self._child.exception()  # It is logged; asyncio need not complain if nobody asks.
