"""What the server and the encoder's process say to each other."""

from __future__ import annotations

import msgspec

__all__ = [
    "ENCODE",
    "REPLY",
    "BatchEnd",
    "Encode",
    "Encoded",
    "Reply",
    "Unencodable",
    "Unreadable",
]


class Encode(msgspec.Struct, frozen=True):
    """Server to encoder: make one batch.  That of before is stored.

    Args:
        after: begin with the recordings after this one.
        pass_over: leave out as many of them.
        rows: end the batch after that many.
        size: or when it has as many bytes; the last recording may go beyond.
    """

    after: int
    pass_over: int
    rows: int
    size: int


class Encoded(msgspec.Struct, frozen=True, tag=True):
    """Encoder to server: a recording as FLAC."""

    id: int
    flac: bytes


class Unencodable(msgspec.Struct, frozen=True, tag=True):
    """Encoder to server: what is stored of a recording is not what can be encoded."""

    id: int
    reason: str


class Unreadable(msgspec.Struct, frozen=True, tag=True):
    """Encoder to server: the database cannot be read just now, and the batch ends."""

    reason: str


class BatchEnd(msgspec.Struct, frozen=True, tag=True):
    """Encoder to server: that was the batch.  `more`: it ended before the recordings did."""

    more: bool


Reply = Encoded | Unencodable | Unreadable | BatchEnd

ENCODE = msgspec.msgpack.Decoder(Encode)
REPLY: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
