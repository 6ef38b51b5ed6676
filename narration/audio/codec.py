"""Turns PCM into audio files that any player takes, and files back into PCM.

Everything here computes: call it from a thread.  The encoders and decoders let go of
Python's lock while they work.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

import av
from av.audio.frame import AudioFrame

from narration.audio.decoders import open_decoder
from narration.audio.kinds import kind_of
from narration.audio.mpeg import header_at
from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.audio.wav import wav_file
from narration.errors import AudioError

__all__ = [
    "CONTENT_TYPES",
    "MAX_DECODED_SECONDS",
    "FileEncoder",
    "FileFormat",
    "decode",
    "encode",
]

FileFormat = Literal["mp3", "opus", "wav", "flac", "pcm"]

CONTENT_TYPES: Mapping[FileFormat, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg; codecs=opus",
        "wav": "audio/wav",
        "flac": "audio/flac",
        "pcm": "application/octet-stream",
    }
)
"""Each format's name over HTTP.  Raw PCM has none of its own: `audio/L16` is big endian."""

MAX_DECODED_SECONDS = 3_600
"""The longest audio `decode` returns: a few kilobytes can decode to gigabytes of silence."""

_READ_BYTES = 1 << 16
_MAX_DECODED_BYTES = MAX_DECODED_SECONDS * SAMPLE_RATE * BYTES_PER_SAMPLE


class _Codec(NamedTuple):
    """An encoder, the file around its output, and their options."""

    container: str
    encoder: Literal["libmp3lame", "libopus"]
    bit_rate: int
    encoder_options: dict[str, str]
    file_options: dict[str, str]


# At their best, MP3 and Opus take up to half as long again, for what a voice hardly shows.
_CODECS: Mapping[FileFormat, _Codec] = MappingProxyType(
    {
        "mp3": _Codec(
            "mp3", "libmp3lame", 64_000, {"compression_level": "5"}, {"id3v2_version": "0"}
        ),
        "opus": _Codec("ogg", "libopus", 48_000, {"compression_level": "5"}, {}),
    }
)


class FileEncoder:
    """Makes one file of audio that comes in pieces, without a seam between them.

    The file is given at the end and not in pieces: its first bytes tell its length.

    Args:
        format: what kind of file.
        serial: the number of the stream in an Ogg file, else it is drawn by lot.
    """

    def __init__(self, format: FileFormat, *, serial: int | None = None) -> None:
        self._format = format
        self._pcm = bytearray()
        self._encoding = _encoding_of(format, serial)

    def feed(self, pcm: bytes) -> None:
        """Add `pcm` to the file.

        Raises:
            AudioError: it ends in the middle of a sample.
        """
        if len(pcm) % BYTES_PER_SAMPLE:
            raise AudioError("PCM ends in the middle of a sample")
        if self._encoding is None:
            self._pcm += pcm
        elif pcm:
            self._encoding.feed(pcm)

    def finish(self) -> bytes:
        """The file.  Nothing can be done with the encoder after that."""
        if self._encoding is not None:
            return self._encoding.finish()
        pcm = bytes(self._pcm)
        return wav_file(pcm) if self._format == "wav" else pcm


class _Encoding(Protocol):
    """An encoder at work on one file."""

    def feed(self, pcm: bytes) -> None: ...

    def finish(self) -> bytes: ...


def _encoding_of(format: FileFormat, serial: int | None) -> _Encoding | None:
    """The encoder of such a file; None if it takes none."""
    if format == "flac":
        # Late: libsndfile is for the process that compresses what is stored.
        from narration.encoding.flac_file import FlacFile

        return FlacFile()
    codec = _CODECS.get(format)
    if codec is None:
        return None
    if codec.container == "ogg" and serial is not None:
        fixed = {"fflags": "+bitexact", "serial_offset": str(serial)}
        codec = codec._replace(file_options=codec.file_options | fixed)
    return _LossyEncoding(codec)


class _LossyEncoding:
    """FFmpeg's encoders."""

    def __init__(self, codec: _Codec) -> None:
        self._file = io.BytesIO()
        self._samples = 0
        self._output = av.open(
            self._file, "w", format=codec.container, options=codec.file_options
        )
        self._stream = self._output.add_stream(
            codec.encoder, rate=SAMPLE_RATE, layout="mono", options=codec.encoder_options
        )
        self._stream.bit_rate = codec.bit_rate
        self._stream.codec_context.thread_count = 1

    def feed(self, pcm: bytes) -> None:
        samples = len(pcm) // BYTES_PER_SAMPLE
        frame = AudioFrame(format="s16", layout="mono", samples=samples)
        frame.planes[0].update(pcm)
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._samples
        self._samples += samples
        self._output.mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        if not self._samples:
            # No player opens a file without any sample.
            self.feed(bytes(BYTES_PER_SAMPLE))
        self._output.mux(self._stream.encode(None))
        self._output.close()
        return self._file.getvalue()


def encode(pcm: bytes, format: FileFormat) -> bytes:
    """`pcm` (24 kHz, 16 bit, mono) as one self-contained file, the same for the same audio.

    Raises:
        AudioError: it ends in the middle of a sample.
    """
    encoder = FileEncoder(format, serial=zlib.crc32(pcm) >> 1)
    encoder.feed(pcm)
    return encoder.finish()


def decode(data: bytes) -> bytes:
    """The audio of a file as PCM: 24 kHz, 16 bit, mono.  It may be of any kind that
    `open_decoder` knows.

    Exactly what was encoded, if it is FLAC made of such PCM.

    Raises:
        AudioError: it is none of these, is broken, or is longer than `MAX_DECODED_SECONDS`.
    """
    kind = kind_of(data) or ("mpeg" if header_at(data) else None)
    if kind is None:
        raise AudioError("this is not an AAC, FLAC, MP3, Ogg or WAV file")
    decoder = open_decoder(kind)
    pcm = bytearray()
    for start in range(0, len(data), _READ_BYTES):
        for piece in decoder.feed(data[start : start + _READ_BYTES]):
            pcm += piece
            if len(pcm) > _MAX_DECODED_BYTES:
                raise AudioError(f"audio is longer than {MAX_DECODED_SECONDS} seconds")
    for piece in decoder.finish():
        pcm += piece
    return bytes(pcm)
