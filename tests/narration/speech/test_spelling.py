"""Characters become words, however they arrive."""

from __future__ import annotations

import pytest

from narration.speech.calling.spelling import Spelling
from narration.story import Word

TEXT = "Oh — the lamp, again."
WORDS = (
    Word("Oh", 0, 200),
    Word("the", 500, 800),
    Word("lamp,", 900, 1_400),
    Word("again.", 1_500, 2_100),
)


def spell(size: int, *, relative: bool) -> tuple[Word, ...]:
    """A piece of audio for every `size` characters, which take 100 ms each."""
    spelling = Spelling()
    words: list[Word] = []
    for start in range(0, len(TEXT), size):
        characters = TEXT[start : start + size]
        first = 0 if relative else start
        begins = [(first + index) / 10 for index in range(len(characters))]
        ends = [begin + 0.1 for begin in begins]
        words += spelling.feed(characters, begins, ends, start * 100.0)
    return (*words, *spelling.finish())


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("size", [1, 4, 7, 100])
def test_words_have_the_times_of_their_characters(size: int, relative: bool) -> None:
    words = spell(size, relative=relative)
    assert [word.text for word in words] == [word.text for word in WORDS]
    for word, expected in zip(words, WORDS, strict=True):
        assert word.start_ms == pytest.approx(expected.start_ms)
        assert word.end_ms == pytest.approx(expected.end_ms)


def test_a_word_waits_for_its_end() -> None:
    spelling = Spelling()
    assert spelling.feed("lam", [0, 0.1, 0.2], [0.1, 0.2, 0.3], 0) == ()
    assert spelling.feed("p ", [0.3, 0.4], [0.4, 0.5], 300) == (Word("lamp", 0, 400),)
    assert spelling.finish() == ()


def test_times_that_are_missing_cost_words_and_nothing_else() -> None:
    spelling = Spelling()
    assert spelling.feed("a b ", [0.0, 0.1], [0.1], 0) == ()
    assert spelling.feed([], [], [], 0) == ()
    assert spelling.finish() == (Word("a", 0, 100),)
