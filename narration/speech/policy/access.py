"""Decides whether a service may be asked in one way now, and learns from how that ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

from narration.config import SpeechConfig
from narration.errors import Misspoken, Scope, SpeechError, SpeechUnavailable
from narration.speech.policy.breaker import MOST_SECONDS, Breaker
from narration.speech.policy.least_recent import LeastRecent
from narration.speech.scheduler import Scheduler
from narration.story import SpokenBy

__all__ = ["Access", "Accesses", "Way"]

MOST_PAUSE_SECONDS = 2.0
"""A busy service that says nothing else is asked again after so long at most."""

_log = logging.getLogger(__name__)


class Way(NamedTuple):
    """One way of asking a service: for whom, which voice, and with what parameters.

    `usual` is the service's own default voice, with nothing that the user adds.
    """

    user_id: int
    by: SpokenBy
    usual: bool


class Accesses:
    """All ways of asking one service, and the circuit breaker that they share.

    The shared breaker opens on what any request would meet, or when two ways of different
    users keep failing and nobody had a sentence spoken meanwhile.  Whatever may be about
    what was asked counts for that way alone.

    Args:
        name: the service's.
        scheduler: the service's, which gives fewer slots while it has too much to do.
        config: when a service is left alone.
        random: spreads those who come back to a busy service.
    """

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        config: SpeechConfig,
        random: Random | None = None,
    ) -> None:
        self.breaker = Breaker(name, config.breaker_failures, config.breaker_seconds)
        self.scheduler = scheduler
        self.random = random or Random()
        self.config = config
        self._name = name
        self._known = LeastRecent[Way, Access](lambda way: Access(self._name, way, self))
        self._failing: set[Way] = set()
        """Those that keep failing, since anybody had a sentence spoken."""

    def of(self, way: Way) -> Access:
        """What is known of one way."""
        return self._known.of(way)

    @property
    def left_alone(self) -> int:
        """How many ways are left alone, each by itself."""
        return sum(not access.works for access in self._known.all())

    def keeps_failing(self, way: Way, error: SpeechError) -> None:
        """Take in that a way is left alone."""
        self._failing.add(way)
        if any(_independent(way, other) for other in self._failing):
            self.breaker.trip(error)

    def worked(self) -> None:
        """Take in that somebody had a sentence spoken."""
        self._failing.clear()
        self.breaker.worked()


def _independent(one: Way, other: Way) -> bool:
    """Whether what both meet can hardly come of what either of them asks for."""
    return one.user_id != other.user_id and (one.by != other.by or one.usual)


class Access:
    """One way of asking a service: whether it is let through, and how it went.

    Besides its circuit breaker it has a pause, in which the service is not asked since it has
    too much to do, or is not ready: that is nothing that it is to blame for.
    """

    def __init__(self, name: str, way: Way, everyone: Accesses) -> None:
        config = everyone.config
        self._name = name
        self._way = way
        self._everyone = everyone
        self._own = Breaker(
            name, config.breaker_failures, config.breaker_seconds, " as one listener asks it"
        )
        self._has_spoken = False
        self._busy: SpeechError | None = None
        self._busy_since = self._ask_at = 0.0
        self._pauses = 0

    @property
    def works(self) -> bool:
        """Whether this way alone, whatever its service does, is not left alone."""
        return self._own.lets_through

    @property
    def lets_through(self) -> bool:
        """Whether an attempt made now would reach the service."""
        shared = self._everyone.breaker
        return shared.lets_through and self._own.lets_through and not self.pause_seconds

    @property
    def pause_seconds(self) -> float:
        """How long the service is not asked yet, since it is busy."""
        return 0.0 if self._busy is None else max(self._ask_at - _now(), 0.0)

    @property
    def busy_seconds(self) -> float:
        """For how long it has answered nothing but that it is busy."""
        return 0.0 if self._busy is None else _now() - self._busy_since

    def why(self) -> SpeechUnavailable | None:
        """Why an attempt would be of no use; None if it may be."""
        error = self._everyone.breaker.why() or self._own.why()
        if error is None and self._busy is not None and (seconds := self.pause_seconds):
            return SpeechUnavailable(
                self._name,
                self._busy.message,
                retryable=True,
                retry_after=round(seconds, 3),
                scope=Scope.CAPACITY,
            )
        return error

    def check(self, *, has_waited: bool = False) -> None:
        """Find out whether an attempt may be of use.

        Who `has_waited` for a pause to end has his turn, although another may just have been
        told that the service is busy still: else he might wait behind that one for ever.

        Raises:
            SpeechUnavailable: the service is left alone; or, of scope `CAPACITY`, it is busy
                and not to be asked yet.
        """
        if self.lets_through or (error := self.why()) is None:
            return
        if not (has_waited and error.scope is Scope.CAPACITY):
            raise error

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Ask the service, and learn from how that ends.

        A pause is not looked at: see `check`.

        Raises:
            SpeechUnavailable: the service is left alone.
        """
        asked_at, shared = _now(), self._everyone.breaker
        try:
            with shared.attempt(self._is_of_service), self._own.attempt(self._is_of_way):
                yield
        except SpeechError as error:
            if error.scope is Scope.CAPACITY:
                self._pause(error, asked_at)
            elif not self._own.lets_through:
                self._everyone.keeps_failing(self._way, error)
            raise
        self.worked()

    def worked(self) -> None:
        """Take in that it had a sentence spoken."""
        self._busy, self._pauses, self._has_spoken = None, 0, True
        self._own.worked()
        self._everyone.worked()
        self._everyone.scheduler.widen()

    async def free(self) -> None:
        """Return when it lets an attempt through."""
        while not self.lets_through:
            await self._everyone.breaker.free()
            await self._own.free()
            await asyncio.sleep(self.pause_seconds)

    def _is_of_service(self, error: SpeechError) -> bool:
        if error.scope is Scope.SERVICE:
            return error.retryable or error.lasting
        # A key that is refused, or an account without credit, whoever asks.
        return error.lasting and self._way.usual

    def _is_of_way(self, error: SpeechError) -> bool:
        # Sound that is not the sentence may be in a language that the voice does not know.
        counts = (error.retryable and not isinstance(error, Misspoken)) or error.lasting
        return counts and error.scope is Scope.REQUEST and not self._is_of_service(error)

    def _pause(self, error: SpeechError, asked_at: float) -> None:
        config, now = self._everyone.config, _now()
        if self._busy is None:
            self._busy_since = now
            _log.warning("A service is busy, and is asked again soon.  %s", error)
        if asked_at >= self._ask_at:  # Else it was under way when another learnt of it.
            self._pauses += 1
        most = min(MOST_PAUSE_SECONDS, config.max_retry_seconds)
        seconds = min(config.retry_seconds * 2 ** min(self._pauses - 1, 16), most)
        seconds *= self._everyone.random.uniform(0.5, 1.0)
        asked_for = min(error.retry_after or 0.0, MOST_SECONDS)
        self._busy, self._ask_at = error, max(self._ask_at, now + max(seconds, asked_for))
        # What never had a word spoken says nothing about how much would be too much.
        if self._has_spoken:
            self._everyone.scheduler.narrow(asked_at)


def _now() -> float:
    return asyncio.get_running_loop().time()
