"""Reads WAV as it streams in, and writes WAV files with the right sizes."""

from __future__ import annotations

import math
import re
import struct
from array import array
from enum import Enum, auto

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.audio.resample import MAX_CHANNELS, RATES, SampleFormat
from narration.errors import AudioError

__all__ = ["WavReader", "wav_file"]

_MAX_BYTES_BEFORE_SAMPLES = 1 << 20
_MAX_FMT_BYTES = 1 << 10
# Servers that do not know the length write some large number: the largest of 31 or 32 bits,
# two billion, or what else no sentence can be as long as.
_LONGEST_SECONDS = 600
_PCM = 1
_FLOAT = 3
_EXTENSIBLE = 0xFFFE
# What follows the two-byte tag in the sub-format of an extensible header.
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_FORMATS: dict[tuple[int, int], SampleFormat] = {
    (_PCM, 8): "u8",
    (_PCM, 16): "s16",
    (_PCM, 24): "s32",
    (_PCM, 32): "s32",
    (_FLOAT, 32): "flt",
}
_OTHER_KINDS = {b"RIFX": "a big endian", b"RF64": "an RF64", b"BW64": "an RF64"}

# Eight given bytes, which no sound happens to have in it: some servers send a file a
# piece of the text.
_NEXT_FILE = re.compile(rb"RIFF.{4}WAVE", re.DOTALL)
_PERHAPS_NEXT_FILE = re.compile(rb"R(I(F(F(.{0,4}|.{4}W(A(V)?)?))?)?)?\Z", re.DOTALL)
_RIFF_BYTES = 12


class _At(Enum):
    RIFF = auto()
    CHUNK = auto()
    SAMPLES = auto()
    END = auto()


