"""What an actor has running beside it, since it never awaits anything itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Running", "Stream", "Timer", "Work", "error_of"]

T = TypeVar("T")


class Work(Protocol):
    """Something under way that can be called off."""

    def cancel(self) -> object: ...


class Running:
    """A task of an actor's, and whether the actor itself has called it off."""

    def __init__(self, task: asyncio.Future[Any], label: str) -> None:
        self.task = task
        self.label = label
        self.called_off = False

    def cancel(self) -> None:
        if not self.called_off:  # Once: a second time would cut its cleaning up short.
            self.called_off = True
            self.task.cancel()


class Stream(Generic[T]):
    """Reads an async generator, no further than it was allowed to.

    The limit is absolute and only ever rises, so that it may be repeated or
    overtaken.  One item may overshoot it: its cost is known only once it is there.
    The generator is always closed, whether it ends, fails or is cancelled.
    """

    def __init__(
        self,
        source: AsyncGenerator[T],
        deliver: Callable[[T], None],
        cost: Callable[[T], int],
    ) -> None:
        self._source = source
        self._deliver = deliver
        self._cost = cost
        self._limit = 0
        self._taken = 0
        self._allowed = asyncio.Event()
        self._running: Running | None = None

    def run_as(self, running: Running) -> None:
        self._running = running

    def allow(self, upto: int) -> None:
        """Let the sum of all items' costs grow to `upto`."""
        self._limit = max(self._limit, upto)
        if self._taken < self._limit:
            self._allowed.set()

    def cancel(self) -> None:
        """Read no more, and close the source."""
        if self._running is not None:
            self._running.cancel()

    async def run(self) -> None:
        async with aclosing(self._source) as source:
            await self._allowed.wait()
            async for item in source:
                self._taken += self._cost(item)
                self._deliver(item)
                # A source that has much at hand never waits, and so would never let the
                # others have their turn.
                await asyncio.sleep(0)
                if self._taken >= self._limit:
                    self._allowed.clear()
                    await self._allowed.wait()


class Timer:
    """A message to come, one of its owner's `timers`."""

    def __init__(self, timer: asyncio.TimerHandle, timers: set[asyncio.TimerHandle]) -> None:
        self._timer = timer
        self._timers = timers

    def cancel(self) -> None:
        self._timer.cancel()
        self._timers.discard(self._timer)


def error_of(task: asyncio.Future[Any]) -> Exception | None:
    """What a task that is done has failed with, if it has."""
    if task.cancelled():
        return RuntimeError("it was called off by somebody else")
    error = task.exception()
    if error is None or isinstance(error, Exception):
        return error
    return RuntimeError(f"it ended with {error!r}")
