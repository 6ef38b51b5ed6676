"""Cuts what was spoken into captions: at most two short lines each, with their times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width

import msgspec

from narration.story import SentenceAudio

__all__ = ["MAX_LINES", "MAX_WIDTH", "Cue", "cues"]

MAX_LINES = 2
MAX_WIDTH = 42
"""Of a line, in letters; an East Asian one takes the place of two."""


class Cue(msgspec.Struct, frozen=True):
    """What is shown, and when."""

    start_ms: float
    end_ms: float
    lines: tuple[str, ...]


def cues(sentences: Iterable[SentenceAudio]) -> Iterator[Cue]:
    """The captions of a scene.  What cannot be heard has none, nor has the pause after it.

    The time of a sentence that needs several is shared out by their length.
    """
    for sentence in sentences:
        spoken_ms = sentence.duration_ms - sentence.rest_ms
        blocks = _blocks(sentence.text)
        letters = sum(map(_letters, blocks))
        if spoken_ms <= 0 or not letters:
            continue
        before = 0
        for block in blocks:
            start = sentence.start_ms + spoken_ms * before / letters
            before += _letters(block)
            end = sentence.start_ms + spoken_ms * before / letters
            yield Cue(start, end, block)


def _blocks(text: str) -> list[tuple[str, ...]]:
    """`text` as lines, those together that are shown together.

    No line is much shorter than the others, and no block than the others: one that is left
    with a single word would only flash up.
    """
    words = [part for word in text.split() for part in _pieces(word)]
    if not words:
        return []
    needed = len(_lines(words, MAX_WIDTH))
    widths = range(max(map(_width, words)), MAX_WIDTH + 1)
    lines = next(it for width in widths if len(it := _lines(words, width)) == needed)
    count = -(-needed // MAX_LINES)
    ends = [-(-needed * block // count) for block in range(1, count + 1)]
    return [tuple(lines[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _lines(words: list[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and _width(lines[-1]) + 1 + _width(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _pieces(word: str) -> Iterator[str]:
    """A word that no line can hold, cut; Chinese, for one, has no spaces."""
    piece = ""
    for letter in word:
        if piece and _width(piece + letter) > MAX_WIDTH:
            yield piece
            piece = ""
        piece += letter
    yield piece


def _letters(block: tuple[str, ...]) -> int:
    return sum(map(_width, block))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