class WavReader:
    """Takes a WAV file in pieces of any size, and gives its samples as they come.

    `sample_rate`, `channels` and `format` are None until the header has told them.  Chunks
    before and after the samples are not audio, and are left out.  More files may follow,
    if their samples are of the same kind.  Where a server did not know the length, only
    the connection can tell whether samples are missing.
    """

    def __init__(self) -> None:
        self.sample_rate: int | None = None
        self.channels: int | None = None
        self.format: SampleFormat | None = None
        self._at = _At.RIFF
        self._held = bytearray()
        self._passed = 0
        self._skip = 0
        self._riff_end = 0
        self._left: int | None = None
        self._bits = 0
        self._frame_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Return the samples that `data` completes, as `format` says; whole frames only.

        Raises:
            AudioError: this is no WAV file, or one of a kind that is not read here.
        """
        self._held += data
        samples = []
        while (more := self._advance()) is not None:
            samples.append(more)
        return b"".join(samples)

    def finish(self) -> bytes:
        """Say that no more will come.  Return the last samples.

        Raises:
            AudioError: the file is cut: its header or some of its samples are missing.
        """
        if self._at in (_At.RIFF, _At.CHUNK):
            raise AudioError("a WAV file ended before its samples began")
        if self._left:
            missing = self._left - len(self._held)
            raise AudioError(f"a WAV file is {missing} bytes shorter than it says")
        return self._frames(len(self._held)) if self._at is _At.SAMPLES else b""

    def _advance(self) -> bytes | None:
        """Read one header, or pass over what is none, or take samples.  Return those; None
        if more bytes are needed.
        """
        if self._at is _At.CHUNK and self._passed > _MAX_BYTES_BEFORE_SAMPLES:
            raise AudioError("a WAV file has no samples within its first megabyte")
        match self._at:
            case _ if self._skip:
                return self._pass_over()
            case _At.RIFF:
                return self._read_riff()
            case _At.CHUNK:
                return self._read_chunk()
            case _At.SAMPLES:
                left = self._left
                return self._samples_up_to_next_file() if left is None else self._samples(left)
            case _At.END:
                return self._find_next_file()

    def _pass_over(self) -> bytes | None:
        passed = min(self._skip, len(self._held))
        self._skip -= passed
        self._take(passed)
        return b"" if passed else None

    def _read_riff(self) -> bytes | None:
        if len(self._held) < _RIFF_BYTES:
            return None
        riff, size, wave = struct.unpack("<4sI4s", self._take(_RIFF_BYTES))
        if wave == b"WAVE" and (kind := _OTHER_KINDS.get(riff)) is not None:
            raise AudioError(f"this is {kind} WAV file, which is not read here")
        if riff != b"RIFF" or wave != b"WAVE":
            raise AudioError("this is not a WAV file")
        self._passed = _RIFF_BYTES
        self._riff_end = 8 + size
        self._at = _At.CHUNK
        return b""

    def _read_chunk(self) -> bytes | None:
        if len(self._held) < 8:
            return None
        name, size = struct.unpack_from("<4sI", self._held)
        if name == b"data":
            self._take(8)
            self._begin_samples(size)
        elif name == b"fmt ":
            if not 16 <= size <= _MAX_FMT_BYTES:
                raise AudioError(f"a WAV file has a format header of {size} bytes")
            if len(self._held) < 8 + size:
                return None
            self._take(8)
            self._read_format(self._take(size))
            self._skip = size % 2
        else:
            self._take(8)
            self._skip = size + size % 2
        return b""

    def _read_format(self, fmt: bytes) -> None:
        tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
        if tag == _EXTENSIBLE and fmt[26:40] == _GUID_TAIL:
            tag = int.from_bytes(fmt[24:26], "little")
        format = _FORMATS.get((tag, bits))
        if format is None:
            raise AudioError(
                f"a WAV file holds {bits} bit samples of format {tag}, which are not read here"
            )
        if rate not in RATES or not 1 <= channels <= MAX_CHANNELS:
            raise AudioError(f"a WAV file claims {channels} channels at {rate} Hz")
        before = (self.sample_rate, self.channels, self._bits, self.format)
        if self.format is not None and before != (rate, channels, bits, format):
            raise AudioError("a WAV file goes on with another kind of samples")
        self.sample_rate, self.channels, self.format = rate, channels, format
        self._bits = bits
        self._frame_bytes = channels * bits // 8

    def _begin_samples(self, size: int) -> None:
        if self.channels is None:
            raise AudioError("a WAV file has samples before their format")
        # Zero is also what a writer leaves that never came back to fill it in, unless
        # the file as a whole is said to go on after these samples.
        assert self.sample_rate is not None
        longest = _LONGEST_SECONDS * self.sample_rate * self._frame_bytes
        filled_in_later = size == 0 and not self._passed < self._riff_end <= longest
        self._left = None if size > longest or filled_in_later else size
        self._at = _At.SAMPLES

    def _samples(self, left: int) -> bytes | None:
        whole = min(left, len(self._held))
        whole -= whole % self._frame_bytes
        samples = self._frames(whole)
        self._left = left - whole
        if self._left < self._frame_bytes and len(self._held) >= self._left:
            # The file itself may cut its last frame.
            self._take(self._left)
            self._left = 0
            self._at = _At.END
        elif not whole:
            return None
        return samples

    def _samples_up_to_next_file(self) -> bytes | None:
        end, found = self._next_file()
        samples = self._frames(end)
        if found:
            self._take(end % self._frame_bytes)
            self._at = _At.RIFF
        return samples if samples or found else None

    def _find_next_file(self) -> bytes | None:
        end, found = self._next_file()
        self._take(end)
        if not found:
            return None
        self._at = _At.RIFF
        return b""

    def _next_file(self) -> tuple[int, bool]:
        """Up to where no other file begins in what is held, and whether one begins there."""
        if found := _NEXT_FILE.search(self._held):
            return found.start(), True
        tail = max(0, len(self._held) - _RIFF_BYTES + 1)
        perhaps = _PERHAPS_NEXT_FILE.search(self._held, tail)
        return (perhaps.start() if perhaps else len(self._held)), False

    def _frames(self, end: int) -> bytes:
        """Take the whole frames of what is held up to there."""
        samples = self._take(end - end % self._frame_bytes)
        if self._bits == 24:
            wide = bytearray(len(samples) // 3 * 4)
            for place in range(3):
                wide[place + 1 :: 4] = samples[place::3]
            return bytes(wide)
        if self.format == "flt" and not math.isfinite(sum(array("f", samples))):
            raise AudioError("a WAV file holds samples that are no numbers")
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
