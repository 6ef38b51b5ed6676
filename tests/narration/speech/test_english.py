"""The embedded voice says the words that are written: by its own phonemes."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narration.speech.embedded.voice import EmbeddedVoice
from tests.narration.speech.english_cases import (
    CASES,
    CHANGED_IN_FICTION,
    SPELLED_IN_FICTION,
    Case,
)
from tests.narration.speech.letters import spelled

pytestmark = pytest.mark.embedded

_FICTION = Path(__file__).parent / "data" / "fiction.txt"
_MARKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ALPHABET = (
    *"aAI059.,!?;:'\"-—…()[]/*&%$£#@_~^|<>+=\\\n ½²°é̶́你Я٣",
    *(
        "no. ",
        "No. 5",
        "Mr. ",
        "U.S. ",
        "p.m. ",
        "W-w",
        "hh",
        "ooo",
        "IV ",
        "THE ",
        "n't ",
        "'em ",
    ),
    *(
        "3:45",
        "1/2",
        "km",
        "Jan. ",
        "Sun. ",
        "](/x/)",
        "[a](/b/)",
        "www.x.com",
        "NASA ",
        "J. ",
    ),
)


@cache
def _voice() -> EmbeddedVoice:
    return EmbeddedVoice()


@cache
def _fiction() -> list[str]:
    lines = _FICTION.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'").replace("‘", "'").lower())


def _readable(written: str) -> str:
    """What is said, as a reader would write it: without phonemes, and no marks apart."""
    text = re.sub(r" (?=[.,;:!?…])", "", _MARKED.sub(r"\1", written))
    return re.sub(r"(?<=\b[A-Z])\.(?=[A-Z])", " ", text)


def _changes(sentence: str) -> set[tuple[str, str]]:
    """What was written and what is said for it, wherever these are not the same words."""
    before = _words(sentence.replace("--", " "))
    after = _words(_readable(_voice().written_out(sentence)))
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return {
        (" ".join(before[a:b]), " ".join(after[c:d]))
        for tag, a, b, c, d in blocks
        if tag != "equal"
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.written)
def test_what_is_written_is_what_is_said(case: Case) -> None:
    assert _readable(_voice().written_out(case.written)) == case.spoken
    assert _voice().phonemes(case.written) == case.heard


def test_no_word_of_fiction_is_spelled_that_a_reader_would_not_spell() -> None:
    found = Counter(
        word for line in _fiction() for word in spelled(_voice(), _voice().written_out(line))
    )
    assert set(found) == SPELLED_IN_FICTION


def test_the_measure_finds_what_is_spelled() -> None:
    assert spelled(_voice(), "THE NIGHT WAS DARK. Shh! W-wait. Brr.") == ["WAS", "Shh", "Brr"]
    assert spelled(_voice(), "I had a look at it, as you said.") == []


def test_no_word_of_fiction_is_changed_but_for_abbreviations_and_numerals() -> None:
    assert len(_fiction()) == 2_000
    assert {change for line in _fiction() for change in _changes(line)} == CHANGED_IN_FICTION


@settings(max_examples=300)
@given(st.lists(st.sampled_from(_ALPHABET), max_size=60).map("".join))
def test_nothing_that_is_written_stops_it(text: str) -> None:
    _voice().phonemes(text)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(_fiction()), min_size=2, max_size=3))
def test_sentences_are_read_together_as_they_are_read_alone(sentences: list[str]) -> None:
    together = _words(_voice().written_out(" ".join(sentences)))
    assert together == [
        word for one in sentences for word in _words(_voice().written_out(one))
    ]


def test_a_text_is_one_utterance_unless_it_is_too_long() -> None:
    short = "He left on Jan. 5. It was no. 7. She stayed; the Sun. shone."
    assert len(list(_voice().speak(short, 1.0))) == 1
    assert len(list(_voice().speak(" ".join([short] * 8), 1.0))) > 1
