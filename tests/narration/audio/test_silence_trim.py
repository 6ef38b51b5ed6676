"""What is silent around a sentence is taken away, and not a sample of the sentence."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.audio import SAMPLE_RATE, duration_ms, silence
from narration.audio.silence_trim import BEFORE_MS, BEHIND_MS, MOST_HELD_MS, SilenceTrim

WINDOW_MS = 10


def tone(ms: int) -> bytes:
    count = ms * SAMPLE_RATE // 1_000
    return array("h", (round(4_000 * math.sin(at / 4)) for at in range(count))).tobytes()


def trimmed(pcm: bytes, size: int = 4_800) -> tuple[bytes, float | None]:
    trim = SilenceTrim()
    pieces = [trim.feed(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    return b"".join(pieces) + trim.finish(), trim.cut_ms


# No service sends less than a window of 10 ms at a time.
SIZES = st.integers(240, 20_000).map(lambda samples: 2 * samples)
MS = st.integers(0, 1_500)


@given(before=MS, first=st.integers(20, 500), pause=MS, behind=MS, size=SIZES)
def test_however_it_is_cut_the_sound_stays_and_the_silence_around_it_goes(
    before: int, first: int, pause: int, behind: int, size: int
) -> None:
    sentence = tone(first) + silence(pause) + tone(100)
    out, cut_ms = trimmed(silence(before) + sentence + silence(behind), size)
    assert cut_ms is not None
    begins = round((before - cut_ms) * 48)
    assert 0 <= begins <= (BEFORE_MS + WINDOW_MS) * 48
    assert out[begins : begins + len(sentence)] == sentence
    # A window may be half sound; and what comes last may be shorter than one, and stays.
    assert duration_ms(out[begins + len(sentence) :]) <= BEHIND_MS + 2 * WINDOW_MS


@given(ms=st.integers(0, 3_000), size=SIZES)
def test_what_is_silent_from_end_to_end_stays(ms: int, size: int) -> None:
    assert trimmed(silence(ms), size) == (silence(ms), None)


@pytest.mark.parametrize("pause", [0, 200, 1_500])
def test_sound_does_not_wait(pause: int) -> None:
    trim = SilenceTrim()
    trim.feed(silence(300))
    assert duration_ms(trim.feed(tone(100))) == 100 + BEFORE_MS
    if pause:
        assert duration_ms(trim.feed(silence(pause))) == min(pause, BEHIND_MS)
    sounded = trim.feed(tone(100))
    assert duration_ms(sounded) == 100 + max(pause - BEHIND_MS, 0)
    assert sounded.endswith(tone(100))


def test_a_long_silence_in_the_middle_does_not_wait_for_ever() -> None:
    trim = SilenceTrim()
    trim.feed(tone(100))
    out = sum(duration_ms(trim.feed(silence(100))) for _ in range(60))
    assert out >= 6_000 - MOST_HELD_MS - BEHIND_MS
