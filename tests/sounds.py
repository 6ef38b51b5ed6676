"""Sounds for tests, in every format that services send, and what can be heard in them."""

from __future__ import annotations

import io
import math
import random
import struct
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

__all__ = [
    "HERTZ",
    "PEAK",
    "TYPES",
    "Format",
    "bend",
    "cut_up",
    "encoded",
    "numbers",
    "pitch",
    "random_pieces",
    "tone",
    "wav",
]

Format = Literal["mp3", "aac", "opus", "vorbis", "flac", "wav", "pcm"]

TYPES: dict[Format, str] = {
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "opus": "audio/ogg; codecs=opus",
    "vorbis": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
HERTZ = 300.0
PEAK = 9_000

_FILES: dict[Format, tuple[str, str]] = {
    "mp3": ("mp3", "libmp3lame"),
    "aac": ("adts", "aac"),
    "opus": ("ogg", "libopus"),
    "vorbis": ("ogg", "vorbis"),
    "flac": ("flac", "flac"),
}


def tone(seconds: float, rate: int = 24_000, channels: int = 1) -> bytes:
    """A tone that swells and fades; each of the channels has the same."""
    at = np.arange(round(seconds * rate)) / rate
    wave = PEAK * np.sin(math.pi * at / seconds) * np.sin(2 * math.pi * HERTZ * at)
    return wave.round().astype("<i2").repeat(channels).tobytes()


def wav(
    samples: bytes,
    rate: int = 24_000,
    channels: int = 1,
    *,
    size: int | None = 0xFFFF_FFFF,
    bits: int = 16,
    tag: int = 1,
) -> bytes:
    """A WAV file; `size` is what it says of its samples' length, None is the truth."""
    frame = channels * bits // 8
    size = len(samples) if size is None else size
    return (
        b"RIFF"
        + struct.pack("<I", min(36 + size, 0xFFFF_FFFF))
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, tag, channels, rate, rate * frame, frame, bits)
        + b"data"
        + struct.pack("<I", size)
        + samples
    )


def encoded(
    pcm: bytes,
    format: Format,
    rate: int = 24_000,
    channels: int = 1,
    *,
    bit_rate: int = 96_000,
    counted: bool = True,
) -> bytes:
    """A file as a service would make it; an MP3 tells its length only if `counted`."""
    if format == "pcm":
        return pcm
    if format == "wav":
        return wav(pcm, rate, channels)
    container, codec = _FILES[format]
    options = {
        "mp3": {"write_xing": str(int(counted)), "id3v2_version": "0"},
        "flac": {"metadata_header_padding": "0"},
    }
    file = io.BytesIO()
    layout = "stereo" if channels == 2 else "mono"
    with av.open(file, "w", format=container, options=options.get(container, {})) as output:
        unready = {"strict": "experimental"} if format == "vorbis" else {}
        stream = output.add_stream(codec, rate=rate, layout=layout, options=unready)
        assert isinstance(stream, av.AudioStream)
        if format != "flac":
            stream.bit_rate = bit_rate
        frame = AudioFrame(format="s16", layout=layout, samples=len(pcm) // 2 // channels)
        frame.planes[0].update(pcm)
        frame.sample_rate = rate
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def cut_up(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """`data` in pieces of these sizes, over and over."""
    start = 0
    for size in cycle(sizes):
        if start >= len(data):
            return
        yield data[start : start + size]
        start += size


def random_pieces(data: bytes, seed: int = 1, most: int = 5_000) -> Iterator[bytes]:
    """`data` in pieces of all sizes, always the same ones."""
    dice = random.Random(seed)
    return cut_up(data, [round(most ** dice.random()) for _ in range(100)])


def numbers(pcm: bytes) -> NDArray[np.float64]:
    """The samples."""
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def bend(pcm: bytes) -> float:
    """The sharpest bend of the wave: a click is one.  About 56 for a `tone`."""
    samples = numbers(pcm)
    return float(np.abs(np.diff(samples, 2)).max(initial=0.0))


def pitch(pcm: bytes) -> float:
    """The frequency that is strongest."""
    samples = numbers(pcm)
    strength = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return float(strength.argmax()) * 24_000 / samples.size
