"""From the written text to what a voice is given: by kind, and what holds for any text."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from narration.text import Cutter, Unit, clean
from narration.text.characters import weight
from tests.narration.text.spoken_cases import PAUSE, SPOKEN_CASES, SpokenCase

EXAMPLES = 5_000 if os.environ.get("CI", "").lower() not in ("", "0", "false") else 300

WORDS = (
    "word ",
    "Then ",
    "he ",
    "ein ",
    "Mara said",
    "走了",
    "गया",
    "ไป ",
    "é",
    "12",
    "4",
    "नि",
)
STRAY_MARKS = (
    *" .!?…,;'\"“”‘’()*_~`#-—–|\n<>&@/[]",
    *("**", "***", "~~", "--", " - ", "< ", " >", "m<n", "c>d", " | ", "5*3", "20~30", "f**k"),
    *(
        "<I hear you, ",
        "little one,>",
        "I`ll",
        "don´t",
        "○",
        "㎡",
        "ⓗ",
        "①",
        "Ｈ",
        "─",
        "nega-\n",
    ),
    *(
        "\n\n",
        "  \n",
        "\nApple\n",
        "Chapter 1\n",
        "MARY? ",
        "[laughs] ",
        "{again}",
        "$5 ",
        "𝐝",
    ),
)
PROSE = st.lists(st.sampled_from((*WORDS, *STRAY_MARKS)), max_size=40).map("".join)
SIZES = st.integers(1, 9)


def cut(cutter: Cutter, text: str, size: int) -> list[Unit]:
    units = []
    for start in range(0, len(text), size):
        units += cutter.feed(text[start : start + size])
    return units + cutter.flush()


def spoken(case: SpokenCase, size: int) -> list[str]:
    """What is spoken of it, if tokens have that size and the model pauses where it says so."""
    cutter = Cutter(case.language)
    units = []
    parts = case.written.split(PAUSE)
    for number, part in enumerate(parts, start=1):
        for start in range(0, len(part), size):
            units += cutter.feed(part[start : start + size])
        if number < len(parts):
            units += cutter.poll()
    units += cutter.flush()
    return [words for unit in units if (words := clean(unit.text))]


def letters(text: str) -> str:
    """Its letters and digits, however they are styled."""
    text = unicodedata.normalize("NFKC", text.replace("○", ""))
    return "".join(filter(str.isalnum, text)).replace("〇", "")


@pytest.mark.parametrize("case", SPOKEN_CASES, ids=lambda case: f"{case.kind}: {case.written}")
def test_what_is_written_is_spoken_like_this(case: SpokenCase) -> None:
    for size in (1, 3, len(case.written)):
        assert spoken(case, size) == case.spoken


@settings(max_examples=EXAMPLES)
@given(PROSE, SIZES, st.sampled_from(["en", "de", "zh", "hi", "th"]))
@example("If a<b and c>d then <I hear you, little one,> 5*3 f**k 20~30", 3, "en")
def test_every_letter_of_prose_is_spoken_in_order(text: str, size: int, language: str) -> None:
    assume("```" not in text)  # What stands behind it is the name of a language.
    units = cut(Cutter(language), text, size)
    assert letters("".join(clean(unit.text) for unit in units)) == letters(text)


@settings(max_examples=EXAMPLES)
@given(PROSE, SIZES)
def test_no_piece_of_a_sentence_comes_first_that_is_too_short(text: str, size: int) -> None:
    units = cut(Cutter(first_unit_min=15), text, size)
    for unit in units[:1]:
        if unit.kind == "clause":
            assert weight(clean(unit.text)) >= 15


@settings(max_examples=EXAMPLES)
@given(PROSE, st.sampled_from([40, 250]))
def test_no_more_than_a_unit_is_held_back(text: str, longest: int) -> None:
    cutter = Cutter(max_sentence_length=longest)
    given_out = 0
    for fed in range(1, len(text) + 1):
        given_out = max([given_out, *(unit.end for unit in cutter.feed(text[fed - 1]))])
        assert len(text[given_out:fed].strip()) <= longest


@pytest.mark.parametrize(
    ("opening", "blank", "ending"),
    [
        ("<style>\n", "\n\n", "</style>"),
        ('<script type="a">', "\n\n", "</script >"),
        ("<!-- ", " ", "-->"),
    ],
)
def test_what_is_not_for_readers_is_never_spoken_however_long(
    opening: str, blank: str, ending: str
) -> None:
    hidden = opening + f"Do not say this!{blank}Ever. " * 60 + ending
    units = cut(Cutter(), f"{hidden} She ran down the stairs. He stayed.", 3)
    said = [clean(unit.text) for unit in units if unit.kind != "markup"]
    assert [words for words in said if words] == ["She ran down the stairs.", "He stayed."]


def test_a_script_that_nothing_ends_does_not_silence_the_story() -> None:
    units = cut(Cutter(), "<script>\n" + "And then he ran. " * 1000, 3)
    heard = [unit for unit in units if unit.kind != "markup"]
    assert sum(len(unit.text) for unit in heard) > 10_000
