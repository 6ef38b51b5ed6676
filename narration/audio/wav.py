"""Reads WAV as it streams in, and writes WAV files with the right sizes."""

from __future__ import annotations

import struct
from enum import Enum, auto

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.errors import AudioError

__all__ = ["WavReader", "wav_file"]

_MAX_BYTES_BEFORE_SAMPLES = 1 << 20
_MAX_FMT_BYTES = 1 << 10
# Servers that do not know the length write about the largest number of 31 or 32 bits.
_PLACEHOLDER = 0x7FFF_0000
_MAX_CHANNELS = 8
_PCM = 1
_EXTENSIBLE = 0xFFFE
# What follows the two-byte tag in the sub-format of an extensible header.
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


class _At(Enum):
    RIFF = auto()
    CHUNK = auto()
    SAMPLES = auto()
    END = auto()


class WavReader:
    """Takes a WAV file in pieces of any size, and gives its samples as they come.

    `sample_rate` and `channels` are None until the header has told them.  Chunks
    before and after the samples are not audio, and are left out.
    """

    def __init__(self) -> None:
        self.sample_rate: int | None = None
        self.channels: int | None = None
        self._at = _At.RIFF
        self._held = bytearray()
        self._passed = 0
        self._skip = 0
        self._riff_end = 0
        self._left: int | None = None
        self._frame_bytes = BYTES_PER_SAMPLE

    def feed(self, data: bytes) -> bytes:
        """Return the samples that `data` completes: 16 bit little endian, whole frames only.

        Raises:
            AudioError: this is no WAV file, or one of a kind that is not read here.
        """
        self._held += data
        while self._at in (_At.RIFF, _At.CHUNK) and self._advance():
            if self._passed > _MAX_BYTES_BEFORE_SAMPLES:
                raise AudioError("a WAV file has no samples within its first megabyte")
        if self._at is _At.SAMPLES:
            return self._samples()
        if self._at is _At.END:
            self._held.clear()
        return b""

    def finish(self) -> None:
        """Say that no more will come.

        Raises:
            AudioError: the file is cut: its header or some of its samples are missing.
        """
        if self._at in (_At.RIFF, _At.CHUNK):
            raise AudioError("a WAV file ended before its samples began")
        if self._left:
            missing = self._left - len(self._held)
            raise AudioError(f"a WAV file is {missing} bytes shorter than it says")

    def _advance(self) -> bool:
        """Read one header, or pass over what is no header; false if that needs more bytes."""
        if self._skip:
            passed = min(self._skip, len(self._held))
            self._skip -= passed
            self._take(passed)
            return passed > 0
        if self._at is _At.RIFF:
            return self._read_riff()
        return self._read_chunk()

    def _read_riff(self) -> bool:
        if len(self._held) < 12:
            return False
        riff, size, wave = struct.unpack("<4sI4s", self._take(12))
        if riff != b"RIFF" or wave != b"WAVE":
            raise AudioError("this is not a WAV file")
        self._riff_end = 8 + size
        self._at = _At.CHUNK
        return True

    def _read_chunk(self) -> bool:
        if len(self._held) < 8:
            return False
        name, size = struct.unpack_from("<4sI", self._held)
        if name == b"data":
            self._take(8)
            self._begin_samples(size)
        elif name == b"fmt ":
            if not 16 <= size <= _MAX_FMT_BYTES:
                raise AudioError(f"a WAV file has a format header of {size} bytes")
            if len(self._held) < 8 + size:
                return False
            self._take(8)
            self._read_format(self._take(size))
            self._skip = size % 2
        else:
            self._take(8)
            self._skip = size + size % 2
        return True

    def _read_format(self, fmt: bytes) -> None:
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
        if tag == _EXTENSIBLE and fmt[26:40] == _GUID_TAIL:
            tag = int.from_bytes(fmt[24:26], "little")
        if tag != _PCM or bits != 8 * BYTES_PER_SAMPLE:
            raise AudioError(
                f"a WAV file holds {bits} bit samples of format {tag}; only 16 bit PCM is read"
            )
        if not rate or not 1 <= channels <= _MAX_CHANNELS:
            raise AudioError(f"a WAV file claims {channels} channels at {rate} Hz")
        self.sample_rate = rate
        self.channels = channels
        self._frame_bytes = channels * BYTES_PER_SAMPLE

    def _begin_samples(self, size: int) -> None:
        if self.channels is None:
            raise AudioError("a WAV file has samples before their format")
        # Zero is also what a writer leaves that never came back to fill it in, unless
        # the file as a whole is said to go on after these samples.
        filled_in_later = size == 0 and not self._passed < self._riff_end < _PLACEHOLDER
        self._left = None if size >= _PLACEHOLDER or filled_in_later else size
        self._at = _At.SAMPLES

    def _samples(self) -> bytes:
        if self._left is None or len(self._held) < self._left:
            samples = self._take(len(self._held) - len(self._held) % self._frame_bytes)
            if self._left is not None:
                self._left -= len(samples)
            return samples
        samples = self._take(self._left - self._left % self._frame_bytes)
        self._left = 0
        self._at = _At.END
        self._held.clear()
        return samples

    def _take(self, count: int) -> bytes:
        taken = bytes(self._held[:count])
        del self._held[:count]
        self._passed += count
        return taken


def wav_file(pcm: bytes) -> bytes:
    """`pcm` (24 kHz, 16 bit, mono) as a WAV file."""
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(pcm),
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        1,
        SAMPLE_RATE,
        SAMPLE_RATE * BYTES_PER_SAMPLE,
        BYTES_PER_SAMPLE,
        8 * BYTES_PER_SAMPLE,
        b"data",
        len(pcm),
    )
    return header + pcm
