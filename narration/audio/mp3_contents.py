"""Puts an MP3's table of contents right that lists more chapters than one table can.

A table (the frame `CTOC` of an ID3 tag) counts its entries in a byte.  FFmpeg writes one
table for all chapters, whose count wraps; in its place come several, and one that lists them.
"""

from __future__ import annotations

import struct
from pathlib import Path

__all__ = ["MOST_LISTED", "nest_contents", "room_for_contents"]

MOST_LISTED = 255
"""Entries of one table."""

_HEADER_BYTES = 10
"""Of a tag, and of each of its frames."""

_NAME = b"toc\0"
_ORDERED, _TOP = 1, 2


def room_for_contents(chapters: int) -> int:
    """How many bytes of padding a tag needs so that its table can be replaced."""
    return (chapters // MOST_LISTED + 2) * (_HEADER_BYTES + 2 * len(b"toc255\0") + 2)


def nest_contents(path: Path) -> None:
    """Replace the table in the tag that the file at `path` begins with.

    Raises:
        OSError: the file cannot be read or written.
    """
    with path.open("r+b") as file:
        size = _size_of_tag(file.read(_HEADER_BYTES))
        old, new = file.read(size), b""
        at = 0
        while at + _HEADER_BYTES < size and old[at]:
            end = at + _HEADER_BYTES + int.from_bytes(old[at + 4 : at + 8], "big")
            frame = old[at:end]
            new += _nested(frame) if frame.startswith(b"CTOC") else frame
            at = end
        file.seek(_HEADER_BYTES)
        file.write(new.ljust(size, b"\0"))


def _size_of_tag(header: bytes) -> int:
    """A tag's size has seven bits in each byte; those of its frames, in ID3v2.3, have all."""
    size = 0
    for byte in header[6:]:
        size = size << 7 | byte
    return size


def _nested(frame: bytes) -> bytes:
    listed = frame[_HEADER_BYTES + len(_NAME) + 2 :].split(b"\0")[:-1]
    names: list[bytes] = []
    tables = b""
    for start in range(0, len(listed), MOST_LISTED):
        names.append(b"toc%d" % len(names))
        tables += _table(names[-1], _ORDERED, listed[start : start + MOST_LISTED])
    return _table(_NAME[:-1], _TOP | _ORDERED, names) + tables


def _table(name: bytes, flags: int, listed: list[bytes]) -> bytes:
    entries = b"".join(entry + b"\0" for entry in listed)
    content = name + b"\0" + struct.pack("BB", flags, len(listed)) + entries
    return struct.pack(">4sIH", b"CTOC", len(content), 0) + content
