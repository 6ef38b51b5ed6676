"""A service that keeps failing is left alone, and tried again by one attempt at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.errors import SpeechError, SpeechUnavailable
from narration.speech.policy.breaker import HEAVY_SECONDS, MOST_SECONDS, Breaker
from tests.narration.speech.scripted_speech import broken, refused
from tests.virtual_time import run


def on_a_clock(test: Callable[[Breaker], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def on_a_clock() -> None:
        async def main() -> None:
            await test(Breaker("kokoro", failures=3, seconds=2.0))

        run(main())

    on_a_clock.__name__ = test.__name__
    return on_a_clock


def always(error: SpeechError) -> bool:
    return True


def unless_refused(error: SpeechError) -> bool:
    return error.retryable


def fail(breaker: Breaker, error: Exception | None = None) -> None:
    """An attempt that gets through, and fails."""
    error = error or broken()
    with pytest.raises(type(error)) as caught, breaker.attempt(always):
        raise error
    assert caught.value is error


def work(breaker: Breaker) -> None:
    with breaker.attempt(always):
        pass


def open_(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker)
    assert breaker.figures().state == "open"


@on_a_clock
async def test_so_many_failures_in_a_row_open_it_and_nobody_asks_the_service(
    breaker: Breaker,
) -> None:
    for _ in range(10):
        fail(breaker)
        fail(breaker)
        work(breaker)
    open_(breaker)
    with pytest.raises(SpeechUnavailable, match="kokoro: it keeps failing") as caught:
        work(breaker)
    assert caught.value.retry_after == 2.0
    assert "left alone for a while: it fell over" in str(caught.value)
    assert not breaker.lets_through


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (broken(), True),
        (refused(), False),
        (asyncio.CancelledError(), False),
        (GeneratorExit(), False),
    ],
)
def test_only_failures_that_are_to_count_do(error: BaseException, counts: bool) -> None:
    async def main() -> None:
        breaker = Breaker("kokoro", failures=3, seconds=2.0)
        for _ in range(3):
            with pytest.raises(type(error)), breaker.attempt(unless_refused):
                raise error
        assert breaker.lets_through is not counts
        if not counts:  # Nor does it make up for failures.
            fail(breaker)
            fail(breaker)
            with pytest.raises(type(error)), breaker.attempt(unless_refused):
                raise error
            fail(breaker)
            assert not breaker.lets_through

    run(main())


@on_a_clock
async def test_after_a_while_one_attempt_is_let_through_and_no_other(breaker: Breaker) -> None:
    open_(breaker)
    await asyncio.sleep(1.9)
    assert not breaker.lets_through
    await asyncio.sleep(0.1)
    with breaker.attempt(always):
        assert breaker.figures().state == "probing"
        with pytest.raises(SpeechUnavailable, match="left alone for a while"):
            work(breaker)
    assert breaker.figures().state == "closed"
    open_(breaker)  # It takes as many failures as ever.


@on_a_clock
async def test_each_probe_that_fails_doubles_the_time_up_to_a_limit(breaker: Breaker) -> None:
    open_(breaker)
    for seconds in (2.0, 4.0, 8.0, 16.0, 32.0, MOST_SECONDS, MOST_SECONDS):
        assert breaker.figures().tried_in_seconds == seconds
        await asyncio.sleep(seconds)
        fail(breaker)
    await asyncio.sleep(MOST_SECONDS)
    work(breaker)
    open_(breaker)
    assert breaker.figures().tried_in_seconds == 2.0


@on_a_clock
async def test_it_stays_open_for_as_long_as_the_service_asks_to_be_left_alone(
    breaker: Breaker,
) -> None:
    fail(breaker)
    fail(breaker)
    fail(breaker, broken(retry_after=20.0))
    assert breaker.figures().tried_in_seconds == 20.0
    await asyncio.sleep(20)
    fail(breaker, broken(retry_after=1e6))
    assert breaker.figures().tried_in_seconds == MOST_SECONDS


@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit(), refused()])
def test_a_probe_that_tells_nothing_gives_its_place_to_the_next(error: BaseException) -> None:
    async def main() -> None:
        breaker = Breaker("kokoro", failures=3, seconds=2.0)
        open_(breaker)
        await asyncio.sleep(2)
        with pytest.raises(type(error)), breaker.attempt(unless_refused):
            raise error
        assert breaker.figures().state == "open"
        assert breaker.lets_through
        work(breaker)
        assert breaker.figures().state == "closed"

    run(main())


@on_a_clock
async def test_what_began_before_it_opened_may_close_it_and_does_not_open_it_for_longer(
    breaker: Breaker,
) -> None:

    def fail_while_it_opens() -> None:
        with breaker.attempt(always):
            open_(breaker)
            raise broken()

    with pytest.raises(SpeechError):
        fail_while_it_opens()
    assert breaker.figures().tried_in_seconds == 2.0
    breaker.worked()
    assert breaker.figures().state == "closed"


@on_a_clock
async def test_who_waits_is_woken_when_an_attempt_may_be_made(breaker: Breaker) -> None:
    time = asyncio.get_running_loop().time
    await breaker.free()
    open_(breaker)
    waiting = [asyncio.create_task(breaker.free()) for _ in range(3)]
    await asyncio.sleep(1.9)
    assert not any(one.done() for one in waiting)
    await asyncio.gather(*waiting)
    assert time() == 2.0
    with breaker.attempt(always):
        waiting = [asyncio.create_task(breaker.free()) for _ in range(3)]
        await asyncio.sleep(10)
        assert not any(one.done() for one in waiting)
    await asyncio.gather(*waiting)
    assert time() == 12.0


@on_a_clock
async def test_operators_see_how_it_is(breaker: Breaker) -> None:
    figures = breaker.figures()
    assert (figures.state, figures.failures, figures.tried_in_seconds) == ("closed", 0, None)
    open_(breaker)
    await asyncio.sleep(1.5)
    figures = breaker.figures()
    assert (figures.state, figures.failures, figures.for_seconds) == ("open", 3, 1.5)
    assert (figures.tried_in_seconds, figures.last_error) == (0.5, "it fell over")


ATTEMPTS = st.lists(
    st.tuples(
        st.integers(0, 20_000),  # When it begins, in ms.
        st.sampled_from([0, 10, 500, 3_000]),  # How long it takes.
        st.sampled_from(["works", "breaks", "breaks", "is refused", "is called off"]),
    ),
    max_size=40,
)


@given(attempts=ATTEMPTS)
def test_whatever_happens_there_is_one_probe_at_most_and_in_the_end_none(
    attempts: list[tuple[int, int, str]],
) -> None:
    async def main() -> None:
        breaker, probes = Breaker("kokoro", failures=2, seconds=1.0), 0

        async def attempt(begins: int, takes: int, how: str) -> None:
            nonlocal probes
            await asyncio.sleep(begins / 1_000)
            probe = breaker.figures().state == "open"
            try:
                with breaker.attempt(unless_refused):
                    probes += probe
                    assert probes <= 1
                    try:
                        await asyncio.sleep(takes / 1_000)
                    finally:
                        probes -= probe
                    if how == "breaks":
                        raise broken()
                    if how == "is refused":
                        raise refused()
                    if how == "is called off":
                        raise asyncio.CancelledError
            except (SpeechError, asyncio.CancelledError):
                pass

        await asyncio.gather(*(attempt(*one) for one in attempts))
        assert breaker.figures().state != "probing"
        await asyncio.sleep(MOST_SECONDS)
        assert breaker.lets_through

    run(main())


async def fail_after(breaker: Breaker, seconds: float) -> None:
    with suppress(SpeechError), breaker.attempt(always):
        await asyncio.sleep(seconds)
        raise broken()


@on_a_clock
async def test_a_failure_that_took_long_counts_as_several(breaker: Breaker) -> None:
    await fail_after(breaker, HEAVY_SECONDS - 0.1)
    assert breaker.figures().state == "closed"
    work(breaker)
    await fail_after(breaker, 2 * HEAVY_SECONDS)
    assert (breaker.figures().state, breaker.figures().failures) == ("open", 1)


def test_it_is_logged_once_that_a_service_is_left_alone_and_once_that_it_works_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        breaker = Breaker("kokoro", failures=3, seconds=1.0)
        open_(breaker)
        for seconds in (1, 2, 4):
            await asyncio.sleep(seconds)
            fail(breaker)
        await asyncio.sleep(8)
        work(breaker)
        work(breaker)

    run(main())
    left_alone, works_again = caplog.messages
    assert left_alone.startswith("A service is left alone, since it keeps failing.  a: ")
    assert works_again == "kokoro works again."
