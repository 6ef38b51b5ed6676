"""Keeps the stored audio within its limit, and room for deleting, while the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web as http

from actors.base import ask
from actors.narrator import ScenesInUse
from narration.errors import StoreError
from narration.store.storage import MB
from web.keys import CONFIG, EXPORTS, NARRATOR, STORE

__all__ = ["keeping_room"]

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""How long audio that is new may be too much.  What was just used stays that long anyway."""


async def keeping_room(app: http.Application) -> AsyncIterator[None]:
    """Runs with the application."""
    task = asyncio.create_task(_keep_room(app))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _keep_room(app: http.Application) -> None:
    limit = app[CONFIG].store.max_audio_mb * MB
    while True:
        try:
            told = await ask(app[NARRATOR], ScenesInUse())
            report = await app[STORE].evict(limit, told | app[EXPORTS].maker.scenes_in_use)
        except (StoreError, TimeoutError) as error:
            logger.warning("audio may take more room than it should: %s", error)
        else:
            if report.narrations:
                freed = report.freed_bytes / MB
                logger.info(
                    "%d narrations made room, %.1f MB of audio", report.narrations, freed
                )
        try:
            await asyncio.to_thread(app[STORE].database.reserve.keep)
        except (StoreError, OSError) as error:
            logger.warning("no room is kept back for a full disk: %s", error)
        await asyncio.sleep(LOOK_SECONDS)
