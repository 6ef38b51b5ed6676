"""Leaves a service alone that keeps failing, and tries it again from time to time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec

from narration.errors import SpeechError, SpeechUnavailable

__all__ = ["HEAVY_SECONDS", "MOST_SECONDS", "Breaker", "BreakerFigures"]

MOST_SECONDS = 60.0
"""A service is never left alone for longer."""


_log = logging.getLogger(__name__)

HEAVY_SECONDS = 10.0
"""A failure counts once more for each such time that it took."""


class BreakerFigures(msgspec.Struct, frozen=True):
    """A breaker as operators see it.

    `closed` lets everything through, `open` nothing, `probing` one attempt that is to show
    whether the service works again.  `failures` in a row; `for_seconds` it has been in
    this state; `tried_in_seconds` the next attempt is let through, None while none waits.
    """

    state: Literal["closed", "open", "probing"]
    failures: int
    for_seconds: float
    tried_in_seconds: float | None
    last_error: str | None


class Breaker:
    """Counts a service's failures in a row, and after so many lets nobody ask it.

    An attempt that was called off says nothing.  A failure that took long counts as several.

    Args:
        name: whose it is.
        failures: how many in a row open it.
        seconds: how long it stays open; twice as long each time the service fails again.
        asked: what the log adds, where it is only about one way of asking the service.
    """

    def __init__(self, name: str, failures: int, seconds: float, asked: str = "") -> None:
        self._name = name
        self._asked = asked
        self._most_failures = failures
        self._first_seconds = min(seconds, MOST_SECONDS)
        self._failures = 0
        self._weight = 0
        self._last_error: str | None = None  # The exception itself would keep its frames.
        self._open_seconds: float | None = None
        """How long it stays open this time; None while it is closed."""
        self._try_at = 0.0
        self._probe: object | None = None
        """The one attempt that is let through while it is open."""
        self._since: float | None = None
        self._changed = asyncio.Event()

    @property
    def lets_through(self) -> bool:
        """Whether an attempt made now would reach the service."""
        return self._open_seconds is None or (self._probe is None and _now() >= self._try_at)

    def why(self) -> SpeechUnavailable | None:
        """Why an attempt would be of no use; None if it may be."""
        if self.lets_through:
            return None
        seconds = max(self._try_at - _now(), 0.0)
        # Nothing that changes: it becomes the reason of holes, which are listed.
        message = f"it keeps failing, and is left alone for a while: {self._last_error}"
        return SpeechUnavailable(
            self._name, message, retryable=True, retry_after=round(seconds, 3)
        )

    def check(self) -> None:
        """Find out whether an attempt may be of use.

        Raises:
            SpeechUnavailable: the service is left alone.
        """
        if (error := self.why()) is not None:
            raise error

    @contextmanager
    def attempt(self, counts: Callable[[SpeechError], bool]) -> Iterator[None]:
        """Ask the service, and learn from how that ends: from failures only that `counts`.

        Raises:
            SpeechUnavailable: the service is left alone.
        """
        self.check()
        me, began = object(), _now()
        if self._open_seconds is not None and self._probe is None:
            self._probe = me
            self._change()
        try:
            yield
        except SpeechError as error:
            if counts(error):
                self._failed(error, _now() - began, probe=self._probe is me)
            raise
        else:
            self.worked()
        finally:
            if self._probe is me:  # Called off, or about its sentence: the next may.
                self._probe = None
                self._change()

    async def free(self) -> None:
        """Return when it lets an attempt through."""
        while not self.lets_through:
            left = None if self._probe is not None else self._try_at - _now()
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                pass

    def figures(self) -> BreakerFigures:
        """How the service has been doing."""
        now, state = _now(), self._state()
        return BreakerFigures(
            state=state,
            failures=self._failures,
            for_seconds=0.0 if self._since is None else round(now - self._since, 3),
            tried_in_seconds=(
                round(max(self._try_at - now, 0.0), 3) if state == "open" else None
            ),
            last_error=self._last_error,
        )

    def _state(self) -> Literal["closed", "open", "probing"]:
        if self._open_seconds is None:
            return "closed"
        return "open" if self._probe is None else "probing"

    def trip(self, error: SpeechError) -> None:
        """Let nobody through for a while, whatever was counted."""
        if self._open_seconds is None:
            self._last_error = error.message
            self._leave_alone(error)

    def worked(self) -> None:
        """Take in that the service has spoken: everybody is let through."""
        if self._open_seconds is not None:
            _log.warning("%s works again%s.", self._name, self._asked)
        self._failures = self._weight = 0
        self._last_error = None
        if self._open_seconds is not None:
            self._open_seconds = self._probe = None
            self._change()

    def _failed(self, error: SpeechError, took_seconds: float, *, probe: bool) -> None:
        self._failures += 1
        self._weight += 1 + int(took_seconds / HEAVY_SECONDS)
        self._last_error = error.message
        if self._open_seconds is None:
            if self._weight >= self._most_failures:
                self._leave_alone(error)
        elif probe:
            self._open(min(self._open_seconds * 2, MOST_SECONDS), error)

    def _leave_alone(self, error: SpeechError) -> None:
        message = "A service is left alone%s, since it keeps failing.  %s"
        _log.warning(message, self._asked, error)
        self._open(self._first_seconds, error)

    def _open(self, seconds: float, error: SpeechError) -> None:
        self._open_seconds, self._probe = seconds, None
        asked_for = min(error.retry_after or 0.0, MOST_SECONDS)
        self._try_at = _now() + max(seconds, asked_for)
        self._change()

    def _change(self) -> None:
        self._since = _now()
        self._changed.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
