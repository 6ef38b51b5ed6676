"""What the server and the process of a voice say to each other: frames on its pipes."""

from __future__ import annotations

import asyncio
from typing import BinaryIO, TypeVar

import msgspec

__all__ = ["Say", "Spoken", "encode_frame", "read_frame", "receive_frame"]

T = TypeVar("T")

_LENGTH_BYTES = 4
_encoder = msgspec.msgpack.Encoder()


class Say(msgspec.Struct, frozen=True):
    """Server to voice.  `id` is different for every request."""

    id: int
    text: str
    speed: float


class Spoken(msgspec.Struct, frozen=True):
    """Voice to server.  `pcm` is empty if there was nothing to say, or with an `error`."""

    id: int
    pcm: bytes
    error: str = ""


def encode_frame(message: Say | Spoken) -> bytes:
    """`message` with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def read_frame(stream: BinaryIO, kind: type[T]) -> T | None:
    """Wait for a frame, in the process of the voice; None at the end of the stream."""
    length = stream.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    return msgspec.msgpack.decode(stream.read(int.from_bytes(length, "big")), type=kind)


async def receive_frame(stream: asyncio.StreamReader, kind: type[T]) -> T:
    """Wait for a frame, in the server.

    Raises:
        asyncio.IncompleteReadError: the stream ended.
    """
    length = await stream.readexactly(_LENGTH_BYTES)
    body = await stream.readexactly(int.from_bytes(length, "big"))
    return msgspec.msgpack.decode(body, type=kind)
