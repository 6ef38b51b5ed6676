"""A soak test: listeners come and go for a long time, and nothing of them may stay."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from web.load.processes import usage
from web.load.target import LoadError, Target
from web.load.visits import visit

__all__ = ["Soak", "SoakReport", "Trend", "run_soak", "slope_per_minute", "tell"]

_WARM_UP = 0.25
"""Of the time: caches, pools and the allocator fill up."""

_SAMPLES = 200
_MOST_FAULTS = 10


class Soak(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a run: `listeners` at once, each with one scene after the other."""

    seconds: float
    listeners: int
    seed: int
    pid: int | None


class Trend(msgspec.Struct, frozen=True):
    """How a figure changed after the warm-up."""

    name: str
    first: float
    last: float
    per_minute: float


class SoakReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    visits: dict[str, int]
    failed: int
    faults: list[str]
    trends: list[Trend]


_Sample = dict[str, float]


async def run_soak(target: Target, soak: Soak) -> SoakReport:
    """Run it.  The same seed makes the listeners decide the same."""
    log = await target.upstream_log()
    stories = await target.new_stories(soak.listeners)
    began = time.monotonic()
    until = began + soak.seconds
    done, failed = Counter[str](), list[str]()
    samples = list[tuple[float, _Sample]]()

    async def listener(number: int) -> None:
        dice = random.Random(soak.seed * 10_000 + number)
        await asyncio.sleep(dice.uniform(0, 1))
        while time.monotonic() < until:
            sentences = log.settings.sentences
            one = await visit(target, stories[number], dice, sentences=sentences, until=until)
            done[one.deed] += 1
            failed.extend(one.faults[:1])
            if one.faults:
                await asyncio.sleep(1)  # A server that refuses is not asked in a tight loop.

    async def look() -> None:
        pause = max(1.0, soak.seconds / _SAMPLES)
        while (now := time.monotonic()) < until:
            samples.append((now - began, await _sample(target, soak.pid)))
            await asyncio.sleep(pause)

    await asyncio.gather(look(), *(listener(number) for number in range(soak.listeners)))
    warm = [one for one in samples if one[0] >= soak.seconds * _WARM_UP]
    return SoakReport(
        visits=dict(sorted(done.items())),
        failed=len(failed),
        faults=failed[:_MOST_FAULTS],
        trends=_trends(warm),
    )


async def _sample(target: Target, pid: int | None) -> _Sample:
    found = _Sample()
    now = None if pid is None else await asyncio.to_thread(usage, pid)
    if now is not None:
        found |= {
            "RSS (MB)": now.rss_bytes / 1e6,
            "open files": now.open_files,
            "threads": now.threads,
        }
    try:
        health = await target.ask("GET", "/health/actors")
    except LoadError:
        return found  # It may be the operator's alone.
    return found | {"actors": float(health["actors"]), "tasks": float(health["tasks"])}


def _trends(samples: list[tuple[float, _Sample]]) -> list[Trend]:
    names = dict.fromkeys(name for _, sample in samples for name in sample)
    trends = list[Trend]()
    for name in names:
        points = [(at, sample[name]) for at, sample in samples if name in sample]
        slope = slope_per_minute(points)
        trends.append(Trend(name, points[0][1], points[-1][1], round(slope, 3)))
    return trends


def slope_per_minute(points: list[tuple[float, float]]) -> float:
    """By least squares, of (second, value); 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    seconds, values = zip(*points, strict=True)
    return statistics.linear_regression(seconds, values).slope * 60


def tell(report: SoakReport, say: Callable[[str], None]) -> None:
    """What a person reads."""
    say("visits: " + ", ".join(f"{count} {deed}" for deed, count in report.visits.items()))
    say(f"failed: {report.failed}")
    for fault in report.faults:
        say(f"  {fault}")
    if report.trends:
        say(f"{'':<12}{'warm':>10}{'end':>10}{'per minute':>12}")
    for one in report.trends:
        say(f"{one.name:<12}{one.first:>10.1f}{one.last:>10.1f}{one.per_minute:>+12.2f}")
