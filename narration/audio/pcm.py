"""Audio as it travels inside the server: 24 kHz, signed 16 bit little endian, mono."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = [
    "BYTES_PER_MS",
    "BYTES_PER_SAMPLE",
    "MAX_CHUNK_MS",
    "SAMPLE_RATE",
    "duration_ms",
    "silence",
    "slices",
]

SAMPLE_RATE = 24_000
BYTES_PER_SAMPLE = 2
MAX_CHUNK_MS = 1_000
"""The longest piece audio travels in, so that every limit in milliseconds is kept closely."""

BYTES_PER_MS = SAMPLE_RATE * BYTES_PER_SAMPLE // 1_000


def duration_ms(pcm: bytes | bytearray) -> float:
    """Length of `pcm` in milliseconds."""
    return len(pcm) / BYTES_PER_MS


def silence(ms: int) -> bytes:
    """`ms` milliseconds of nothing."""
    return bytes(ms * BYTES_PER_MS)


def slices(pcm: bytes, ms: int = MAX_CHUNK_MS) -> Iterator[bytes]:
    """Cut `pcm` into pieces of at most `ms` milliseconds."""
    size = ms * BYTES_PER_MS
    if 0 < len(pcm) <= size:
        yield pcm
        return
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size]
