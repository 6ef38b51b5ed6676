"""Cuts a stream of MP3 or AAC into its frames, and reads what an encoder says of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from narration.errors import AudioError

__all__ = [
    "MAX_FRAME_BYTES",
    "Frame",
    "Header",
    "MpegFrames",
    "Whole",
    "header_at",
    "whole_of",
]

MAX_FRAME_BYTES = 8_191
"""The longest frame there is; it is AAC's."""

_HEADER_BYTES = 7
_MP3_KBITS = {
    # MPEG 1, and its extensions to lower rates.
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = (44_100, 48_000, 32_000)
_AAC_RATES = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000),
    *(24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
# What every decoder of MP3 adds to an encoder's delay.
_DECODER_DELAY = 529
_WITH_A_DELAY = (b"LAME", b"Lavf", b"Lavc")


class Header(NamedTuple):
    """How a frame begins.  `length` is of all of it, `rate` what decoders start from."""

    codec: Literal["mp3", "aac"]
    rate: int
    length: int


class Frame(NamedTuple):
    """A frame, whole."""

    header: Header
    data: bytes


class Whole(NamedTuple):
    """What an MP3's first frame, which is no sound, says of those after it.

    `frames`: how many there are, 0 if it does not say.
    `skip`: samples to leave out at the beginning.
    `keep`: samples that are sound after those, None if it does not say.
    """

    frames: int
    skip: int
    keep: int | None


def header_at(data: bytes | bytearray, at: int = 0) -> Header | None:
    """The header that begins there, of which `data` has all 7 bytes; None if none does."""
    if len(data) < at + _HEADER_BYTES or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    second, third = data[at + 1], data[at + 2]
    if second & 0xF6 == 0xF0:
        rate_index = third >> 2 & 15
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if rate_index >= len(_AAC_RATES) or length <= _HEADER_BYTES:
            return None
        return Header("aac", _AAC_RATES[rate_index], length)
    version, layer = second >> 3 & 3, second >> 1 & 3
    rate_index, bits_index = third >> 2 & 3, third >> 4
    if version == 1 or layer != 1 or rate_index == 3 or bits_index in (0, 15):
        return None
    rate = _MP3_RATES[rate_index] >> {3: 0, 2: 1, 0: 2}[version]
    kbits = _MP3_KBITS[3 if version == 3 else 2][bits_index - 1]
    padding = third >> 1 & 1
    return Header("mp3", rate, _samples(second) // 8 * 1_000 * kbits // rate + padding)


def _samples(second: int) -> int:
    """How many an MP3 frame of that second byte has."""
    return 1_152 if second >> 3 & 3 == 3 else 576


def whole_of(frame: Frame) -> Whole | None:
    """What the frame says of the whole stream; None if it is an ordinary one."""
    header, data = frame
    if header.codec != "mp3":
        return None
    mono, samples = data[3] >> 6 == 3, _samples(data[1])
    at = 4 + ((17 if mono else 32) if samples == 1_152 else (9 if mono else 17))
    if data[at : at + 4] not in (b"Xing", b"Info"):
        return None
    has = data[at + 7] if len(data) > at + 7 else 0
    at += 8
    frames = int.from_bytes(data[at : at + 4], "big") if has & 1 else 0
    at += (4 if has & 1 else 0) + (4 if has & 2 else 0)
    at += (100 if has & 4 else 0) + (4 if has & 8 else 0)
    if data[at : at + 4] not in _WITH_A_DELAY:
        return Whole(frames, 0, None)
    delays = int.from_bytes(data[at + 21 : at + 24], "big")
    before, behind = delays >> 12, delays & 0xFFF
    keep = frames * samples - before - behind if frames else None
    return Whole(frames, before + _DECODER_DELAY, keep)


class MpegFrames:
    """Takes a stream in pieces of any size, and gives its frames as they are complete.

    Tags before, between and behind the frames are passed over; nothing else may be there.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._skip = 0
        self._codec: str | None = None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes.

        Raises:
            AudioError: there is something else than frames.
        """
        self._held += data
        while self._pass_over_tags() and len(self._held) >= _HEADER_BYTES:
            header = header_at(self._held)
            if header is None or header.codec != (self._codec or header.codec):
                raise AudioError("an MP3 or AAC stream is broken")
            if len(self._held) < header.length:
                return
            self._codec = header.codec
            frame = Frame(header, bytes(self._held[: header.length]))
            del self._held[: header.length]
            yield frame

    def finish(self) -> None:
        """Say that no more will come.

        Raises:
            AudioError: the stream is cut within a frame or a tag.
        """
        if self._held or self._skip:
            raise AudioError("an MP3 or AAC stream ends in the middle")

    def _pass_over_tags(self) -> bool:
        """Leave a tag out, if one begins here; false if that needs more bytes."""
        while True:
            passed = min(self._skip, len(self._held))
            del self._held[:passed]
            self._skip -= passed
            size = self._tag_bytes()
            if self._skip or size is None:
                return False
            if not size:
                return True
            self._skip = size

    def _tag_bytes(self) -> int | None:
        """The length of the tag that begins here, 0 if none does; None if that is open."""
        held = self._held
        if held.startswith(b"TAG"):
            return 128
        if held.startswith(b"ID3"):
            if len(held) < 10:
                return None
            has_footer = held[5] & 0x10
            size = sum((held[6 + place] & 127) << 7 * (3 - place) for place in range(4))
            return 10 + size + (10 if has_footer else 0)
        if held.startswith(b"APETAGEX"):
            if len(held) < 32:
                return None
            is_header = held[23] & 0x20
            size = int.from_bytes(held[12:16], "little")
            return 32 + size if is_header else 32
        if len(held) < 8 and any(
            tag.startswith(held) for tag in (b"TAG", b"ID3", b"APETAGEX")
        ):
            return None
        return 0
