"""What a listener says on its socket, as its session understands it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
from aiohttp import WSMessage, WSMsgType
from aiohttp import web as http

from actors import listener as told
from actors.narrator import SessionRef
from narration.events import Error, Pong
from web.errors import describe_invalid
from web.listener import SocketListener
from web.wire import (
    Pause,
    Ping,
    Playback,
    Resume,
    SkipSentence,
    StopNarration,
    client_message,
)

__all__ = ["pass_on"]

MAX_COMPLAINT_CHARS = 200
MESSAGES_PER_SECOND = 20
"""What a client may say, on average; each answer takes memory until it is read."""


async def pass_on(
    socket: http.WebSocketResponse, listener: SocketListener, session: SessionRef
) -> None:
    """Tell the session what its listener says, until the socket closes."""
    with suppress(ConnectionError):  # It may break while aiohttp answers a ping.
        await _pass_on(socket, listener, session)


async def _pass_on(
    socket: http.WebSocketResponse, listener: SocketListener, session: SessionRef
) -> None:
    clock = asyncio.get_running_loop().time
    allowance, last = float(MESSAGES_PER_SECOND * 2), clock()
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return  # It is too long, or no WebSocket's; aiohttp has closed the socket.
        now = clock()
        allowance = min(
            allowance + (now - last) * MESSAGES_PER_SECOND, MESSAGES_PER_SECOND * 2
        )
        allowance, last = allowance - 1, now
        if allowance < 0:
            listener.leave("flooded")
            return
        session.tell(_understood(message))


def _understood(
    message: WSMessage,
) -> told.Stop | told.Skip | told.Pause | told.Resume | told.Playback | told.Say:
    if message.type is not WSMsgType.TEXT:
        return _complaint("send JSON in text messages")
    try:
        said = client_message(message.data)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        return _complaint(describe_invalid(error))
    match said:
        case StopNarration():
            return told.Stop()
        case SkipSentence(sentence_number):
            return told.Skip(sentence_number)
        case Pause():
            return told.Pause()
        case Resume():
            return told.Resume()
        case Playback(sentence_number, position_ms):
            return told.Playback(sentence_number, position_ms)
        case Ping():
            return told.Say(lambda seq: Pong(seq=seq))


def _complaint(text: str) -> told.Say:
    text = text[:MAX_COMPLAINT_CHARS]  # It may quote the message.
    return told.Say(
        lambda seq: Error(seq=seq, code="bad_message", message=text, retryable=False)
    )
