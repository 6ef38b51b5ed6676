"""The socket on which a user is told, wherever they are, what has become of their scenes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import WSMsgType
from aiohttp import web as http

from actors.base import stopped
from actors.notifier import Parting, Subscribe, Unsubscribe
from narration.errors import NotFound
from narration.notices import Notice
from web.errors import describe_invalid
from web.keys import NOTICE_SOCKETS, NOTIFIER
from web.listener import patience, send_on
from web.open_sockets import CLOSE_SECONDS, part
from web.requests import USER, seen_up_to
from web.wire import Ping, client_message

__all__ = ["listen"]

_CODES: dict[Parting, tuple[int, str]] = {
    "behind": (1013, "notices come faster than you take them; connect again"),
    "closing": (1001, "the server is shutting down"),
}
_encode = msgspec.json.Encoder().encode


class _Pong(msgspec.Struct, frozen=True, tag_field="type", tag="pong"):
    """It is there, and what was to be told before was told."""


class _Complaint(msgspec.Struct, frozen=True, tag_field="type", tag="error"):
    message: str
    code: str = "bad_message"


class _NoticeSocket:
    """One tab's, or device's, way to hear."""

    def __init__(self, socket: http.WebSocketResponse, abort: Callable[[], None]) -> None:
        self._socket = socket
        self._abort = abort
        self.left: asyncio.Future[Parting] = asyncio.get_running_loop().create_future()
        """Done as soon as the client is to be left."""

    async def send(self, notices: Sequence[Notice | _Pong | _Complaint]) -> None:
        async with patience(self._abort):
            for notice in notices:
                await send_on(self._socket, _encode(notice).decode())

    def leave(self, why: Parting) -> None:
        if not self.left.done():
            self.left.set_result(why)


async def listen(request: http.Request) -> http.WebSocketResponse:
    """Carry a user's notices to one of their clients until either has had enough."""
    user = request[USER]
    if request.match_info["user_id"] not in (str(user.id), user.name):
        raise NotFound("there is no such user, or it is not you")
    after = seen_up_to(request)
    async with request.app[NOTICE_SOCKETS].opened(request, str(user.id)) as (socket, abort):
        listener = _NoticeSocket(socket, abort)
        await _carry(request, Subscribe(user.id, listener, after or None), listener, socket)
        if listener.left.done():
            code, reason = _CODES[listener.left.result()]
            await part(socket, abort, code, reason, seconds=CLOSE_SECONDS)
    return socket


async def _carry(
    request: http.Request,
    subscribe: Subscribe,
    listener: _NoticeSocket,
    socket: http.WebSocketResponse,
) -> None:
    """Return when the client has gone, or is to be left."""
    notifier = request.app[NOTIFIER]
    notifier.tell(subscribe)
    hearing = asyncio.create_task(_hear(socket, listener))
    died = asyncio.ensure_future(stopped(notifier))
    any_of: set[asyncio.Future[Any]] = {hearing, died, listener.left}
    try:
        await asyncio.wait(any_of, return_when=asyncio.FIRST_COMPLETED)
        if died.done():
            listener.leave("closing")  # If it was not left before.
    finally:
        notifier.tell(Unsubscribe(listener))
        hearing.cancel()
        died.cancel()
        await asyncio.wait({hearing, died})
    if not hearing.cancelled():
        hearing.result()


async def _hear(socket: http.WebSocketResponse, listener: _NoticeSocket) -> None:
    """Answer the client until the socket closes.  It reads no more while it is answered, so
    one that only talks costs no memory."""
    with suppress(ConnectionError):  # It may break while it is answered.
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                return  # It is too long, or no WebSocket's; aiohttp has closed the socket.
            said = message.data if message.type is WSMsgType.TEXT else ""
            await listener.send([_answer(said)])


def _answer(said: str) -> _Pong | _Complaint:
    try:
        if isinstance(client_message(said), Ping):
            return _Pong()
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        return _Complaint(describe_invalid(error)[:200])  # It may quote the message.
    return _Complaint("here only `ping` is understood")
