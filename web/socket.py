"""The socket of a live session: events out, the listener's wishes in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import get_args

import msgspec
from aiohttp import WSMessage, WSMsgType
from aiohttp import web as http

from actors.base import ActorDeadError, ask, stopped
from actors.narrator import SessionRef
from actors.protocol import Attach, Detach, Say, Stop
from narration.errors import Conflict
from narration.events import AudioFormat, Error, Event, Pong
from web.errors import BadRequest, describe_invalid
from web.keys import SOCKETS
from web.views.live import session_of
from web.wire import Ping, StopNarration, client_message, frame

__all__ = ["listen"]

HEARTBEAT_SECONDS = 20
"""A client that answers no ping for half as long again is gone."""

PATIENCE_SECONDS = 60
"""How long what is ready to be sent may wait for a client that takes nothing."""

CLOSE_SECONDS = 5
"""How long a client has to say goodbye."""

MAX_MESSAGE_BYTES = 16 * 1024
MAX_COMPLAINT_CHARS = 200
MESSAGES_PER_SECOND = 20
"""What a client may say, on average; each answer takes memory until it is read."""


class SocketListener:
    """A session's way to one client."""

    def __init__(
        self,
        socket: http.WebSocketResponse,
        abort: Callable[[], None],
        *,
        binary: bool,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._socket = socket
        self._abort = abort
        self._binary = binary
        self._patience_seconds = patience_seconds

    async def send(self, events: Sequence[Event]) -> None:
        try:
            async with asyncio.timeout(self._patience_seconds):
                for event in events:
                    await self._send(frame(event, binary=self._binary))
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


async def listen(request: http.Request) -> http.WebSocketResponse:
    """Carry one session's events to its listener until either has had enough."""
    format, binary = _options(request)
    session = await session_of(request)
    socket = http.WebSocketResponse(
        heartbeat=HEARTBEAT_SECONDS, compress=False, max_msg_size=MAX_MESSAGE_BYTES
    )
    if not socket.can_prepare(request):
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
        raise http.HTTPUpgradeRequired(
            text="this is a WebSocket; connect with one", headers=upgrade
        )
    await socket.prepare(request)
    assert request.transport is not None
    abort = request.transport.abort
    request.app[SOCKETS].add(abort)
    listener = SocketListener(socket, abort, binary=binary)
    try:
        await ask(session, Attach(listener, format))
    except Conflict as error:
        await socket.close(code=4409, message=str(error).encode())
        return socket
    except ActorDeadError:
        await socket.close(code=4404, message=b"the session has ended")
        return socket
    ended = asyncio.create_task(_close_after(session, socket, abort))
    try:
        await _hear(socket, session)
    finally:
        session.tell(Detach(listener))
        ended.cancel()
        await asyncio.wait([ended])
        request.app[SOCKETS].discard(abort)
    return socket


async def _close_after(
    session: SessionRef, socket: http.WebSocketResponse, abort: Callable[[], None]
) -> None:
    await stopped(session)
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close()
    except TimeoutError:
        abort()  # A client that takes nothing does not take the closing either.


async def _hear(socket: http.WebSocketResponse, session: SessionRef) -> None:
    clock = asyncio.get_running_loop().time
    allowance, last = float(MESSAGES_PER_SECOND * 2), clock()
    async for message in socket:
        now = clock()
        allowance = min(
            allowance + (now - last) * MESSAGES_PER_SECOND, MESSAGES_PER_SECOND * 2
        )
        allowance, last = allowance - 1, now
        if allowance < 0:
            await socket.close(code=1008, message=b"too many messages")
            return
        _obey(message, session)


def _obey(message: WSMessage, session: SessionRef) -> None:
    if message.type is not WSMsgType.TEXT:
        session.tell(_complaint("send JSON in text messages"))
        return
    try:
        command = client_message(message.data)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        session.tell(_complaint(describe_invalid(error)))
        return
    match command:
        case StopNarration():
            session.tell(Stop())
        case Ping():
            session.tell(Say(lambda seq: Pong(seq=seq)))


def _complaint(text: str) -> Say:
    text = text[:MAX_COMPLAINT_CHARS]  # It may quote the message.
    return Say(lambda seq: Error(seq=seq, code="bad_message", message=text, retryable=False))


def _options(request: http.Request) -> tuple[AudioFormat, bool]:
    audio = request.query.get("audio", "base64")
    if audio not in ("base64", "binary"):
        raise BadRequest("`audio` is base64 or binary")
    wanted = request.query.get("format", "mp3")
    for known in get_args(AudioFormat):
        if wanted == known:
            format: AudioFormat = known
            return format, audio == "binary"
    raise BadRequest(f"`format` is one of {', '.join(get_args(AudioFormat))}")
