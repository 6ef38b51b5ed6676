"""Captions, as a reader of the two formats has them that knows not how they were written."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import east_asian_width

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narration.export.captions import captions
from narration.story import SentenceAudio
from tests.narration.export.cue_readers import read_srt, read_vtt

LONG = (
    "The old keeper had not slept since the storm came in, and when at last "
    "the lamp went out he was standing on the stairs with a match in his hand."
)


def spoken(*texts: str, ms: float = 3_000, rest_ms: float = 120) -> list[SentenceAudio]:
    return [
        SentenceAudio(number, text, 0, len(text), number * ms, ms, rest_ms, None)
        for number, text in enumerate(texts)
    ]


def test_a_short_sentence_is_shown_while_it_is_heard_and_not_in_the_pause() -> None:
    vtt = captions(spoken("Who is there?", "Nobody."), "vtt")
    assert vtt == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:02.880\nWho is there?\n"
        "\n00:00:03.000 --> 00:00:05.880\nNobody.\n"
    )
    srt = captions(spoken("Who is there?", "Nobody."), "srt")
    assert srt == (
        "1\n00:00:00,000 --> 00:00:02,880\nWho is there?\n"
        "\n2\n00:00:03,000 --> 00:00:05,880\nNobody.\n"
    )


def test_a_long_sentence_is_shown_in_parts_of_about_the_same_length() -> None:
    cues = read_vtt(captions(spoken(LONG, ms=10_120), "vtt"))
    assert " ".join(line for cue in cues for line in cue.lines) == LONG
    assert len(cues) == 2
    lengths = [len(line) for cue in cues for line in cue.lines]
    assert max(lengths) <= 42
    assert min(lengths) > 25, "a line is left with next to nothing"
    assert (cues[0].start_ms, cues[-1].end_ms) == (0, 10_000)
    # Whoever speaks evenly is there by then.
    said = len(" ".join(cues[0].lines)) / len(LONG)
    assert cues[0].end_ms == pytest.approx(10_000 * said, abs=150)


def test_what_cannot_be_heard_is_not_shown() -> None:
    hole = SentenceAudio(1, "Never spoken.", 0, 13, 3_000, 0, 0, "the voice failed")
    silent = SentenceAudio(2, " * * * ", 0, 7, 3_000, 450, 450, "nothing to say")
    broken = SentenceAudio(3, "Half of it.", 0, 11, 3_450, 700, 0, "the voice broke off")
    read = read_srt(captions([*spoken("Heard."), hole, silent, broken], "srt"))
    assert [cue.lines for cue in read] == [["Heard."], ["Half of it."]]
    assert read[1][:2] == (3_450, 4_150)
    assert captions([], "vtt") == "WEBVTT\n"
    assert captions([], "srt") == ""


def test_an_hour_is_written_as_one() -> None:
    late = SentenceAudio(0, "Late.", 0, 5, 3_600_000 + 61_001, 1_000, 0, None)
    assert "01:01:01.001 --> 01:01:02.001\n" in captions([late], "vtt")


def test_marks_that_mean_something_to_players_are_shown_as_they_are() -> None:
    text = "<sigh> R&D --> x < y"
    assert read_vtt(captions(spoken(text), "vtt"))[0].lines == [text]
    # SRT knows no way to write these: they are shown as others that look alike.
    assert read_srt(captions(spoken(text), "srt"))[0].lines == ["‹sigh› R&D → x < y"]


@given(
    st.lists(st.text(max_size=300), max_size=4),
    st.floats(1, 60_000),
    st.floats(0, 500),
)
@example(["a" * 500 + " b"], 3_000, 0)
@example(["夜" * 100], 3_000, 120)
@example(["\n\n1\n00:00:00,000 --> 00:00:01,000\n"], 3_000, 120)
@example(["<" * 50 + "b>" * 20], 3_000, 120)
def test_any_text_is_all_there_in_short_lines_in_order(
    texts: list[str], ms: float, rest_ms: float
) -> None:
    sentences = spoken(*texts, ms=ms, rest_ms=min(rest_ms, ms / 2))
    read = read_vtt(captions(sentences, "vtt"))
    words = "".join("".join(texts).split()).replace("\0", "\ufffd")
    assert "".join("".join(cue.lines).replace(" ", "") for cue in read) == words
    for cue in read:
        assert 1 <= len(cue.lines) <= 2
        for line in cue.lines:
            assert sum(2 if east_asian_width(it) in "WF" else 1 for it in line) <= 42
        assert cue.end_ms > cue.start_ms
    for cue, following in pairwise(read):
        assert following.start_ms >= cue.start_ms
    assert len(read_srt(captions(sentences, "srt"))) == len(read)
