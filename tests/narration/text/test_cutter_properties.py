"""What holds for every text, however odd, and however it is split into tokens."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from narration.text import Cutter, Unit

EXAMPLES = 20_000 if os.environ.get("CI", "").lower() not in ("", "0", "false") else 500

_CHARS = (
    "abAB1 .!?…,;:'\"“”‘’()[]*_#-—\n\r\t<>&@/\\|`~。！？「」、।¿¡«»„"
    "\x00\x85\u200b\u200d\u2028\ufeff\u0301"
)
_ABBREVIATIONS = ("Mr.", "Dr. ", "U.S. ", "a.m. ", "e.g. ", "No. 5", "J. ", "etc. ", "1. ")
_MARKS = ("...", ". . .", "?!", ' "', '" ', "—“", "   ")
_LINES = (
    "\n\n",
    "\r\n",
    "\r\n\r\n",
    "\n- ",
    "\n1. ",
    "\n# ",
    "\n---\n",
    "```\n",
    "\n> ",
    "\n|",
)
_WORDS = ("word ", "then ", "he ", "I ", "Sam said ", "she asked.", "と", "他说", " und ")
_CLUSTERS = ("😀", "👨\u200d👩\u200d👧", "👍🏽", "🇩🇪", "\ud83d", "\ude00", "नि", "한")
_MARKUP = (
    *("<p>", "</p>", "<b>", "</b>", "<h2>", "</h2>", "<li>", "<br>", "<!--", "-->", "<a b='"),
    *(
        "<style>",
        "</style>",
        "<script>",
        "<i",
        "/>",
        'x="',
        "<a<b ",
        "![",
        "](",
        "[^1]:",
        "[[a]",
    ),
    *("\n| a! b | c |", " | ", "--- | ---\n", "$", "\\n", "\\(", "~~", "``"),
)
_STAND_INS = ("--", "─", "`", "´", "′", "○", "5*3", "f**k", "20~30", "a_b", "①", "ⓗ", "㎡")
_LINE_ENDINGS = (
    "nega-\n",
    "  \n",
    " \n",
    ":\n",
    "\nMARY: ",
    "\nA) ",
    "\nApple\n",
    "\nThe Gate",
)
_SCRIPTS = (
    "गया| ",
    "गया |",
    "ไป ",
    "ไป",
    "走了!",
    "走了.",
    "憂鬱（ゆう）",
    "שלום ",
    "سلام؟",
    "ന്\u200d",
)
_ADDRESSES = ("http://a.b/c?d.e ", "a@b.co ")
SCRAPS = (
    *_CHARS,
    *_ABBREVIATIONS,
    *_MARKS,
    *_LINES,
    *_WORDS,
    *_CLUSTERS,
    *_ADDRESSES,
    *_MARKUP,
)
SCRAPS += (*_STAND_INS, *_LINE_ENDINGS, *_SCRIPTS)
TEXTS = st.lists(st.sampled_from(SCRAPS), max_size=60).map("".join)
LANGUAGES = st.sampled_from(
    ["en", "de", "es", "fr", "ja", "zh", "ko", "hi", "ar", "ru", "th", "he", "xx"]
)
LENGTHS = st.sampled_from(
    [(0, 0, 0), (20, 250, 15), (20, 40, 15), (5, 10, 1), (60, 30, 0), (0, 1, 0), (300, 2, 7)]
)


def make(language: str, lengths: tuple[int, int, int]) -> Cutter:
    return Cutter(language, *lengths)


def split(text: str, cuts: list[int]) -> list[str]:
    """`text` in tokens of these lengths, and again."""
    tokens: list[str] = []
    start = 0
    while start < len(text):
        size = cuts[len(tokens) % len(cuts)]
        tokens.append(text[start : start + size])
        start += size
    return tokens


def units_of(cutter: Cutter, tokens: list[str]) -> list[Unit]:
    return [unit for token in tokens for unit in cutter.feed(token)] + cutter.flush()


def assert_tiles(text: str, units: list[Unit]) -> None:
    """In order, exactly from the text, and with nothing but white space in between."""
    place = 0
    for unit in units:
        assert unit.text == text[unit.start : unit.end]
        assert unit.text == unit.text.strip() != ""
        assert place <= unit.start
        assert not text[place : unit.start].strip()
        place = unit.end
    assert not text[place:].strip()


@settings(max_examples=EXAMPLES)
@given(
    TEXTS,
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    LANGUAGES,
    LENGTHS,
)
@example("1. ①1. a", [1], "en", (0, 0, 0))
@example("a--- | ---\nไป </p>", [1], "en", (5, 10, 1))
@example("\n\n --- | ---\n", [3], "en", (0, 0, 0))
@example("[\n\n]", [2], "en", (0, 0, 0))
@example("<!--", [4], "en", (0, 1, 0))
@example(
    '"Stop!" he cried. \r\n\r\nMr. \ud83d\ude00 e\u0301 3.14\u200b. And',
    [2, 3],
    "en",
    (20, 250, 15),
)
def test_the_units_tile_the_text_and_do_not_depend_on_tokens(
    text: str, cuts: list[int], language: str, lengths: tuple[int, int, int]
) -> None:
    cutter = make(language, lengths)
    units = units_of(cutter, list(text))
    assert_tiles(text, units)
    longest = lengths[1]
    if longest:
        assert all(len(unit.text) <= longest for unit in units)
    # The same cutter serves again, with other tokens.
    assert units_of(cutter, split(text, cuts)) == units
    assert units_of(cutter, [text]) == units


@settings(max_examples=EXAMPLES // 10)
@given(st.text(), LANGUAGES, LENGTHS)
def test_any_text_at_all_is_tiled(
    text: str, language: str, lengths: tuple[int, int, int]
) -> None:
    cutter = make(language, lengths)
    units = units_of(cutter, list(text))
    assert_tiles(text, units)
    assert units_of(cutter, [text]) == units


@settings(max_examples=EXAMPLES // 10)
@given(
    TEXTS,
    st.lists(st.integers(1, 9), min_size=1, max_size=8),
    st.lists(st.booleans(), min_size=1, max_size=8),
    LENGTHS,
)
def test_units_tile_the_text_wherever_the_stream_pauses(
    text: str, cuts: list[int], pauses: list[bool], lengths: tuple[int, int, int]
) -> None:
    cutter = make("en", lengths)
    units = []
    for number, token in enumerate(split(text, cuts)):
        units += cutter.feed(token)
        if pauses[number % len(pauses)]:
            units += cutter.poll()
    units += cutter.flush()
    assert_tiles(text, units)
    if lengths[1]:
        assert all(len(unit.text) <= lengths[1] for unit in units)


@settings(max_examples=EXAMPLES // 10)
@given(TEXTS, TEXTS)
def test_a_pause_behind_a_certain_end_changes_nothing(before: str, after: str) -> None:
    """Where `poll` gives nothing, later units are as if it had not been called."""
    polled, plain = Cutter(), Cutter()
    polled.feed(before)
    plain.feed(before)
    if not polled.poll():
        assert polled.feed(after) + polled.flush() == plain.feed(after) + plain.flush()


@settings(max_examples=EXAMPLES // 10)
@given(TEXTS, LENGTHS)
def test_a_paragraph_that_is_said_to_end_does_end(
    text: str, lengths: tuple[int, int, int]
) -> None:
    units = units_of(make("en", lengths), list(text))
    for unit, following in pairwise(units):
        if unit.paragraph_end:
            assert following.paragraph_start
        between = text[unit.end : following.start]
        assert following.paragraph_start or between.count("\n") < 2
    if units:
        assert not units[0].paragraph_start


@settings(max_examples=EXAMPLES // 10)
@given(TEXTS, LENGTHS)
def test_the_end_of_the_text_ends_a_paragraph(
    text: str, lengths: tuple[int, int, int]
) -> None:
    cutter = make("en", lengths)
    cutter.feed(text)
    if rest := cutter.flush():
        assert rest[-1].paragraph_end


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_crlf_or_a_surrogate_pair_may_be_split(size: int) -> None:
    text = "He left.\r\n\r\nShe \ud83d\ude00 stayed\u200b. e\u0301\r\n\r\n\ufeffThen"
    tokens = [text[start : start + size] for start in range(0, len(text), size)]
    assert units_of(Cutter(), tokens) == units_of(Cutter(), [text])
