"""Letters that are written with other characters: styled, circled, squared, overprinted."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from narration.text.languages.base import words

__all__ = ["readable"]

_STYLES = words("""
    <font> <circle> <square> <wide> <narrow> <initial> <medial> <final> <isolated>
    <super> <sub>
""")
"""Ways in which Unicode says that a character is another one in another style."""

_NUMERALS_AND_SIGNS = ("Nl", "No", "So")
_RAISED = ("<super>", "<sub>")
_FIRST_RAISED_LETTER = "\u02b0"  # Those below, º and ª, make ordinals.
_FIRST_LIGATURE, _LAST_LIGATURE = "\ufb00", "\ufb06"
_KEPT = frozenset("№™℠")
_MAY_BE_STYLED = re.compile(
    r"[^\x00-\xa0\u0300-\u1cff\u2000-\u206f\u3001-\u30ff\u4e00-\u9fff\uac00-\ud7ff]"
)

_BOXED_LETTERS = ("\U0001f150", "\U0001f170")
"""Where the circled and the squared white letters A to Z begin: pictures, says Unicode."""

_ZERO_SIGN = re.compile(r"(?<=[一二三四五六七八九十〇零])○+|○+(?=[一二三四五六七八九十〇零])")
"""A circle among Chinese numerals is a zero."""

_WIDE_MARK_IN_NUMBER = re.compile(r"(?<=\d)(?:[．：](?=\d)|，(?=\d{3}(?!\d)))")
_STACKED = re.compile(
    r"([^\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f])"
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+)"
)
_WIDE_OFFSET = 0xFEE0  # From an ASCII character to its wide form.
_ACCENTS = ("\u0300", "\u0331")
_OVERLINE = "\u0305"
_OVERLAY = 1  # The combining class of what strikes a letter through.


def readable(text: str) -> str:
    """The same words in plain letters; digits in circles are apart from each other."""
    text = _ZERO_SIGN.sub(lambda circles: "〇" * len(circles.group()), text)
    text = _MAY_BE_STYLED.sub(lambda found: _plain(found.group()), text)
    text = _WIDE_MARK_IN_NUMBER.sub(lambda mark: chr(ord(mark.group()) - _WIDE_OFFSET), text)
    return _STACKED.sub(_with_its_accent, text)


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    for first in _BOXED_LETTERS:
        if 0 <= ord(char) - ord(first) < 26:
            return chr(ord("A") + ord(char) - ord(first))
    style, _, codes = unicodedata.decomposition(char).partition(" ")
    category = unicodedata.category(char)
    if not style.startswith("<") or char in _KEPT:
        return char
    if style in _RAISED and (category[0] != "L" or char < _FIRST_RAISED_LETTER):
        return char  # m² and 1º are read as they are.
    styled = style in _STYLES and category[0] in "LNS"
    compound = style == "<compat>" and category in _NUMERALS_AND_SIGNS
    if not (styled or compound or _FIRST_LIGATURE <= char <= _LAST_LIGATURE):
        return char
    plain = "".join(_plain(chr(int(code, 16))) for code in codes.split())
    apart = style == "<circle>" and plain.isdigit()
    return f" {plain} " if apart else plain


def _with_its_accent(found: re.Match[str]) -> str:
    """The letter with its accent; without, if more marks are heaped on it than it can bear."""
    letter, marks = found.groups()
    marks = "".join(
        mark for mark in marks if unicodedata.combining(mark) != _OVERLAY and mark != _OVERLINE
    )
    accented = unicodedata.normalize("NFC", letter + marks)
    if len(accented) <= 1 + (_ACCENTS[0] <= accented[-1:] <= _ACCENTS[1]):
        return accented
    return letter
