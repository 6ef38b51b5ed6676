"""Audio files hold what was put into them, and other programs agree."""

from __future__ import annotations

import json
import math
import shutil
import struct
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narration.audio import CONTENT_TYPES, FileEncoder, FileFormat, decode, encode, wav_file
from narration.errors import AudioError

LOSSY: tuple[FileFormat, ...] = ("mp3", "opus")
FILES: tuple[FileFormat, ...] = ("mp3", "opus", "wav", "flac")


def tone(seconds: float, hertz: float = 330.0, rate: int = 24_000) -> bytes:
    """A tone that swells and fades, so that a shift in time shows."""
    at = np.arange(round(seconds * rate)) / rate
    swell = np.sin(math.pi * at / max(seconds, 1e-9))
    wave = 12_000 * swell * np.sin(2 * math.pi * hertz * at)
    return wave.astype("<i2").tobytes()


def numbers(pcm: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


@given(st.lists(st.integers(-32_768, 32_767), max_size=300), st.integers(0, 20))
@example([], 0)
@example([-32_768], 0)
@example([0] * 300, 20)
@example([32_767, -32_768] * 150, 20)
def test_flac_gives_back_every_sample(samples: list[int], doublings: int) -> None:
    pcm = struct.pack(f"<{len(samples)}h", *samples) * (1 + doublings * 2)
    assert decode(encode(pcm, "flac")) == pcm


@pytest.mark.parametrize("samples", [1, 4_607, 4_608, 4_609, 24_001, 300_000])
def test_flac_gives_back_noise_of_any_length(samples: int) -> None:
    noise = np.random.default_rng(samples).integers(-32_768, 32_768, samples)
    pcm = noise.astype("<i2").tobytes()
    assert decode(encode(pcm, "flac")) == pcm


def test_flac_of_a_short_sentence_is_not_mostly_header() -> None:
    assert len(encode(bytes(2), "flac")) < 200


@pytest.mark.parametrize("format", LOSSY)
def test_lossy_audio_comes_back_alike_at_the_same_place_and_length(format: FileFormat) -> None:
    pcm = tone(1.3)
    heard = numbers(decode(encode(pcm, format)))
    meant = numbers(pcm)
    assert heard.size == meant.size
    error = np.sqrt(np.mean((heard - meant) ** 2) / np.mean(meant**2))
    assert error < 0.1


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(6)])
def test_next_to_no_audio_is_still_a_file_that_opens(format: FileFormat, pcm: bytes) -> None:
    assert len(decode(encode(pcm, format))) <= 2 * 48


@pytest.mark.parametrize("format", CONTENT_TYPES)
def test_pieces_make_the_same_file_as_the_whole(format: FileFormat) -> None:
    pcm = tone(0.7)
    encoder = FileEncoder(format)
    at = 0
    for size in (0, 2, 998, 5_000, 24_000, len(pcm)):
        encoder.feed(pcm[at : at + size])
        at += size
    made = encoder.finish()
    if format == "opus":
        # An Ogg stream that comes in pieces has a random serial number.
        assert decode(made) == decode(encode(pcm, format))
    else:
        assert made == encode(pcm, format)


@pytest.mark.parametrize("format", CONTENT_TYPES)
def test_the_same_audio_is_always_the_same_file(format: FileFormat) -> None:
    assert encode(tone(0.3), format) == encode(tone(0.3), format)
    assert encode(tone(0.3), format) != encode(tone(0.4), format)


def test_pcm_is_left_as_it_is_and_wav_gets_its_header() -> None:
    pcm = tone(0.01)
    assert encode(pcm, "pcm") == pcm
    assert encode(pcm, "wav") == wav_file(pcm)


@pytest.mark.parametrize("format", CONTENT_TYPES)
def test_half_a_sample_is_refused(format: FileFormat) -> None:
    with pytest.raises(AudioError, match="middle of a sample"):
        encode(b"\0\0\0", format)


def test_other_rates_and_channels_are_brought_to_ours(tmp_path: Path) -> None:
    left = numbers(tone(1.0, rate=44_100))
    stereo = np.stack([left, left], axis=1).astype("<i2")
    path = tmp_path / "stereo.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes(stereo.tobytes())
    heard = numbers(decode(path.read_bytes()))
    meant = numbers(tone(1.0))
    assert abs(heard.size - meant.size) <= 24
    size = min(heard.size, meant.size)
    error = heard[:size] - meant[:size]
    assert np.sqrt(np.mean(error**2) / np.mean(meant**2)) < 0.05


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIF",
        b'{"error": "no such voice"}',
        b"#EXTM3U\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"fLaC",
        b"fLaC" + bytes(100),
        b"OggS" + bytes(100),
        b"RIFF" + bytes(100),
        b"ID3\x04" + bytes(5_000),
        b"\xff\xfb\x90\x00" + bytes(20),
    ],
)
def test_what_is_no_audio_is_refused(data: bytes) -> None:
    with pytest.raises(AudioError):
        decode(data)


def test_a_small_file_that_decodes_to_hours_is_refused() -> None:
    encoder = FileEncoder("flac")
    minute = bytes(60 * 24_000 * 2)
    for _ in range(61):
        encoder.feed(minute)
    bomb = encoder.finish()
    assert len(bomb) < 1_000_000
    with pytest.raises(AudioError, match="3600 seconds"):
        decode(bomb)


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize(
    ("format", "codec", "slack_ms"),
    # MP3 and Opus say their length with what the decoder then leaves out: at most
    # the encoder's delay and the rest of a frame.
    [("mp3", "mp3", 75), ("opus", "opus", 10), ("wav", "pcm_s16le", 0), ("flac", "flac", 0)],
)
def test_ffprobe_agrees_about_kind_and_length(
    format: FileFormat, codec: str, slack_ms: float, tmp_path: Path
) -> None:
    path = tmp_path / f"sentence.{format}"
    path.write_bytes(encode(tone(12.345), format))
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(path)],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert not shown.stderr
    told = json.loads(shown.stdout)
    assert [stream["codec_name"] for stream in told["streams"]] == [codec]
    assert told["streams"][0]["channels"] == 1
    longer_ms = 1_000 * float(told["format"]["duration"]) - 12_345
    assert -0.01 <= longer_ms <= slack_ms + 0.01
