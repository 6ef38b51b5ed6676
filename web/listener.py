"""A session's way to one client: sends its events, and notes when it is to be left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from aiohttp import web as http

from actors.listener import Farewell
from narration.events import Event
from web.open_sockets import PATIENCE_SECONDS
from web.wire import frame

__all__ = ["Parting", "SocketListener", "patience", "send_on"]

Parting = Farewell | Literal["gone", "flooded"]
"""The session's reasons to leave a client, and our own: there is no session (any more);
the client says too much."""


class SocketListener:
    """`after` is the number of the last event that the client has."""

    def __init__(
        self,
        socket: http.WebSocketResponse,
        abort: Callable[[], None],
        *,
        binary: bool,
        after: int = 0,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._socket = socket
        self._abort = abort
        self._binary = binary
        self._patience_seconds = patience_seconds
        self.last_seq = after
        self.left: asyncio.Future[Parting] = asyncio.get_running_loop().create_future()
        """Done as soon as the client is to be left; the first reason counts."""

    async def send(self, events: Sequence[Event]) -> None:
        async with patience(self._abort, self._patience_seconds):
            for event in events:
                await send_on(self._socket, frame(event, binary=self._binary))
                self.last_seq = event.seq

    def leave(self, why: Parting) -> None:
        if not self.left.done():
            self.left.set_result(why)


@asynccontextmanager
async def patience(
    abort: Callable[[], None], seconds: float = PATIENCE_SECONDS
) -> AsyncIterator[None]:
    """Let a client take what is sent for so long, and then be cut off.

    Raises:
        ConnectionError: it has not taken it.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        # It may answer pings all the same, so that no heartbeat would ever end it.
        abort()
        raise ConnectionAbortedError("the client reads nothing") from error


async def send_on(socket: http.WebSocketResponse, data: str | bytes) -> None:
    """Send one message, as text or binary.

    Raises:
        ConnectionError: the socket is closed.
    """
    if socket.closed:
        raise ConnectionResetError("the socket is closed")
    if isinstance(data, str):
        await socket.send_str(data)
    else:
        await socket.send_bytes(data)
