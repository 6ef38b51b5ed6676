"""Cuts a FLAC file into its frames as it streams in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from narration.errors import AudioError

__all__ = ["FlacFrames"]

_MARK = b"fLaC"
_HEADER_BYTES = 4
_INFO_BYTES = 34
_LAST = 128
_FRAME = re.compile(rb"\xff[\xf8\xf9]")
_MAX_FRAME_BYTES = 1 << 20
_MAX_HEAD_BYTES = 16
# Samples in a frame, for what stands for them in its header; 6 and 7 stand for a number.
_BLOCKS = (0, 192, 576, 1_152, 2_304, 4_608, 0, 0, *(256 << code for code in range(8)))


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    """For each byte, what it does to a checksum of that many bits."""
    rows = []
    for byte in range(256):
        row = byte << bits - 8
        for _ in range(8):
            row = row << 1 ^ (polynomial if row >> bits - 1 & 1 else 0)
        rows.append(row & (1 << bits) - 1)
    return tuple(rows)


_HEADER_SUM = _table(0x07, 8)
_FRAME_SUM = _table(0x8005, 16)


class _Head(NamedTuple):
    """How a frame begins.

    `number`: of its first sample, or its own; `step` is how much the next one's is more.
    """

    kind: bytes
    number: int
    step: int

    @property
    def next(self) -> tuple[bytes, int]:
        """Kind and number of the frame that follows."""
        return self.kind, self.number + self.step


class FlacFrames:
    """Takes a file in pieces of any size, and gives its frames as they are complete.

    A frame does not say how long it is: it ends where the next one begins, or the file ends.
    The decoder goes by the checksum of all of it, which here would take too long; only the
    last one's is looked at.

    `info` is what a decoder must know; None until it is read.  `samples` is how many there
    are, 0 if the encoder did not know it.
    """

    def __init__(self) -> None:
        self.info: bytes | None = None
        self.samples = 0
        self._held = bytearray()
        self._skip = 0
        self._in_headers = True
        self._head: _Head | None = None
        self._searched = 1
        self._summed = 0
        self._total = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that `data` completes.

        Raises:
            AudioError: there is something else than frames.
        """
        self._held += data
        while self._in_headers or self._skip:
            if not (self._pass_over() or self._read_header()):
                return
        while (frame := self._next_frame()) is not None:
            yield frame
        if len(self._held) > _MAX_FRAME_BYTES:
            raise AudioError("a FLAC file is broken")

    def finish(self) -> bytes:
        """Say that no more will come.  Return the last frame; empty if there is none.

        Raises:
            AudioError: the file is cut.
        """
        if self._in_headers or self._skip:
            raise AudioError("a FLAC file ended before its samples began")
        if self._sum_up_to(len(self._held)):
            raise AudioError("a FLAC file ends in the middle, or is broken")
        return bytes(self._held)

    def _pass_over(self) -> bool:
        """Whether there was something to pass over."""
        passed = min(self._skip, len(self._held))
        self._skip -= passed
        del self._held[:passed]
        return passed > 0

    def _read_header(self) -> bool:
        """Take one header in, or begin to pass over it; false if that needs more bytes."""
        if self._skip:
            return False
        if self.info is None:
            return self._read_info()
        if len(self._held) < _HEADER_BYTES:
            return False
        self._in_headers = not self._held[0] & _LAST
        self._skip = _HEADER_BYTES + int.from_bytes(self._held[1:4], "big")
        return True

    def _read_info(self) -> bool:
        start = len(_MARK) + _HEADER_BYTES
        if len(self._held) < start + _INFO_BYTES:
            return False
        head = bytes(self._held[: start + _INFO_BYTES])
        size = int.from_bytes(head[5:start], "big")
        if not head.startswith(_MARK) or head[4] & ~_LAST or size != _INFO_BYTES:
            raise AudioError("this is not a FLAC file")
        self.info = head[start:]
        # The lower 36 of these bits; the others are of what stands before them.
        self.samples = int.from_bytes(self.info[13:18], "big") & 0xF_FFFF_FFFF
        self._in_headers = not head[4] & _LAST
        self._skip = len(head)
        return True

    def _next_frame(self) -> bytes | None:
        """The first frame that is held, if where it ends is held too."""
        held = self._held
        if self._head is None and len(held) >= _MAX_HEAD_BYTES:
            self._head = _head_at(held, 0)
            if self._head is None:
                raise AudioError("a FLAC file is broken")
        while self._head is not None and (found := _FRAME.search(held, self._searched)):
            start = found.start()
            if len(held) < start + _MAX_HEAD_BYTES:
                self._searched = start
                return None
            head = _head_at(held, start)
            if head is not None and self._ends_before(head, start):
                frame = bytes(held[:start])
                del held[:start]
                self._head, self._searched = head, 1
                self._summed = self._total = 0
                return frame
            self._searched = start + 1
        self._searched = max(1, len(held) - 1)
        return None

    def _ends_before(self, head: _Head, start: int) -> bool:
        """Whether the first frame ends where that header is, which may be chance."""
        assert self._head is not None
        if head[:2] == self._head.next:
            return True
        if head.kind == self._head.kind and not self._sum_up_to(start):
            raise AudioError("frames of a FLAC file are missing")
        return False

    def _sum_up_to(self, end: int) -> int:
        """The checksum of what is held up to there, the way there being gone only once."""
        self._total = _sum(_FRAME_SUM, 16, self._held[self._summed : end], self._total)
        self._summed = end
        return self._total


def _head_at(data: bytearray, at: int) -> _Head | None:
    """The header that begins there, if its checksum says that it is one."""
    head = data[at : at + _MAX_HEAD_BYTES]
    size_code, rate_code = head[2] >> 4, head[2] & 15
    number_bytes = 1 if head[4] < 0xC0 else 8 - (head[4] ^ 0xFF).bit_length()
    after_number = 4 + number_bytes
    size_bytes = {6: 1, 7: 2}.get(size_code, 0)
    length = after_number + size_bytes + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if head[0] != 0xFF or _sum(_HEADER_SUM, 8, head[: length + 1]):
        return None
    number = head[4] & (0x7F if number_bytes == 1 else 0x7F >> number_bytes)
    for byte in head[5:after_number]:
        number = number << 6 | byte & 0x3F
    if size_bytes:
        size = 1 + int.from_bytes(head[after_number : after_number + size_bytes], "big")
    else:
        size = _BLOCKS[size_code]
    counts_samples = head[1] & 1
    kind = bytes((head[1], rate_code, head[3] & 15))
    return _Head(kind, number, size if counts_samples else 1)


def _sum(table: tuple[int, ...], bits: int, data: bytearray, total: int = 0) -> int:
    """The checksum of what has come to `total` so far and of `data`; 0 after its own."""
    for byte in data:
        total = (total << 8 & (1 << bits) - 1) ^ table[total >> bits - 8 ^ byte]
    return total
