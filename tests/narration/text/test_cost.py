"""The cost of cutting and cleaning is linear, whatever the text: counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from narration.text import Cutter, ThinkFilter, clean

HOSTILE = {
    "prose": "The gate had not opened in forty years. Moss grew on it, thick and red. ",
    "dialogue": '"Run!" Maren shouted. "Now?" Sam of the Hill said. He ran... and ran. ',
    "no punctuation": "and the road went on past the mill ",
    "one word": "x",
    "full stops": ".",
    "spaced full stops": ". ",
    "quotes": '"',
    "quotes and stops": '."',
    "apostrophes": "'",
    "parentheses": "(",
    "titles": "Mr. ",
    "initials": "a.b.",
    "questions": "?!",
    "lines": "\n",
    "lines and letters": "a\n",
    "tabs behind a stop": "x.\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t",
    "stars": "*",
    "rules": "---\n",
    "hashes": "# ",
    "tags": "<",
    "spaced tags": "< ",
    "half a link": "[a](",
    "brackets": "[",
    "half a directive": "[pause:",
    "entities": "&amp;",
    "think": "<think",
    "names": '"A?" Ann Bea Cal Dan Eve Fay ',
    "combining": "e\u0301",
    "wide": "。",
    "wide quotes": "！」",
    "commas": ",",
    "dashes": "—",
    "numbers": "1. ",
    "tables": "|a|\n",
    "links": "http://a.b/",
    "addresses": "www.",
    "spaces": " ",
}


def events(work: Callable[[], object]) -> int:
    """How many functions, ours and the interpreter's, are called in `work`."""
    count = 0

    def one_more(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    profiler = sys.getprofile()
    sys.setprofile(one_more)
    try:
        work()
    finally:
        sys.setprofile(profiler)
    return count


def cutting(text: str, longest: int) -> Callable[[], object]:
    def work() -> None:
        cutter = Cutter(max_sentence_length=longest)
        for start in range(0, len(text), 3):
            cutter.feed(text[start : start + 3])
        cutter.flush()

    return work


@pytest.mark.parametrize("longest", [250, 0])
@pytest.mark.parametrize("scrap", HOSTILE.values(), ids=HOSTILE.keys())
def test_cutting_costs_the_same_for_every_character(scrap: str, longest: int) -> None:
    small = (scrap * 1000)[:1000]
    large = (scrap * 8000)[:8000]
    cost = events(cutting(large, longest)) / 8000
    assert cost <= 1.3 * events(cutting(small, longest)) / 1000 + 1
    # Prose costs about 20.  Nobody's text may cost so much that others wait for it.
    assert cost <= 150


@pytest.mark.parametrize("scrap", HOSTILE.values(), ids=HOSTILE.keys())
def test_filtering_costs_the_same_for_every_character(scrap: str) -> None:
    def filtering(text: str) -> Callable[[], object]:
        thinking = ThinkFilter()
        return lambda: [thinking.feed(char) for char in text]

    cost = events(filtering(scrap * 4000)) / len(scrap * 4000)
    assert cost <= 1.3 * events(filtering(scrap * 500)) / len(scrap * 500) + 1


@pytest.mark.parametrize("scrap", HOSTILE.values(), ids=HOSTILE.keys())
def test_cleaning_calls_as_much_for_every_character(scrap: str) -> None:
    small = events(lambda: clean((scrap * 1000)[:1000])) / 1000
    large = events(lambda: clean((scrap * 8000)[:8000])) / 8000
    assert large <= 1.3 * small + 1


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "<a" * 50_000, "[a](" * 20_000, "&lt" * 50_000]
)
def test_a_long_hostile_text_is_cleaned_without_backtracking(text: str) -> None:
    # With a quadratic pattern this takes minutes, and pytest's time limit shows where.
    assert len(clean(text)) <= len(text)
