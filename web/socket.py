"""The socket of a live session: who may open it, and how each one ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, get_args

from aiohttp import web as http

from actors.base import ActorDeadError, stopped
from actors.listener import Attach, Detach
from actors.narrator import SessionRef
from narration.errors import StoreError
from narration.events import AudioFormat, Error
from web.errors import BadRequest, SessionEnded
from web.keys import SOCKETS
from web.listener import Parting, SocketListener
from web.open_sockets import CLOSE_SECONDS, PATIENCE_SECONDS, part
from web.requests import seen_up_to
from web.sessions import gone, session_of
from web.wishes import pass_on

__all__ = ["listen"]

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
    sockets, session_id = request.app[SOCKETS], request.match_info["session_id"]
    async with sockets.opened(request, session_id) as (socket, abort):
        listener = SocketListener(
            socket,
            abort,
            lambda: request.protocol.writing_paused,
            binary=binary,
            after=after,
        )
        if session is None:
            listener.leave("gone")
        else:
            await _carry(session, Attach(listener, format, after), listener, socket)
        if listener.left.done():
            await _part(request, listener, socket, abort)
    return socket


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
    code, reason = _CODES[why]
    await part(socket, abort, code, reason, seconds=seconds)


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
        listener.write(error)


def _options(request: http.Request) -> tuple[AudioFormat | None, bool, int]:
    audio = request.query.get("audio", "base64")
    if audio not in ("base64", "binary"):
        raise BadRequest("`audio` is base64 or binary")
    return _format(request.query.get("format")), audio == "binary", seen_up_to(request)


def _format(wanted: str | None) -> AudioFormat | None:
    if wanted is None:
        return None
    for known in get_args(AudioFormat):
        if wanted == known:
            format: AudioFormat = known
            return format
    raise BadRequest(f"`format` is one of {', '.join(get_args(AudioFormat))}")
