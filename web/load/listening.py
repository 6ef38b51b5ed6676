"""One listener of a load test: starts a scene, and keeps what comes with its time.

Nothing is decoded before the last session has ended, so that the load generator is not what
is measured.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Literal, TypeAlias

import aiohttp
import msgspec

from web.load.target import LoadError, Target

__all__ = ["Arrivals", "Socket", "connect", "listen", "start"]

_CLOSE_SECONDS = 10.0

Socket: TypeAlias = aiohttp.ClientWebSocketResponse[Literal[False]]
"""A socket whose messages are bytes, also those of text."""


class Arrivals(msgspec.Struct, kw_only=True):
    """What one session has sent.  Times are of the system's monotonic clock, in seconds.

    `trouble`: why it did not come to its end, or empty.
    """

    label: str
    seed: int
    posted_at: float = 0.0
    messages: list[tuple[float, bytes]] = []
    trouble: str = ""


async def listen(
    target: Target, story_id: int, heard: Arrivals, *, query: str, seconds: float
) -> None:
    """Hear a whole scene, within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            heard.posted_at = time.monotonic()
            address, _ = await start(target, story_id, heard)
            async with connect(target, address, query) as socket:
                await _keep(socket, heard)
    except TimeoutError:
        heard.trouble = f"it did not end within {seconds:g} s"
    except (LoadError, aiohttp.ClientError, OSError) as error:
        heard.trouble = str(error) or type(error).__name__


async def start(target: Target, story_id: int, heard: Arrivals) -> tuple[str, str]:
    """Begin the scene; the address of its socket, and the session's id."""
    answer = await target.ask(
        "POST",
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
        {
            "custom_prompt": f"seed={heard.seed} label={heard.label}",
            "enable_tts_stream": True,
        },
    )
    return str(answer["websocket_url"]), str(answer["session_id"])


def connect(target: Target, address: str, query: str) -> AbstractAsyncContextManager[Socket]:
    """Open one, to be entered."""
    return target.http.ws_connect(
        f"{address}{'&' if '?' in address else '?'}{query}",
        max_msg_size=0,
        decode_text=False,
        timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
    )


async def _keep(socket: Socket, heard: Arrivals) -> None:
    keep, clock = heard.messages.append, time.monotonic
    async for message in socket:
        keep((clock(), message.data))
    if socket.close_code != 1000:
        heard.trouble = f"the socket was closed with {socket.close_code}"
