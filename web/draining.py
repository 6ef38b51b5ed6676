"""The end of a server that is told to end: nobody's scene is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web as http

from actors.base import ActorRef, ask, stop, stopped
from actors.listener import Retire
from actors.narrator import Drain
from web.keys import CONFIG, DRAINING, NARRATOR, NOTICE_SOCKETS, NOTIFIER, SOCKETS, STORE

__all__ = ["drain", "retire"]

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05
_TELL_BEFORE_SECONDS = 2.0
"""So long before the time is up listeners are told, though their scenes are not saved yet."""

_GOODBYE_SECONDS = 2.0
"""Whoever has not taken the last event by then is not reading."""


async def drain(app: http.Application, seconds: float) -> None:
    """Begin no more sessions, and let those that run come to their end, for so long.

    All else goes on meanwhile: listeners may lose their connection, and come back.
    """
    app[DRAINING].set()
    left = await ask(app[NARRATOR], Drain())
    if left:
        logger.info("%d scenes have %g s to come to their end", len(left), seconds)
    end = asyncio.get_running_loop().time() + seconds
    while left and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(_LOOK_SECONDS)
        left = await ask(app[NARRATOR], Drain())


async def retire(app: http.Application) -> None:
    """Let every scene that is still told save what it has, and say so."""
    app[DRAINING].set()
    seconds = app[CONFIG].server.shutdown_seconds
    # One deadline for all that is still to be written: another program may hold the file.
    app[STORE].database.end_waits_in(seconds)
    left = await ask(app[NARRATOR], Drain())
    if left:
        logger.info("saving %d scenes that are being told", len(left))
    before = min(_TELL_BEFORE_SECONDS, seconds / 2)
    for share in (seconds - before, before):
        for session in left:
            session.tell(Retire())
        await _ended(left, share)
    notifier = app[NOTIFIER]
    await stop(notifier)  # Now that there is nothing more to tell.
    with suppress(TimeoutError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await app[SOCKETS].none_left()
            await app[NOTICE_SOCKETS].none_left()
    for sockets in (app[SOCKETS], app[NOTICE_SOCKETS]):
        sockets.abort_all()


async def _ended(sessions: Sequence[ActorRef[Any]], seconds: float) -> None:
    """Wait until all of them have ended, but no longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for session in sessions:
                await stopped(session)
