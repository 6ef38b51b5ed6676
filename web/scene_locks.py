"""One at a time begins a session for a scene, or changes the scene."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

__all__ = ["SceneLocks"]


class SceneLocks:
    """What was found out about a scene while it is held stays so."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def held(self, scene_id: int) -> AsyncIterator[None]:
        lock = self._locks.setdefault(scene_id, asyncio.Lock())
        async with lock:
            yield

    def is_held(self, scene_id: int) -> bool:
        return scene_id in self._locks
