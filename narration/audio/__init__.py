"""Sound as numbers: raw PCM, WAV as it streams in, and files of every format."""

from narration.audio.codec import (
    CONTENT_TYPES,
    MAX_DECODED_SECONDS,
    FileEncoder,
    FileFormat,
    decode,
    encode,
)
from narration.audio.pcm import (
    BYTES_PER_MS,
    BYTES_PER_SAMPLE,
    MAX_CHUNK_MS,
    SAMPLE_RATE,
    duration_ms,
    silence,
    slices,
)
from narration.audio.transcoder import Transcoder
from narration.audio.wav import WavReader, wav_file

__all__ = [
    "BYTES_PER_MS",
    "BYTES_PER_SAMPLE",
    "CONTENT_TYPES",
    "MAX_CHUNK_MS",
    "MAX_DECODED_SECONDS",
    "SAMPLE_RATE",
    "FileEncoder",
    "FileFormat",
    "Transcoder",
    "WavReader",
    "decode",
    "duration_ms",
    "encode",
    "silence",
    "slices",
    "wav_file",
]
