"""Decodes audio files as they stream in, and leaves out what encoders put around the sound.

Everything here computes: 64 KB take some milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from narration.audio.flac import FlacFrames
from narration.audio.mpeg import Frame, MpegFrames, Whole, whole_of
from narration.audio.ogg import OggPages
from narration.audio.resample import Resampler
from narration.audio.sound import Sound, ours
from narration.audio.wav import WavReader
from narration.errors import AudioError

__all__ = ["Decoder", "FileKind", "open_decoder"]

FileKind = Literal["wav", "mpeg", "ogg", "flac"]

_OPUS, _OPUS_BYTES, _OPUS_RATE = b"OpusHead", 19, 48_000
_VORBIS, _VORBIS_BYTES = b"\1vorbis", 30


class Decoder(Protocol):
    """Takes a file in pieces of any size, and gives its sound: 24 kHz, 16 bit, mono.

    Whoever iterates gets it bit by bit, and may stop when it becomes too much: a few
    kilobytes can decode to hours.  Both methods raise `AudioError` on the way, if the file
    is broken, cut, or of a kind that is not read here.
    """

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The sound that `data` completes."""
        ...

    def finish(self) -> Iterator[bytes]:
        """The last of the sound."""
        ...


def open_decoder(kind: FileKind) -> Decoder:
    """A decoder of one file."""
    match kind:
        case "wav":
            return _WavDecoder()
        case "mpeg":
            return _MpegDecoder()
        case "ogg":
            return _OggDecoder()
        case "flac":
            return _FlacDecoder()


class _WavDecoder:
    def __init__(self) -> None:
        self._reader = WavReader()
        self._resampler: Resampler | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._resampled(self._reader.feed(data))

    def finish(self) -> Iterator[bytes]:
        yield self._resampled(self._reader.finish())
        if self._resampler is not None:
            yield self._resampler.flush()

    def _resampled(self, samples: bytes) -> bytes:
        wav = self._reader
        if self._resampler is None:
            if wav.sample_rate is None or wav.channels is None or wav.format is None:
                return b""
            self._resampler = Resampler(wav.sample_rate, wav.channels, wav.format)
        return self._resampler.feed(samples)


class _MpegDecoder:
    """Of MP3, and AAC with ADTS headers.

    That such a stream ends in the middle of a sentence shows only if it ends in the middle
    of a frame too, or if its first frame counts the others.
    """

    def __init__(self) -> None:
        self._frames = MpegFrames()
        self._sound: Sound | None = None
        self._whole: Whole | None = None
        self._count = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        for frame in self._frames.feed(data):
            if (whole := whole_of(frame)) is not None:
                yield from self._end()
                self._begin(frame, whole)
            else:
                yield self._decode(frame)

    def finish(self) -> Iterator[bytes]:
        self._frames.finish()
        if self._sound is None:
            raise AudioError("an MP3 or AAC stream has no frames")
        yield from self._end()

    def _begin(self, frame: Frame, whole: Whole | None) -> None:
        self._whole, self._count = whole, 0
        if frame.header.codec == "aac":
            self._sound = Sound("aac")
        elif whole is None:
            self._sound = Sound("mp3float")
        else:
            rate = frame.header.rate
            keep = None if whole.keep is None else ours(whole.keep, rate)
            self._sound = Sound("mp3float", skip=ours(whole.skip, rate), keep=keep)

    def _decode(self, frame: Frame) -> bytes:
        if self._sound is None:
            self._begin(frame, None)
        assert self._sound is not None
        self._count += 1
        if self._whole is not None and self._count > self._whole.frames:
            # Others were put behind them, and nobody knows any more where the sound ends.
            self._sound.keep(None)
        return self._sound.decode(frame.data)

    def _end(self) -> Iterator[bytes]:
        if self._whole is not None and self._count < self._whole.frames:
            missing = self._whole.frames - self._count
            raise AudioError(f"an MP3 is {missing} frames shorter than it says")
        if self._sound is not None:
            yield self._sound.decode(None)


class _OggDecoder:
    """Of Opus and Vorbis.  Their last page says that it is the last, and where they end."""

    def __init__(self) -> None:
        self._pages = OggPages()
        self._headers: list[bytes] = []
        self._sound: Sound | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        for page in self._pages.feed(data):
            if page.is_first:
                self._headers, self._sound = [], None
            if page.is_last and self._sound is not None:
                self._trim(self._sound, page.position)
            for packet in page.packets:
                yield self._decode(packet)
            if page.is_last and self._sound is not None:
                yield self._sound.decode(None)

    def finish(self) -> Iterator[bytes]:
        self._pages.finish()
        if self._sound is None:
            raise AudioError("an Ogg stream has no sound in it")
        yield b""

    def _decode(self, packet: bytes) -> bytes:
        if self._sound is None:
            self._headers.append(packet)
            self._sound = _opened(self._headers)
            return b""
        # An empty packet would tell the decoder that no more will come.
        return self._sound.decode(packet) if packet else b""

    def _trim(self, sound: Sound, position: int) -> None:
        first = self._headers[0]
        is_opus = first.startswith(_OPUS)
        # What an Opus decoder leaves out at the beginning is counted as well.
        end = position - (int.from_bytes(first[10:12], "little") if is_opus else 0)
        # What is left out belongs to the last page; with less, the position is wrong.
        if end > 0 and end >= sound.made:
            rate = _OPUS_RATE if is_opus else int.from_bytes(first[12:16], "little")
            sound.keep(ours(end, rate))


def _opened(headers: list[bytes]) -> Sound | None:
    """The decoder of an Ogg stream that begins with these packets; None if more are needed.

    Raises:
        AudioError: they are of no kind that is read here.
    """
    first = headers[0]
    if first.startswith(_OPUS) and len(first) >= _OPUS_BYTES:
        return Sound("opus", first) if len(headers) == 2 else None
    if first.startswith(_VORBIS) and len(first) >= _VORBIS_BYTES:
        if len(headers) < 3:
            return None
        lengths = (bytes([255] * (len(it) // 255) + [len(it) % 255]) for it in headers[:2])
        return Sound("vorbis", b"\2" + b"".join((*lengths, *headers)))
    raise AudioError("an Ogg stream holds neither Opus nor Vorbis")


class _FlacDecoder:
    """Of FLAC.  Its header says how many samples there are, if the encoder knew it."""

    def __init__(self) -> None:
        self._frames = FlacFrames()
        self._sound: Sound | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        for frame in self._frames.feed(data):
            yield self._decode(frame)

    def finish(self) -> Iterator[bytes]:
        if last := self._frames.finish():
            yield self._decode(last)
        made = 0
        if self._sound is not None:
            yield self._sound.decode(None)
            made = self._sound.made
        if made < self._frames.samples:
            missing = self._frames.samples - made
            raise AudioError(f"a FLAC file is {missing} samples shorter than it says")

    def _decode(self, frame: bytes) -> bytes:
        if self._sound is None:
            self._sound = Sound("flac", self._frames.info)
        return self._sound.decode(frame)
