"""The lag that operators see is the one that others have met."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tests.virtual_time import run
from web.loop_lag import LOOK_SECONDS, LoopLag
from web.quantiles import Quantiles, quantiles


class HeldUp:
    """A clock on which, by a word, time has passed while the loop stood still."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.seconds


def lag_after(what: Callable[[HeldUp], Coroutine[Any, Any, None]]) -> Quantiles:
    async def main() -> Quantiles:
        clock = HeldUp()
        async with LoopLag(clock) as lag:
            await what(clock)
            return lag.read()

    return run(main())


def test_a_loop_that_is_never_held_up_has_no_lag() -> None:
    async def wait(clock: HeldUp) -> None:
        await asyncio.sleep(30)

    lag = lag_after(wait)
    assert (lag.max, round(lag.count, -1)) == (0.0, 300)


def test_a_hold_up_counts_for_all_who_would_have_waited() -> None:
    async def be_held_up(clock: HeldUp) -> None:
        await asyncio.sleep(9)
        clock.seconds += 1.0
        await asyncio.sleep(LOOK_SECONDS)

    lag = lag_after(be_held_up)
    assert 900 <= lag.max <= 1_000
    assert lag.p50 == 0.0
    assert 400 <= lag.p95 <= 700  # One second of ten: a tenth of all who came waited.


def test_only_the_last_minute_counts() -> None:
    async def be_held_up_long_ago(clock: HeldUp) -> None:
        clock.seconds += 500.0
        await asyncio.sleep(61)

    lag = lag_after(be_held_up_long_ago)
    assert (lag.max, lag.count) == (0.0, 600)


def test_nothing_is_left_of_it() -> None:
    async def main() -> None:
        async with LoopLag(asyncio.get_running_loop().time):
            await asyncio.sleep(1)
        await asyncio.sleep(1e6)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantiles([]) == Quantiles(p50=0, p95=0, p99=0, max=0, count=0)
    found = quantiles([*range(1, 101)])
    assert (found.p50, found.p95, found.p99, found.max) == (50, 95, 99, 100)
