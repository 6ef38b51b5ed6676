"""Virtual time: the clock jumps to the next timer when everyone waits."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

__all__ = ["VirtualLoop", "run"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _JumpingSelector(selectors.DefaultSelector):
    """Jumps only when nothing is ready; a thread or a socket gets its real time first."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.real_work = 0

    def select(self, timeout: float | None = None) -> Any:
        if self.real_work:
            return super().select(timeout if timeout is not None and timeout <= 0 else 0.05)
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("deadlock: everyone waits, and no timer is set")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _JumpingSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now

    @property
    def _clock_resolution(self) -> float:
        """A timer is never early, as it may be by so much: else tasks that wait again for what
        is left could wake in turns for ever, and the clock would never jump.
        """
        return math.ulp(self.time())

    @_clock_resolution.setter
    def _clock_resolution(self, seconds: float) -> None:
        pass  # What the system's clock has.

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._clock.real_work += 1
        future.add_done_callback(self._real_work_done)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        self._clock.real_work += 1
        await super().shutdown_default_executor(*args)

    def _real_work_done(self, _: Any) -> None:
        self._clock.real_work -= 1


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run it on a virtual clock of its own that begins at 0."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
