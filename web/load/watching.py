"""Watches what the server's processes take while a load test runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from web.load.processes import Usage, usage
from web.load.report import Cost
from web.load.target import LoadError

__all__ = ["Watch"]

_LOOK_SECONDS = 0.5
_STILL = 0.04
"""Of a core: a server that takes less for two looks has nothing left to do."""

_MOST_SETTLING_SECONDS = 60.0
_MB = 1e6


class Watch:
    """Of one process and its descendants."""

    def __init__(self, pid: int, before: Usage) -> None:
        self._pid = pid
        self._before = self._last_event = before
        self._peak = before.rss_bytes

    @classmethod
    @asynccontextmanager
    async def over(cls, pid: int) -> AsyncIterator[Watch]:
        """Look again and again, for the peak."""
        watch = cls(pid, await _look(pid))
        looking = asyncio.create_task(watch._keep_looking())
        try:
            yield watch
        finally:
            looking.cancel()
            await asyncio.wait({looking})

    async def all_heard(self) -> None:
        """The last session has ended."""
        self._last_event = await _look(self._pid)

    async def settled(self) -> Cost:
        """Wait until the server has done all, encoding included, and give its cost."""
        began = asyncio.get_running_loop().time()
        earlier, still, waited = await _look(self._pid), 0, 0.0
        while still < 2 and waited < _MOST_SETTLING_SECONDS:
            await asyncio.sleep(_LOOK_SECONDS)
            now = await _look(self._pid)
            still = still + 1 if _cpu(now) - _cpu(earlier) <= _STILL * _LOOK_SECONDS else 0
            earlier, waited = now, asyncio.get_running_loop().time() - began
        before = self._before
        return Cost(
            own_cpu_seconds=round(earlier.own_cpu - before.own_cpu, 2),
            children_cpu_seconds=round(earlier.children_cpu - before.children_cpu, 2),
            own_cpu_until_last_event=round(self._last_event.own_cpu - before.own_cpu, 2),
            rss_start_mb=round(before.rss_bytes / _MB, 1),
            rss_peak_mb=round(self._peak / _MB, 1),
            settled_seconds=round(waited, 1),
        )

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._peak = max(self._peak, (await _look(self._pid)).rss_bytes)


async def _look(pid: int) -> Usage:
    found = await asyncio.to_thread(usage, pid)
    if found is None:
        raise LoadError(f"no process {pid} can be looked at")
    return found


def _cpu(one: Usage) -> float:
    return one.own_cpu + one.children_cpu
