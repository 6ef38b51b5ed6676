"""A thread with a connection of its own, to which whole pieces of work go in one hop.

While the event loop is busy, a thread that asks for Python's lock waits for it.  A library
that hands every statement to the thread by itself pays that each time.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar

__all__ = ["Failed", "Job", "JobThread", "attempt"]

C = TypeVar("C", bound=sqlite3.Connection)
P = TypeVar("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Failed(NamedTuple):
    """What became of a job, if nothing did."""

    error: Exception


def attempt(run: Callable[[P], T], given: P) -> T | Failed:
    """What comes of it.  An error of whatever kind is for whoever waits for the result: raised
    here it would end the thread, and all who wait for it would wait for ever.
    """
    try:
        return run(given)
    except StopIteration as error:  # No future takes it.
        return Failed(RuntimeError(repr(error)))
    except Exception as error:
        return Failed(error)


class Job(NamedTuple):
    """Something to be done with a connection, and who waits for what comes of it.

    `then` gets the result on the event loop, whether or not anybody waits still; what it
    makes of it is what the caller gets.
    """

    run: Callable[[Any], Any]
    then: Callable[[Any], Any] | None
    future: asyncio.Future[Any]

    def settle(self, outcome: Any) -> None:
        """Say what came of it."""
        if self.then is not None and not isinstance(outcome, Failed):
            outcome = attempt(self.then, outcome)
        failed = isinstance(outcome, Failed)
        if self.future.cancelled():
            if failed:
                _log.error("a write that nobody waited for failed: %s", outcome.error)
        elif failed:
            self.future.set_exception(outcome.error)
        else:
            self.future.set_result(outcome)


class JobThread(Generic[C]):
    """Does one piece of work after the other.

    Args:
        connection: used by this thread only, and closed by it.
        name: the thread's.
    """

    def __init__(self, connection: C, name: str) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended = self._loop.create_future()
        # A process that ends without closing it is not held up.
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def hop(self, work: Callable[[C], T], then: Callable[[T], None]) -> None:
        """Have `work` done in the thread, and `then` told on the loop; neither may raise."""

        def there_and_back() -> None:
            self._tell(then, work(self._connection))

        self._work.put(there_and_back)

    async def close(self) -> None:
        """Do what is left to do, and disconnect; idempotent."""
        self._work.put(None)
        await asyncio.shield(self._ended)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
        self._connection.close()
        self._tell(self._ended.set_result, None)

    def _tell(self, then: Callable[[T], None], result: T) -> None:
        try:
            self._loop.call_soon_threadsafe(then, result)
        except RuntimeError:  # The loop is closed: there is nobody to be told.
            _log.debug("the event loop ended before the database")
