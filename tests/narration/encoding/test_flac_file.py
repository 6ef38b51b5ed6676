"""FLAC files hold every sample, say so, and are read by programs that are not ours."""

from __future__ import annotations

import hashlib
import io

import av
import numpy as np
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st

from narration.audio import SAMPLE_RATE, decode, encode
from narration.encoding.flac_file import FlacFile
from narration.errors import AudioError
from tests.sounds import cut_up, tone

_NOISE = np.random.default_rng(7).integers(-32_768, 32_768, 100_000).astype("<i2").tobytes()
_MD5 = slice(26, 42)


def _file(*pieces: bytes) -> bytes:
    file = FlacFile()
    for piece in pieces:
        file.feed(piece)
    return file.finish()


@given(
    sound=st.sampled_from([_NOISE, bytes(len(_NOISE)), tone(2.0)]),
    samples=st.integers(0, 40_000),
    sizes=st.lists(st.integers(1, 5_000).map(lambda samples: 2 * samples), min_size=1),
)
@example(_NOISE, 0, [2])
@example(_NOISE, 1, [2])
@example(_NOISE, 4_095, [2 * 4_096])
@example(_NOISE, 4_096, [2 * 4_096])
@example(_NOISE, 4_097, [2 * 4_096])
def test_a_file_is_exact_and_the_same_whatever_the_pieces(
    sound: bytes, samples: int, sizes: list[int]
) -> None:
    pcm = sound[: 2 * samples]
    made = _file(*cut_up(pcm, sizes))
    assert decode(made) == pcm
    assert made == _file(pcm) == encode(pcm, "flac")


@pytest.mark.parametrize("pcm", [b"", bytes(2), tone(0.001), tone(1.234), _NOISE])
def test_a_file_carries_the_checksum_of_its_samples(pcm: bytes) -> None:
    assert _file(pcm)[_MD5] == hashlib.md5(pcm).digest()


@pytest.mark.parametrize("pcm", [bytes(2), tone(0.001), tone(1.234), _NOISE])
def test_ffmpeg_and_libsndfile_read_it_exactly(pcm: bytes) -> None:
    with av.open(io.BytesIO(_file(pcm)), "r") as file:
        stream = file.streams.audio[0]
        assert (stream.rate, stream.channels) == (SAMPLE_RATE, 1)
        assert stream.duration == len(pcm) // 2
        frames = [frame.to_ndarray().astype("<i2").tobytes() for frame in file.decode(stream)]
    assert b"".join(frames) == pcm
    samples, rate = soundfile.read(io.BytesIO(_file(pcm)), dtype="int16")
    assert (samples.astype("<i2").tobytes(), rate) == (pcm, SAMPLE_RATE)


def test_a_byte_that_flips_does_not_pass() -> None:
    made = bytearray(_file(tone(1.0)))
    made[len(made) // 2] ^= 16
    with pytest.raises(AudioError):
        decode(bytes(made))


def test_speech_like_sound_is_half_as_large_and_silence_is_next_to_nothing() -> None:
    assert len(_file(tone(2.0))) < len(tone(2.0)) / 2
    assert len(_file(bytes(96_000))) < 1_000
