"""Takes an Ogg stream apart: into its pages, and into the packets that they carry."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from narration.errors import AudioError

__all__ = ["OggPages", "Page", "checksum"]

_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM_AT = 22
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_MAX_PACKET_BYTES = 1 << 20
# Ogg's checksum is zlib's with the bits of each byte the other way round.
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """A page.

    `packets`: those that end in it.
    `position`: how many samples there are up to its end, as the codec counts them; less
    than 0 if no packet ends in it.
    """

    packets: list[bytes]
    position: int
    is_first: bool
    is_last: bool


class OggPages:
    """Takes a stream in pieces of any size, and gives its pages as they are complete.

    One logical stream may follow another; two at once are not read here.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._packet = bytearray()
        self._next: tuple[int, int] | None = None
        """The serial number and the page number to come, while a stream is not at its end."""

    def feed(self, data: bytes) -> Iterator[Page]:
        """The pages that `data` completes.

        Raises:
            AudioError: a page is damaged or missing.
        """
        self._held += data
        while (size := self._page_bytes()) is not None and len(self._held) >= size:
            page = bytes(self._held[:size])
            del self._held[:size]
            yield self._read(page)

    def finish(self) -> None:
        """Say that no more will come.

        Raises:
            AudioError: the stream is cut.
        """
        if self._held or self._next is not None:
            raise AudioError("an Ogg stream has no end")

    def _page_bytes(self) -> int | None:
        """The length of the page that is held in part; None if it is not known yet."""
        held = self._held
        if not held.startswith(b"OggS"[: len(held)]):
            raise AudioError("an Ogg stream is broken")
        if len(held) < _HEADER.size or len(held) < _HEADER.size + held[_HEADER.size - 1]:
            return None
        lengths = held[_HEADER.size : _HEADER.size + held[_HEADER.size - 1]]
        return _HEADER.size + len(lengths) + sum(lengths)

    def _read(self, page: bytes) -> Page:
        _, version, flags, position, serial, number, told, count = _HEADER.unpack_from(page)
        if version or told != checksum(page):
            raise AudioError("an Ogg stream is broken")
        is_first, is_last = bool(flags & _FIRST), bool(flags & _LAST)
        if is_first != (self._next is None):
            raise AudioError("an Ogg stream begins within another, or without its first page")
        if self._next not in (None, (serial, number)):
            raise AudioError("a page of an Ogg stream is missing")
        if bool(flags & _CONTINUED) != bool(self._packet):
            raise AudioError("a part of a packet in an Ogg stream is missing")
        packets = self._packets(page[_HEADER.size : _HEADER.size + count], page)
        self._next = None if is_last else (serial, number + 1)
        return Page(packets, position, is_first, is_last)

    def _packets(self, lengths: bytes, page: bytes) -> list[bytes]:
        packets = []
        at = _HEADER.size + len(lengths)
        for length in lengths:
            self._packet += page[at : at + length]
            at += length
            if length < 255:
                packets.append(bytes(self._packet))
                self._packet.clear()
            elif len(self._packet) > _MAX_PACKET_BYTES:
                raise AudioError("an Ogg stream has a packet of more than a megabyte")
        return packets


def checksum(page: bytes) -> int:
    """What belongs into a page's header, whatever stands there."""
    without = page[:_CHECKSUM_AT] + bytes(4) + page[_CHECKSUM_AT + 4 :]
    turned = ~zlib.crc32(without.translate(_TURNED), 0xFFFF_FFFF) & 0xFFFF_FFFF
    return int.from_bytes(turned.to_bytes(4, "big").translate(_TURNED), "little")
