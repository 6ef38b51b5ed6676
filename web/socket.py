"""The socket of a live session: who may open it, and how each one ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, get_args

from aiohttp import web as http
from aiohttp.web_protocol import RequestHandler

from actors.base import ActorDeadError, stopped
from actors.listener import Attach, Detach
from actors.narrator import SessionRef
from narration.errors import StoreError
from narration.events import AudioFormat, Error
from web.errors import BadRequest, SessionEnded
from web.keys import SOCKETS
from web.listener import PATIENCE_SECONDS, Parting, SocketListener
from web.sessions import gone, session_of
from web.wishes import MAX_MESSAGE_BYTES, pass_on

__all__ = ["listen"]

HEARTBEAT_SECONDS = 20
"""A client that answers no ping for half as long again is gone."""

CLOSE_SECONDS = 2
"""How long a client that is sent away may take for it."""

_CODES: dict[Parting, tuple[int, str]] = {
    "ended": (1000, "that was the last event"),
    "replaced": (4409, "another connection has taken this session over"),
    "expired": (4408, "the session waited too long for its listener"),
    "unknown_seq": (4400, "there is no such event yet; without `after` all are sent"),
    "other_format": (4406, "the session has another format; leave `format` out"),
    "gone": (4404, "there is no such session any more"),
    "flooded": (1008, "too many messages"),
}


async def listen(request: http.Request) -> http.WebSocketResponse:
    """Carry one session's events to its listener until either has had enough."""
    format, binary, after = _options(request)
    session = await _session_of(request)
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
    abort = _abort(request.protocol)
    with request.app[SOCKETS].one_more(request.match_info["session_id"], abort):
        await socket.prepare(request)
        listener = SocketListener(socket, abort, binary=binary, after=after)
        try:
            if session is None:
                listener.leave("gone")
            else:
                await _carry(session, Attach(listener, format, after), listener, socket)
            if listener.left.done():
                await _part(request, listener, socket, abort)
        finally:
            transport = request.transport
            if transport is not None and transport.get_write_buffer_size():
                # Else what a client does not take would keep the connection open for ever.
                asyncio.get_running_loop().call_later(PATIENCE_SECONDS, abort)
    return socket


def _abort(protocol: RequestHandler) -> Callable[[], None]:
    def abort() -> None:
        # A transport that has flushed its last bytes and gone takes it for a mistake.
        if protocol.transport is not None:
            protocol.transport.abort()

    return abort


async def _session_of(request: http.Request) -> SessionRef | None:
    """The session in the path; None if it was this user's, and is gone."""
    try:
        return await session_of(request)
    except SessionEnded:
        return None


async def _carry(
    session: SessionRef,
    attach: Attach,
    listener: SocketListener,
    socket: http.WebSocketResponse,
) -> None:
    """Return when the client has gone, or is to be left."""
    session.tell(attach)
    hearing = asyncio.create_task(pass_on(socket, listener, session))
    died = asyncio.ensure_future(stopped(session))
    any_of: set[asyncio.Future[Any]] = {hearing, died, listener.left}
    try:
        await asyncio.wait(any_of, return_when=asyncio.FIRST_COMPLETED)
        if died.done():
            listener.leave("gone")  # If it was not left before.
    finally:
        session.tell(Detach(listener))
        hearing.cancel()
        died.cancel()
        await asyncio.wait({hearing, died})
    if not hearing.cancelled():
        hearing.result()


async def _part(
    request: http.Request,
    listener: SocketListener,
    socket: http.WebSocketResponse,
    abort: Callable[[], None],
) -> None:
    """Close the socket of a client that is left, with or without its help."""
    why = listener.left.result()
    if why in ("gone", "expired"):
        with suppress(ActorDeadError, ConnectionError, StoreError, TimeoutError):
            await _say_what_is_left(request, listener)
    # Whoever is sent to the end may be slow; nobody else has anything to wait for.
    seconds = PATIENCE_SECONDS if why == "ended" else CLOSE_SECONDS
    giving_up = asyncio.get_running_loop().call_later(seconds, abort)
    code, reason = _CODES[why]
    try:
        # Until it answers, what it says is read.  Else our kernel would reset the connection
        # when more comes, and throw away what the client has not got yet.
        await socket.close(code=code, message=reason.encode())
    finally:
        giving_up.cancel()


async def _say_what_is_left(request: http.Request, listener: SocketListener) -> None:
    """Name the scene of a session that the client cannot return to."""
    left = await gone(request)
    if isinstance(left, SessionEnded):
        error = Error(
            seq=listener.last_seq + 1,
            code="session_ended",
            message=str(left),
            retryable=left.can_continue,
            scene_id=left.scene_id,
        )
        await listener.send([error])


def _options(request: http.Request) -> tuple[AudioFormat | None, bool, int]:
    audio = request.query.get("audio", "base64")
    if audio not in ("base64", "binary"):
        raise BadRequest("`audio` is base64 or binary")
    after = request.query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise BadRequest("`after` is the `seq` of the last event that you have")
    return _format(request.query.get("format")), audio == "binary", int(after)


def _format(wanted: str | None) -> AudioFormat | None:
    if wanted is None:
        return None
    for known in get_args(AudioFormat):
        if wanted == known:
            format: AudioFormat = known
            return format
    raise BadRequest(f"`format` is one of {', '.join(get_args(AudioFormat))}")
