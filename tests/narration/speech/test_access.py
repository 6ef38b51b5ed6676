"""Whose failures count against whom, and how a service that is busy is asked less."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from narration.config import SpeechConfig
from narration.errors import Misspoken, Scope, SpeechError, SpeechUnavailable
from narration.speech.policy.access import MOST_PAUSE_SECONDS, Access, Accesses, Way
from narration.speech.policy.breaker import MOST_SECONDS
from narration.speech.scheduler import Scheduler
from narration.story import SpokenBy
from tests.narration.speech.scripted_speech import broken, busy, refused
from tests.virtual_time import run

FAILURES = 3


class Service:
    """What is known of one service."""

    def __init__(self) -> None:
        config = SpeechConfig(breaker_failures=FAILURES, breaker_seconds=2.0)
        self.scheduler = Scheduler("kokoro", 8)
        self.accesses = Accesses("kokoro", self.scheduler, config, Random(1))

    def way(self, user_id: int, voice: str = "", params: str = "") -> Access:
        by = SpokenBy(provider="kokoro", voice=voice, speed=1.0, parameters=params)
        usual = not voice and not params
        return self.accesses.of(Way(user_id, by, usual))


def at_once(test: Callable[[Service], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def at_once() -> None:
        async def main() -> None:
            await test(Service())

        run(main())

    at_once.__name__ = test.__name__
    return at_once


def fails(access: Access, error: SpeechError, times: int = FAILURES) -> None:
    for _ in range(times):
        with pytest.raises(type(error)), access.attempt():
            raise error


def works(access: Access) -> None:
    with access.attempt():
        pass


def failed(*, scope: Scope = Scope.REQUEST) -> SpeechError:
    return broken("kokoro", scope=scope)


ABOUT_THE_REQUEST = [failed(), refused("kokoro", lasting=True)]


@pytest.mark.parametrize("error", ABOUT_THE_REQUEST)
def test_what_fails_as_one_listener_asks_it_is_left_alone_for_nobody_else(
    error: SpeechError,
) -> None:
    async def main() -> None:
        service = Service()
        one = service.way(1, params="zz")
        fails(one, error)
        with pytest.raises(SpeechUnavailable, match="keeps failing"):
            one.check()
        for other in (service.way(2), service.way(1), service.way(2, params="zz")):
            works(other)
        assert not one.lets_through
        assert service.accesses.left_alone == 1
        assert service.accesses.breaker.figures().state == "closed"

    run(main())


@at_once
async def test_what_any_request_would_meet_counts_for_all(service: Service) -> None:
    for user_id in range(FAILURES):
        fails(service.way(user_id), failed(scope=Scope.SERVICE), times=1)
    assert not service.way(99).lets_through
    await asyncio.sleep(2)
    works(service.way(99))


@at_once
async def test_a_key_that_the_usual_voice_is_refused_with_counts_for_all(
    service: Service,
) -> None:
    fails(service.way(1), refused("kokoro", lasting=True))
    assert not service.way(2, "other").lets_through


@at_once
async def test_two_listeners_who_fail_in_two_ways_are_a_service_that_fails(
    service: Service,
) -> None:
    fails(service.way(1, params="zz"), failed())
    works(service.way(3))
    fails(service.way(2, "b"), failed())
    assert service.way(3).lets_through, "somebody was spoken for in between"
    await asyncio.sleep(2)
    fails(service.way(1, params="zz"), failed(), times=1)
    assert not service.way(3).lets_through


@at_once
async def test_one_listener_alone_never_silences_another(service: Service) -> None:
    for params in "abcdef":
        fails(service.way(1, params=params), failed())
    assert service.way(1).lets_through
    assert service.way(2, params="a").lets_through


@at_once
async def test_two_listeners_with_the_same_mistake_silence_no_third(service: Service) -> None:
    for user_id in (1, 2):
        fails(service.way(user_id, params="zz"), failed())
    assert service.way(3).lets_through
    for user_id in (3, 4):  # With nothing of their own, there is no mistake of theirs.
        fails(service.way(user_id), failed())
    assert not service.way(5).lets_through


@pytest.mark.parametrize(
    "error",
    [refused("kokoro"), Misspoken("kokoro", "silence", retryable=True), busy("kokoro")],
)
def test_what_is_wrong_with_a_sentence_or_with_the_hour_is_no_failure(
    error: SpeechError,
) -> None:
    async def main() -> None:
        service = Service()
        for _ in range(10 * FAILURES):
            fails(service.way(1), error, times=1)
            await asyncio.sleep(service.way(1).pause_seconds)
        assert service.way(1).lets_through
        assert service.accesses.breaker.figures().failures == 0

    run(main())


@at_once
async def test_a_busy_service_is_asked_again_soon_and_then_less_often(
    service: Service,
) -> None:
    access, pauses = service.way(1), []
    for _ in range(8):
        fails(access, busy(), times=1)
        pauses.append(access.pause_seconds)
        with pytest.raises(SpeechError, match="fell over") as caught:
            access.check()
        assert caught.value.scope is Scope.CAPACITY
        assert service.way(2).lets_through
        await access.free()
    assert 0.2 < pauses[0] <= 0.5
    assert MOST_PAUSE_SECONDS / 2 <= max(pauses) <= MOST_PAUSE_SECONDS
    works(access)
    fails(access, busy(), times=1)
    assert access.pause_seconds <= 0.5


@at_once
async def test_it_is_not_asked_for_as_long_as_it_says_but_no_longer_than_a_minute(
    service: Service,
) -> None:
    access = service.way(1)
    fails(access, busy(retry_after=7.0), times=1)
    assert access.pause_seconds == 7.0
    await access.free()
    fails(access, busy(retry_after=86_400.0), times=1)
    assert access.pause_seconds == MOST_SECONDS


@at_once
async def test_a_busy_service_gets_half_as_much_at_once_and_then_one_more_at_a_time(
    service: Service,
) -> None:
    access = service.way(1)
    works(access)
    with suppress(SpeechError), access.attempt(), access.attempt():
        raise busy()  # Both were under way: it is one excess.
    assert service.scheduler.figures().allowed == 4
    seen = []
    for _ in range(30):
        await access.free()
        works(access)
        seen.append(service.scheduler.figures().allowed)
    assert seen[3:10] == [4, 5, 5, 5, 5, 5, 6]
    assert seen[-1] == 8
    for _ in range(9):
        await access.free()
        fails(access, busy(), times=1)
    assert service.scheduler.figures().allowed == 1


@at_once
async def test_who_is_only_ever_told_that_it_is_busy_takes_no_slots_from_others(
    service: Service,
) -> None:
    for _ in range(9):
        await service.way(1, params="zz").free()
        fails(service.way(1, params="zz"), busy(), times=1)
    assert service.scheduler.figures().allowed == 8
