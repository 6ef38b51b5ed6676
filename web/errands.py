"""Work that a request began, and that goes on when its client has gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from narration.errors import NarrationError

__all__ = ["Errands"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

LAST_SECONDS = 2.0
"""What is nearly done when the server ends may still come to its end."""


class Errands:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of the work.  Whoever is cancelled while waiting does not stop it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note)
        return await asyncio.shield(task)

    async def end(self) -> None:
        """Wait a moment for what is under way, and call off the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_SECONDS)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _note(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, NarrationError):
            logger.error("what a request began has failed: %r", error)
