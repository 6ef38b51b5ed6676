"""The sockets that are open: so many of a kind, and none left when the server ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web as http
from aiohttp.web_protocol import RequestHandler

from narration.errors import Busy

__all__ = ["CLOSE_SECONDS", "MAX_MESSAGE_BYTES", "PATIENCE_SECONDS", "OpenSockets", "part"]

HEARTBEAT_SECONDS = 20
"""A client that answers no ping for half as long again is gone."""

PATIENCE_SECONDS = 60
"""How long what is ready to be sent may wait for a client that takes nothing."""

CLOSE_SECONDS = 2
"""How long a client that is sent away may take for it."""

MAX_MESSAGE_BYTES = 16 * 1024
"""What a client may say at once."""

Abort = Callable[[], None]
"""Cuts the connection, whatever is still to be sent on it."""


class OpenSockets:
    """At most so many sockets of each owner's: a session, or a user, as `owner` says it."""

    def __init__(self, most: int, owner: str) -> None:
        self._most = most
        self._owner = owner
        self._open: Counter[str] = Counter()
        self._aborts: set[Abort] = set()
        self._none_left = asyncio.Event()
        self._none_left.set()

    @asynccontextmanager
    async def opened(
        self, request: http.Request, of: str
    ) -> AsyncIterator[tuple[http.WebSocketResponse, Abort]]:
        """A socket for the request, of that owner's, and what cuts its connection.

        Raises:
            Busy: there are as many of this owner's as there may be.
            HTTPUpgradeRequired: the client wants no socket.
        """
        socket = http.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS,
            timeout=PATIENCE_SECONDS,
            compress=False,
            max_msg_size=MAX_MESSAGE_BYTES,
        )
        if not socket.can_prepare(request):
            upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
            raise http.HTTPUpgradeRequired(
                text="this is a WebSocket; connect with one", headers=upgrade
            )
        abort = _abort_of(request.protocol)
        with self._one_more(of, abort):
            await socket.prepare(request)
            try:
                yield socket, abort
            finally:
                transport = request.transport
                if transport is not None and transport.get_write_buffer_size():
                    # Else what a client does not take would keep it open for ever.
                    asyncio.get_running_loop().call_later(PATIENCE_SECONDS, abort)

    async def none_left(self) -> None:
        """Wait until all have closed."""
        await self._none_left.wait()

    def abort_all(self) -> None:
        """Cut those that are left."""
        for abort in list(self._aborts):
            abort()

    @contextmanager
    def _one_more(self, of: str, abort: Abort) -> Iterator[None]:
        """Count a socket while it is open, or still closing."""
        if self._open[of] >= self._most:
            raise Busy(f"{self._owner} {self._most} sockets open already; close one first")
        self._open[of] += 1
        self._aborts.add(abort)
        self._none_left.clear()
        try:
            yield
        finally:
            self._aborts.discard(abort)
            self._open[of] -= 1
            if not self._open[of]:
                del self._open[of]
            if not self._aborts:
                self._none_left.set()


async def part(
    socket: http.WebSocketResponse, abort: Abort, code: int, reason: str, *, seconds: float
) -> None:
    """Close the socket of a client that is left, within that time, or cut it off."""
    giving_up = asyncio.get_running_loop().call_later(seconds, abort)
    try:
        # Until it answers, what it says is read.  Else our kernel would reset the connection
        # when more comes, and throw away what the client has not got yet.
        await socket.close(code=code, message=reason.encode())
    finally:
        giving_up.cancel()


def _abort_of(protocol: RequestHandler) -> Abort:
    def abort() -> None:
        # A transport that has flushed its last bytes and gone takes it for a mistake.
        if protocol.transport is not None:
            protocol.transport.abort()

    return abort
