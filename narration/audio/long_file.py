"""Writes one long audio file, piece by piece: to the disk, or to who listens meanwhile.

Everything here computes: call it from a thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol
from unicodedata import category

import av
import msgspec
from av.audio.frame import AudioFrame
from av.container.output import OutputContainer

from narration.audio.mp3_contents import MOST_LISTED, nest_contents, room_for_contents
from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.errors import AudioError

__all__ = [
    "LONG_TYPES",
    "Chapter",
    "LongFile",
    "LongFormat",
    "Sink",
    "Tags",
    "bytes_a_second",
]

LongFormat = Literal["mp3", "opus", "wav", "m4b"]

LONG_TYPES: Mapping[LongFormat, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg; codecs=opus",
        "wav": "audio/wav",
        "m4b": "audio/mp4",
    }
)
"""Each format's name over HTTP."""


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    """What a player shows of a file."""

    title: str
    album: str
    artist: str
    genre: str
    track: int | None = None


class Chapter(msgspec.Struct, frozen=True):
    """A part of a file that a player can go to."""

    title: str
    start_ms: int
    end_ms: int


class Sink(Protocol):
    """Takes a file that nobody can go back in."""

    def write(self, data: bytes, /) -> int: ...


class _Codec(NamedTuple):
    """An encoder, the file around its output, and their options."""

    container: str
    encoder: Literal["libmp3lame", "libopus", "pcm_s16le", "aac"]
    rate: int
    bit_rate: int
    encoder_options: dict[str, str]
    file_options: dict[str, str]


_CODECS: Mapping[LongFormat, _Codec] = MappingProxyType(
    {
        # Players that do not know how much an MP3's encoder put before and behind the sound
        # say it is longer: at 24 kHz by up to 85 ms, at 48 kHz by less than 50.
        "mp3": _Codec(
            "mp3",
            "libmp3lame",
            48_000,
            64_000,
            {"compression_level": "7"},
            # The older version of the tags is the one that every player reads.
            {"id3v2_version": "3"},
        ),
        "opus": _Codec("ogg", "libopus", SAMPLE_RATE, 48_000, {"compression_level": "5"}, {}),
        "wav": _Codec("wav", "pcm_s16le", SAMPLE_RATE, 16 * SAMPLE_RATE, {}, {}),
        # What a player needs to find its way comes first, so that it can seek over HTTP.
        "m4b": _Codec("ipod", "aac", SAMPLE_RATE, 64_000, {}, {"movflags": "+faststart"}),
    }
)
# Whoever listens meanwhile is to have all that there is; and without going back there is no
# way to say how long an MP3 became.
_STREAMED: Mapping[LongFormat, Mapping[str, str]] = MappingProxyType(
    {"mp3": {"write_xing": "0"}, "opus": {"page_duration": "100000"}, "wav": {}}
)


_AT_ONCE_BYTES = 2 * SAMPLE_RATE * BYTES_PER_SAMPLE


def bytes_a_second(format: LongFormat) -> int:
    """About how large a second of audio is, what is around it included."""
    codec = _CODECS[format]
    return codec.bit_rate * 105 // 800


class LongFile:
    """One file of audio that comes in pieces, without a seam between them.

    Args:
        target: a new file's path; or a sink that gets the bytes as they are made.  A sink
            cannot be given `m4b`, and its file says nowhere how long it is.
        format: what kind of file.
        tags: what players show.
        chapters: its parts, if it has any; only in `mp3` and `m4b`.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        target: Path | Sink,
        format: LongFormat,
        tags: Tags,
        chapters: Sequence[Chapter] = (),
    ) -> None:
        codec = _CODECS[format]
        options = dict(codec.file_options)
        self._to_nest: Path | None = None
        if len(chapters) > MOST_LISTED:
            options |= _many_chapters(format, len(chapters))
            if format == "mp3" and isinstance(target, Path):
                self._to_nest = target
        if isinstance(target, Path):
            file: str | Sink = str(target)
        else:
            file = target
            options |= {"flush_packets": "1", **_STREAMED[format]}
        self._samples = 0
        self._output: OutputContainer = av.open(
            file, "w", format=codec.container, options=options
        )
        self._stream = self._output.add_stream(
            codec.encoder, rate=codec.rate, layout="mono", options=codec.encoder_options
        )
        if codec.encoder != "pcm_s16le":
            self._stream.bit_rate = codec.bit_rate
        self._stream.codec_context.thread_count = 1
        self._output.metadata.update(_told(tags))
        if chapters:
            self._output.set_chapters(
                [
                    {
                        "id": number,
                        "start": chapter.start_ms,
                        "end": chapter.end_ms,
                        "time_base": Fraction(1, 1_000),
                        "metadata": {"title": _plain(chapter.title)},
                    }
                    for number, chapter in enumerate(chapters)
                ]
            )

    def feed(self, pcm: bytes) -> None:
        """Add `pcm` to the file.

        Raises:
            AudioError: it cannot be encoded.
            OSError: the file cannot be written.
        """
        # A minute at once would be resampled without letting go of Python's lock meanwhile.
        for start in range(0, len(pcm), _AT_ONCE_BYTES):
            self._feed(pcm[start : start + _AT_ONCE_BYTES])

    def finish(self) -> None:
        """Write what is left; nothing can be done with the file after that.

        Raises:
            AudioError: there is no audio in it.
            OSError: the file cannot be written.
        """
        if not self._samples:
            raise AudioError("a file is to be made of no audio")
        self._encode(None)
        with _failures():
            self._output.close()
        if self._to_nest is not None:
            nest_contents(self._to_nest)

    def discard(self) -> None:
        """Let go of the file, which is of no use to anybody."""
        with suppress(av.FFmpegError, OSError):
            self._output.close()

    def _feed(self, pcm: bytes) -> None:
        samples = len(pcm) // BYTES_PER_SAMPLE
        frame = AudioFrame(format="s16", layout="mono", samples=samples)
        frame.planes[0].update(pcm)
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = Fraction(1, SAMPLE_RATE)
        frame.pts = self._samples
        self._samples += samples
        self._encode(frame)

    def _encode(self, frame: AudioFrame | None) -> None:
        with _failures():
            self._output.mux(self._stream.encode(frame))


def _many_chapters(format: LongFormat, count: int) -> dict[str, str]:
    """The options of a file with more chapters than its table of contents can count."""
    if format == "m4b":
        # One of its two tables (Nero's) would end with the 255th; the other has all of them.
        return {"movflags": "+faststart+disable_chpl"}
    return {"metadata_header_padding": str(room_for_contents(count))}


@contextmanager
def _failures() -> Iterator[None]:
    """FFmpeg's errors as ours; a disk's are left as they are."""
    try:
        yield
    except OSError:
        raise
    except av.FFmpegError as error:
        raise AudioError(f"audio cannot be encoded: {error.strerror}") from error


def _told(tags: Tags) -> dict[str, str]:
    told = {
        "title": tags.title,
        "album": tags.album,
        "artist": tags.artist,
        "genre": tags.genre,
    }
    if tags.track is not None:
        told["track"] = str(tags.track)
    return {name: _plain(value) for name, value in told.items()}


def _plain(text: str) -> str:
    """`text` on one line, without what would end it in the middle."""
    return " ".join("".join(" " if category(c) in ("Cc", "Cs") else c for c in text).split())
