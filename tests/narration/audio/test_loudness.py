"""Loudness is measured as the standard says, and changed without any other harm to sound."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narration.audio import SAMPLE_RATE, wav_file
from narration.audio.loudness import Amplifier, GlidingAmplifier, LoudnessMeter

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]

PEAK_DBFS = -1.5
PEAK = 10 ** (PEAK_DBFS / 20) * 32_768


def pcm_of(samples: Numbers) -> bytes:
    return np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes()


def numbers(pcm: bytes) -> Numbers:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def tone(seconds: float, dbfs: float, hertz: float = 997.0) -> Numbers:
    """A sine of that height; `dbfs` 0 touches full scale."""
    at = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return 32_767 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * at)


def babble(seconds: float, seed: int = 1) -> Numbers:
    """Noise of many pitches in bursts of different loudness, with rests, as speech has."""
    dice = np.random.default_rng(seed)
    size = round(seconds * SAMPLE_RATE)
    noise: Numbers = np.convolve(dice.normal(size=size), np.ones(12) / 4, "same")
    loudness = dice.permutation([0.0, 0.03, 0.4, 1.0, 1.5] * (size // 20_000 + 1))
    babble: Numbers = 2_500 * noise * np.repeat(loudness, 4_000)[:size]
    return babble


def measured(pcm: bytes, piece: int | None = None) -> float | None:
    meter = LoudnessMeter()
    for at in range(0, len(pcm), piece or max(len(pcm), 1)):
        meter.feed(pcm[at : at + (piece or len(pcm))])
    return meter.lufs


def changed(amplifier: Amplifier, pcm: bytes, pieces: list[int]) -> bytes:
    out, at = b"", 0
    for samples in pieces:
        out += amplifier.feed(pcm[at : at + 2 * samples])
        at += 2 * samples
    return out + amplifier.feed(pcm[at:]) + amplifier.finish()


# Measuring


def filtered(samples: Numbers, b: list[float], a: list[float]) -> Numbers:
    """A filter of second order, by way of its frequency response; ends in silence."""
    size = 1 << (len(samples) + SAMPLE_RATE).bit_length()
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.polyval(b[::-1], z) / np.polyval(a[::-1], z)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]


def by_the_standard(samples: Numbers) -> float:
    """BS.1770-4, from its text: the two filters, blocks of 400 ms every 100, two gates.

    It gives the filters' numbers for 48 kHz; these are the analogue filters behind them.
    """
    k = np.tan(np.pi * 1_681.974450955533 / SAMPLE_RATE)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a = [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]
    b = [high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k]
    heard = filtered(samples / 32_768, b, a)
    k, q = np.tan(np.pi * 38.13547087602444 / SAMPLE_RATE), 0.5003270373238773
    a = [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]
    heard = filtered(heard, [a[0], -2 * a[0], a[0]], a)
    step = SAMPLE_RATE // 10
    starts = range(0, len(heard) - 4 * step + 1, step)
    powers = np.array([np.mean(heard[at : at + 4 * step] ** 2) for at in starts])
    loud = powers[-0.691 + 10 * np.log10(powers + 1e-20) > -70]
    loud = loud[10 * np.log10(loud) > 10 * np.log10(loud.mean()) - 10]
    return float(-0.691 + 10 * np.log10(loud.mean()))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("seconds", [0.45, 1.7, 6.33])
def test_it_measures_what_the_standard_says_in_pieces_of_any_size(
    seconds: float, seed: int
) -> None:
    samples = babble(seconds, seed)
    pcm = pcm_of(samples)
    meant = by_the_standard(numbers(pcm))
    assert -45 < meant < -10
    assert measured(pcm) == pytest.approx(meant, abs=0.1)
    assert measured(pcm, 2 * 777) == measured(pcm)


@pytest.mark.parametrize("dbfs", [0.0, -20.0, -50.0])
def test_a_tone_of_1_khz_is_3_db_softer_than_its_peaks(dbfs: float) -> None:
    assert measured(pcm_of(tone(2, dbfs))) == pytest.approx(dbfs - 3.01, abs=0.1)


@pytest.mark.parametrize("pcm", [b"", bytes(96_000), pcm_of(tone(0.399, -10))])
def test_of_silence_and_of_less_than_a_block_there_is_no_measure(pcm: bytes) -> None:
    assert measured(pcm) is None


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_the_ffmpeg_program_agrees(tmp_path: Path) -> None:
    pcm = pcm_of(babble(5))
    path = tmp_path / "sentence.wav"
    path.write_bytes(wav_file(pcm))
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(path), "-f", "null"]
    shown = subprocess.run(
        [*command, "-af", "aresample=48000,ebur128", "-"],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    (told,) = re.findall(r"Integrated loudness:\s+I:\s+(-[0-9.]+) LUFS", shown.stderr)
    assert measured(pcm) == pytest.approx(float(told), abs=0.1)


# Changing


@settings(max_examples=60)
@given(
    count=st.integers(0, 3_000),
    pieces=st.lists(st.integers(0, 900), max_size=6),
    gain_db=st.floats(-36, 20),
    dbfs=st.floats(-60, 0),
)
def test_as_many_samples_come_out_in_whatever_pieces_and_none_above_the_limit(
    count: int, pieces: list[int], gain_db: float, dbfs: float
) -> None:
    pcm = pcm_of(tone(count / SAMPLE_RATE, dbfs, hertz=311))
    out = changed(Amplifier(gain_db, PEAK_DBFS), pcm, pieces)
    assert len(out) == len(pcm)
    assert out == changed(Amplifier(gain_db, PEAK_DBFS), pcm, [])
    heard = np.abs(numbers(out))
    assert heard.max(initial=0) <= np.ceil(PEAK)
    meant = numbers(pcm) * 10 ** (gain_db / 20)
    if np.abs(meant).max(initial=0) < PEAK - 1:
        # Nothing is limited: every sample is at its place, and exactly so much louder.
        assert np.abs(numbers(out) - meant).max(initial=0) <= 0.51


def test_without_a_change_sound_is_as_it_was_and_silence_stays_silence() -> None:
    pcm = pcm_of(babble(3))
    assert np.abs(numbers(pcm)).max() < PEAK
    gliding = GlidingAmplifier(0.0, PEAK_DBFS)
    assert changed(Amplifier(0.0, PEAK_DBFS), pcm, [99, 10_000]) == pcm
    assert (
        gliding.feed(pcm[: 999 * 2], 0.0)
        + gliding.feed(pcm[999 * 2 :], 0.0)
        + (gliding.finish())
        == pcm
    )
    assert changed(Amplifier(20.0, PEAK_DBFS), bytes(9_000), [7]) == bytes(9_000)


def test_a_peak_is_turned_down_without_a_click_and_what_is_far_from_it_is_not() -> None:
    samples = tone(2, -30, hertz=200)
    samples[24_000:24_480] *= 20  # Of whole waves: 20 ms.
    pcm = pcm_of(samples)
    heard = numbers(changed(Amplifier(10.0, PEAK_DBFS), pcm, [24_100]))
    meant = numbers(pcm) * 10**0.5
    assert np.abs(meant).max() > 2 * PEAK
    assert np.abs(heard).max() <= np.ceil(PEAK)
    far = np.r_[0:23_000, 32_000:48_000]
    assert np.abs(heard[far] - meant[far]).max() <= 1
    # No step between samples is greater than the loud waves' own.
    assert np.abs(np.diff(heard)).max() < 1.1 * np.abs(np.diff(meant)).max()
    assert abs(heard[23_900:24_600].mean()) < 200


@pytest.mark.parametrize("gain_db", [12.0, -12.0])
def test_a_change_on_the_way_glides_there_and_then_stays(gain_db: float) -> None:
    pcm = pcm_of(tone(2, -30, hertz=3_000))
    gliding, out = GlidingAmplifier(0.0, PEAK_DBFS), b""
    for number, at in enumerate(range(0, len(pcm), 2 * 1_111)):
        out += gliding.feed(pcm[at : at + 2 * 1_111], gain_db if number > 5 else 0.0)
    out += gliding.finish()
    assert len(out) == len(pcm)
    # Eight samples are a wave.
    heights = np.abs(numbers(out)).reshape(-1, 8).max(axis=1)
    gains = 20 * np.log10(heights / np.abs(numbers(pcm)).reshape(-1, 8).max(axis=1))
    assert np.abs(gains[: 6 * 1_111 // 8 - 1]).max() < 0.02
    assert np.abs(np.diff(gains)).max() < 0.1
    reached = (6 * 1_111 + SAMPLE_RATE * 12 // 20) // 8 + 2
    assert np.abs(gains[reached:] - gain_db).max() < 0.1
    assert abs(gains[reached * 2 // 3]) < 11
