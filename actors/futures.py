"""The answer to an `ask`, for `await`, where Pykka's own future can only block."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import pykka

__all__ = ["AwaitableFuture", "WouldBlock"]

T = TypeVar("T")


class WouldBlock(RuntimeError):
    """`Future.get()` was called where waiting would freeze the event loop."""

    def __init__(self, future: asyncio.Future[Any]) -> None:
        super().__init__(
            "await the future (ask(..., block=False)): get() would block the event loop"
        )
        self.future = future


class AwaitableFuture(pykka.Future[T]):
    """A Pykka future on an asyncio one.

    Pykka derives futures (`ref.stop(block=False)`, `future.map()`) by hooking
    `get()`, which calls `get()` of the first.  `WouldBlock` carries that first
    one's asyncio future out, and `__await__` waits for it and tries again: so
    derived futures can be awaited too.
    """

    def __init__(self) -> None:
        super().__init__()
        self._future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def get(self, *, timeout: float | None = None) -> T:
        """The answer, if it is there.

        Raises:
            WouldBlock: it is not there yet.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self._future.done():
            raise WouldBlock(self._future)
        result: T = self._future.result()
        return result

    def set(self, value: Any = None) -> None:
        self._on_its_loop(lambda: self._future.set_result(value))

    def set_exception(self, exc_info: Any = None) -> None:
        error = (exc_info or sys.exc_info())[1]
        assert error is not None
        if isinstance(error, StopIteration):  # Which an asyncio future cannot hold.
            error = RuntimeError(f"the actor raised {error!r}")

        def fail() -> None:
            self._future.set_exception(error)
            self._future.exception()  # Retrieved: whoever asked need not look.

        self._on_its_loop(fail)

    def _on_its_loop(self, settle: Callable[[], None]) -> None:
        """Settle where the asker waits, which may be another thread's loop."""
        loop = self._future.get_loop()

        def once() -> None:
            if not self._future.done():
                settle()

        if asyncio.get_running_loop() is loop:
            once()
        else:
            loop.call_soon_threadsafe(once)

    def __await__(self) -> Generator[Any, None, T]:
        while True:
            try:
                return self.get()
            except WouldBlock as pending:
                future = pending.future
            # Whoever gives up waiting must not take the answer from the others.
            yield from asyncio.shield(future)

    __iter__ = __await__
