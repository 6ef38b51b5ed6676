"""A session's way to one client: sends its events, and notes when it is to be left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from aiohttp import web as http

from actors.listener import Farewell
from narration.events import Event
from web.wire import frame

__all__ = ["PATIENCE_SECONDS", "Parting", "SocketListener"]

PATIENCE_SECONDS = 60
"""How long what is ready to be sent may wait for a client that takes nothing."""

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
        try:
            async with asyncio.timeout(self._patience_seconds):
                for event in events:
                    await self._send(frame(event, binary=self._binary))
                    self.last_seq = event.seq
        except TimeoutError as error:
            # It may answer pings all the same, so that no heartbeat would ever end it.
            self._abort()
            raise ConnectionAbortedError("the client reads nothing") from error

    async def _send(self, data: str | bytes) -> None:
        if self._socket.closed:
            raise ConnectionResetError("the socket is closed")
        if isinstance(data, str):
            await self._socket.send_str(data)
        else:
            await self._socket.send_bytes(data)

    def leave(self, why: Parting) -> None:
        if not self.left.done():
            self.left.set_result(why)
