"""Read the tables of contents of MP3 and M4B as their descriptions say, without FFmpeg."""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["mp3_starts_ms", "mp4_chapters", "mp4_has_short_table"]

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"tref"}


def mp3_starts_ms(file: bytes) -> list[int]:
    """When each chapter begins, in the order of the table of contents."""
    starts: dict[bytes, int] = {}
    tables: dict[bytes, list[bytes]] = {}
    top = []
    for kind, content in _frames(file):
        name, _, rest = content.partition(b"\0")
        if kind == b"CHAP":
            starts[name] = int.from_bytes(rest[:4], "big")
        elif kind == b"CTOC":
            entries = rest[2:].split(b"\0")
            assert entries.pop() == b""
            assert len(entries) == rest[1], "the table counts other entries than it lists"
            tables[name] = entries
            if rest[0] & 2:
                top.append(name)
    assert len(top) == 1

    def listed(name: bytes) -> Iterator[int]:
        for entry in tables[name]:
            if entry in tables:
                yield from listed(entry)
            else:
                yield starts.pop(entry)

    found = list(listed(top[0]))
    assert not starts, "chapters that the table does not list"
    return found


def _frames(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert file[:6] == b"ID3\x03\0\0"
    size = sum(byte << 7 * place for place, byte in enumerate(file[9:5:-1]))
    at, end = 10, 10 + size
    while at < end and file[at]:
        kind, length, _ = struct.unpack_from(">4sIH", file, at)
        assert kind.isalnum()
        yield kind, file[at + 10 : at + 10 + length]
        at += 10 + length
    assert at <= end
    assert not file[at:end].strip(b"\0"), "something in the padding"
    assert file[end] == 0xFF, "the sound does not follow"


def mp4_chapters(file: bytes) -> int:
    """How many there are in the track of chapters."""
    tracks = [dict(_atoms(content)) for kind, content in _atoms(file) if kind == b"trak"]
    (named,) = (track[b"chap"] for track in tracks if b"chap" in track)
    (track,) = (one for one in tracks if one[b"tkhd"][12:16] == named)
    return int.from_bytes(track[b"stsz"][8:12], "big")


def mp4_has_short_table(file: bytes) -> bool:
    """Whether there is Nero's table, which counts in a byte."""
    return any(kind == b"chpl" for kind, _ in _atoms(file))


def _atoms(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + size]
        yield kind, content
        if kind in _CONTAINERS:
            yield from _atoms(content)
        assert size >= 8
        at += size
