"""One run of a load test: so many sessions, begun within so many seconds."""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from web.load.judging import judge
from web.load.listening import Arrivals, listen
from web.load.report import Cost, LoadReport
from web.load.target import Target
from web.load.watching import Watch
from web.loop_lag import LoopLag

__all__ = ["Load", "run_load"]


_ALL = 1_000_000
"""Measurements of the loop's lag: more than a day's."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a run.

    `pid`: the server's process, whose cost is measured.  `seed`: the story of the first
    session.  Each has one of its own, for a server may keep what it has spoken.
    """

    name: str
    sessions: int
    ramp: float
    format: str
    timeout: float
    pid: int | None
    seed: int


async def run_load(target: Target, load: Load) -> LoadReport:
    """Run it, then look at what came."""
    stories = await target.new_stories(load.sessions)
    await target.forget_log()
    run = secrets.token_hex(4)
    everyone = [
        Arrivals(label=f"{run}-{number}", seed=load.seed + number)
        for number in range(load.sessions)
    ]
    cost: Cost | None = None
    async with _watch(load.pid) as watch, _undisturbed() as lag:
        began = time.monotonic()
        await asyncio.gather(
            *(
                _one(target, story, heard, load, began + load.ramp * number / load.sessions)
                for number, (story, heard) in enumerate(zip(stories, everyone, strict=True))
            )
        )
        wall, late = time.monotonic() - began, lag.read()
        if watch is not None:
            await watch.all_heard()
            cost = await watch.settled()
    log = await target.upstream_log()
    judged = await asyncio.to_thread(judge, everyone, log)
    return judged.report(
        name=load.name,
        seed=load.seed,
        ramp_seconds=load.ramp,
        wall_seconds=round(wall, 1),
        cost=cost,
        load_late_ms=late,
    )


async def _one(
    target: Target, story: int, heard: Arrivals, load: Load, begin_at: float
) -> None:
    await asyncio.sleep(begin_at - time.monotonic())
    query = f"audio=binary&format={load.format}"
    await listen(target, story, heard, query=query, seconds=load.timeout)


@asynccontextmanager
async def _watch(pid: int | None) -> AsyncIterator[Watch | None]:
    if pid is None:
        yield None
        return
    async with Watch.over(pid) as watch:
        yield watch


@asynccontextmanager
async def _undisturbed() -> AsyncIterator[LoopLag]:
    """No garbage is collected: there are hundreds of thousands of messages, and none is."""
    gc.disable()
    try:
        async with LoopLag(time.monotonic, keep=_ALL) as lag:
            yield lag
    finally:
        gc.enable()
