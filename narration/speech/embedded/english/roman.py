"""Reads Roman numerals as the numbers they are: "Chapter IV", "Henry VIII", "III"."""

from __future__ import annotations

import re

from narration.speech.embedded.english.amounts import ordinal
from narration.speech.embedded.english.words import NOT_ROMAN, NUMBERED, ORDINALS, RULERS
from narration.text.languages.en import ENGLISH

__all__ = ["without_roman_numerals"]

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN = re.compile(
    r"(?:\b([^\W\d_][\w']*),? )?(?<![\w.'&-])"
    r"(?=[IVXLC]|[ivx])((?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})|(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3}))"
    r"(?![\w&-]|'(?!s\b)|\.\w)"
)


def without_roman_numerals(text: str) -> str:
    """`text` with Roman numerals in digits, or as the ordinal of a ruler."""
    return _ROMAN.sub(_read, text)


def _read(found: re.Match[str]) -> str:
    before, numeral = found[1] or "", found[2]
    if not numeral:
        return found[0]
    value = _value(numeral.upper())
    lead = found[0][: -len(numeral)]
    if before.lower() in NUMBERED:
        return f"{lead}{value}" if numeral != "I" or _closes(found) else found[0]
    if before in RULERS and (len(numeral) > 1 or _closes(found) or numeral == "V"):
        return f"{lead}the {_ordinal(value)}"
    if len(numeral) == 1 or numeral in NOT_ROMAN:
        return found[0]
    if numeral == "IV" and (before.islower() or before.lower() in ENGLISH.openers):
        return found[0]  # What drips into a vein.
    named = before.istitle() and before.lower() not in ENGLISH.openers
    if named and numeral.isupper() and value <= len(ORDINALS):
        return f"{lead}the {_ordinal(value)}"
    return f"{lead}{value}"


def _closes(found: re.Match[str]) -> bool:
    """Whether no verb follows, so that `I` is a number and not the one who speaks."""
    return (
        re.match(
            r"\s*(?:[.,;:!?)\"”—…]|\Z|(?:of|and|was|is|had|in) )", found.string[found.end() :]
        )
        is not None
    )


def _value(numeral: str) -> int:
    total = 0
    for digit, following in zip(numeral, [*numeral[1:], ""], strict=True):
        value = _VALUES[digit]
        total += -value if following and _VALUES[following] > value else value
    return total


def _ordinal(number: int) -> str:
    return ORDINALS[number - 1] if number <= len(ORDINALS) else ordinal(number)
