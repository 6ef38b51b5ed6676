"""A session's way to one client: sends its events, and notes when it is to be left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiohttp import web as http

from actors.listener import Farewell
from narration.events import Event
from web.open_sockets import PATIENCE_SECONDS
from web.wire import frame

__all__ = ["Parting", "SocketListener", "patience", "send_on"]

Parting = Farewell | Literal["gone", "flooded"]
"""The session's reasons to leave a client, and our own: there is no session (any more);
the client says too much."""


_LOOK_SECONDS = 0.02
"""How often it is looked whether a client that was full takes more."""


class SocketListener:
    """Hands events to the transport without a task for each; backpressure is the
    transport's word that its buffer is full.

    Args:
        socket: the client's.
        abort: cuts its connection.
        is_full: whether the transport's buffer is.
        binary: how it wants audio.
        after: the number of the last event that the client has.
        patience_seconds: how long the buffer may be full.
    """

    def __init__(
        self,
        socket: http.WebSocketResponse,
        abort: Callable[[], None],
        is_full: Callable[[], bool],
        *,
        binary: bool,
        after: int = 0,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._socket = socket
        self._abort = abort
        self._is_full = is_full
        self._binary = binary
        self._patience_seconds = patience_seconds
        self.last_seq = after
        self.left: asyncio.Future[Parting] = asyncio.get_running_loop().create_future()
        """Done as soon as the client is to be left; the first reason counts."""

    def send(self, events: Sequence[Event]) -> int:
        sent = 0
        for event in events:
            if self._has_no_room():
                break
            self.write(event)
            sent += 1
        return sent

    def write(self, event: Event) -> None:
        """Hand one event on, whether or not there is room."""
        self._write(frame(event, binary=self._binary))
        self.last_seq = event.seq

    async def room(self) -> None:
        async with patience(self._abort, self._patience_seconds):
            while self._has_no_room():  # noqa: ASYNC110 - the transport tells only its protocol.
                await asyncio.sleep(_LOOK_SECONDS)

    def _write(self, data: str | bytes) -> None:
        writing: Coroutine[Any, Any, None] = send_on(self._socket, data)
        try:
            waits_for = writing.send(None)
        except StopIteration:
            return
        # It is written, and would wait for the buffer to have room: that is `room`.  Whatever
        # becomes of the connection, nobody else asks for it.
        writing.close()
        waits_for.add_done_callback(lambda room: room.cancelled() or room.exception())

    def _has_no_room(self) -> bool:
        if self._socket.closed:  # To the transport it would look full for ever.
            raise ConnectionResetError("the socket is closed")
        return self._is_full()

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
