"""Sentences begin and end without a click, and are otherwise as they were."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narration.audio.edges import FADE_IN_MS, FADE_OUT_MS, Edges
from tests.sounds import cut_up, numbers, tone

IN, OUT = FADE_IN_MS * 24, FADE_OUT_MS * 24
LOUDEST = 32_767


def smoothed(pieces: list[bytes]) -> bytes:
    edges = Edges()
    return b"".join([*(edges.feed(piece) for piece in pieces), edges.finish()])


def level(value: int, samples: int) -> bytes:
    return struct.pack("<h", value) * samples


def steepest(pcm: bytes) -> float:
    """The largest step from one sample to the next, from silence and back to it."""
    return float(np.abs(np.diff(numbers(pcm), prepend=0, append=0)).max())


@given(
    samples=st.lists(st.integers(-32_768, 32_767), max_size=500),
    sizes=st.lists(st.integers(0, 130), min_size=1, max_size=8).filter(any),
)
@example(samples=[30_000] * 300, sizes=[50])
@example(samples=[30_000] * 300, sizes=[1])
def test_it_comes_out_the_same_in_any_pieces_and_as_long(
    samples: list[int], sizes: list[int]
) -> None:
    pcm = struct.pack(f"<{len(samples)}h", *samples)
    whole = smoothed([pcm])
    assert len(whole) == len(pcm)
    assert smoothed(list(cut_up(pcm, [2 * size for size in sizes]))) == whole


@pytest.mark.parametrize("samples", [8, 30, 71, 72, 100, 119, 120, 121, 192, 193, 5_000])
@pytest.mark.parametrize("value", [LOUDEST, -32_768, 3_000])
def test_an_offset_neither_starts_nor_ends_with_a_jump(value: int, samples: int) -> None:
    pcm = level(value, samples)
    assert steepest(pcm) == abs(value)
    # The steepest place of the rise is at its middle: half of pi over its length.
    assert steepest(smoothed([pcm])) <= abs(value) * 1.6 / IN + 1


@pytest.mark.parametrize("rest", [0.2, 0.25, 0.5, 0.75])
def test_a_wave_that_is_cut_off_anywhere_ends_in_silence(rest: float) -> None:
    pcm = tone(1.0)[: round((0.5 + rest / 300) * 24_000) * 2]
    whole = smoothed([pcm])
    assert abs(numbers(pcm)[-1]) > 1_000 or rest == 0.5
    assert abs(numbers(whole)[-1]) <= 2
    assert steepest(whole) <= steepest(tone(1.0)) + 1


def test_all_between_the_edges_stays_as_it_is() -> None:
    pcm = np.random.default_rng(1).integers(-32_768, 32_768, 2_000).astype("<i2").tobytes()
    whole = smoothed([pcm])
    assert whole[2 * IN : -2 * OUT] == pcm[2 * IN : -2 * OUT]
    assert whole[: 2 * IN] != pcm[: 2 * IN]
    assert whole[-2 * OUT :] != pcm[-2 * OUT :]


@pytest.mark.parametrize("samples", [0, 1, 50, 5_000])
def test_silence_stays_silence(samples: int) -> None:
    assert smoothed([bytes(2 * samples)]) == bytes(2 * samples)


def test_no_more_than_the_end_waits() -> None:
    edges = Edges()
    given = 0
    for number in range(1, 100):
        given += len(edges.feed(level(1_000, 50)))
        assert given == max(0, 100 * number - 2 * OUT)
    assert len(edges.finish()) == 2 * OUT
    assert edges.finish() == b""
