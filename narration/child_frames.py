"""Messages between the server and its child processes: on pipes, with their length first."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, TypeVar

import msgspec

if TYPE_CHECKING:  # A child process needs no event loop.
    import asyncio

__all__ = ["encode_frame", "read_frame", "receive_frame"]

T = TypeVar("T")

_LENGTH_BYTES = 4
_encoder = msgspec.msgpack.Encoder()


def encode_frame(message: msgspec.Struct) -> bytes:
    """`message` with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def read_frame(stream: BinaryIO, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
    """Wait for a message, in the child process; None at the end of the stream."""
    length = stream.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    return decoder.decode(stream.read(int.from_bytes(length, "big")))


async def receive_frame(
    stream: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[T]
) -> T:
    """Wait for a message, in the server.

    Raises:
        asyncio.IncompleteReadError: the stream ended.
    """
    length = await stream.readexactly(_LENGTH_BYTES)
    return decoder.decode(await stream.readexactly(int.from_bytes(length, "big")))
