"""As much of HTTP as the mock upstream needs, in bytes: parsing costs more than answering."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["CHUNKS_END", "Request", "chunk", "json_answer", "read_request", "stream_head"]

CHUNKS_END = b"0\r\n\r\n"

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?:\r\n|\Z)", re.IGNORECASE)
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}
_MOST_HEAD_BYTES = 64 << 10


class Request(msgspec.Struct, frozen=True):
    """One whole request."""

    method: str
    path: str
    body: bytes


def read_request(buffer: bytearray) -> Request | None:
    """Take the first request out of `buffer`; None while it is not all there.

    Bodies in chunks are not understood: no client of ours sends them.

    Raises:
        ValueError: it is no request.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > _MOST_HEAD_BYTES:
            raise ValueError("a head without end")
        return None
    head = bytes(buffer[:end])
    length = _LENGTH.search(head)
    body_at = end + 4
    body_end = body_at + (int(length[1]) if length else 0)
    if len(buffer) < body_end:
        return None
    method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    body = bytes(buffer[body_at:body_end])
    del buffer[:body_end]
    return Request(method, path.partition("?")[0], body)


def json_answer(status: int, body: Any) -> bytes:
    """A whole answer."""
    data = msgspec.json.encode(body)
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def stream_head(content_type: str) -> bytes:
    """What goes before chunks, after which comes `CHUNKS_END`."""
    fields = f"Content-Type: {content_type}\r\nTransfer-Encoding: chunked"
    return f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
