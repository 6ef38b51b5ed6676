"""What travels: JSON bodies, a session's events, and what a client may say to one."""

from __future__ import annotations

import struct
from typing import Annotated, Any

import msgspec
from aiohttp import web as http

from narration.events import AudioChunk, Event

__all__ = [
    "ClientMessage",
    "Pause",
    "Ping",
    "Playback",
    "Resume",
    "SentenceNumber",
    "SkipSentence",
    "StopNarration",
    "client_message",
    "frame",
    "json_response",
    "unframe",
]

_encode = msgspec.json.Encoder().encode
_LENGTH = struct.Struct(">I")

SentenceNumber = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class StopNarration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="stop"):
    """Enough: end the scene, keep its text."""


class Ping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ping"):
    """Are you there?"""


class SkipSentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="skip"):
    """On to `sentence_number`, forwards or back; without it, on to the next."""

    sentence_number: SentenceNumber | None = None


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pause"):
    """The player holds."""


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="resume"):
    """The player goes on."""


class Playback(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="playback"):
    """Where the player is: so many milliseconds into a sentence's audio."""

    sentence_number: SentenceNumber
    position_ms: Annotated[float, msgspec.Meta(ge=0, le=86_400_000)]


ClientMessage = StopNarration | SkipSentence | Pause | Resume | Playback | Ping

_client_messages: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)


def client_message(text: str) -> ClientMessage:
    """Reads a client's message.

    Raises:
        msgspec.MsgspecError: it is none that we know.
    """
    return _client_messages.decode(text)


def frame(event: Event, *, binary: bool) -> str | bytes:
    """An event as it is sent: text for a text message, bytes for a binary one.

    A binary frame is a 4-byte big-endian length, that much JSON, and the audio.
    """
    if not binary or not isinstance(event, AudioChunk) or event.audio is msgspec.UNSET:
        return _encode(event).decode()
    header = _encode(msgspec.structs.replace(event, audio=msgspec.UNSET))
    return b"".join((_LENGTH.pack(len(header)), header, event.audio))


def unframe(data: bytes) -> AudioChunk:
    """The event in a binary frame, its audio included.  The inverse of `frame`, for clients.

    Raises:
        msgspec.DecodeError: it is no such frame.
    """
    if len(data) < _LENGTH.size:
        raise msgspec.DecodeError("a binary frame has at least 4 bytes")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    header = msgspec.json.decode(data[_LENGTH.size : end], type=AudioChunk)
    return msgspec.structs.replace(header, audio=data[end:])


def json_response(body: Any, *, status: int = 200) -> http.Response:
    """Anything msgspec can encode, as an answer."""
    return http.Response(body=_encode(body), status=status, content_type="application/json")
