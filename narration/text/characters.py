"""The characters that punctuate: which of them end a sentence, open a quotation, close one."""

from __future__ import annotations

import unicodedata

__all__ = [
    "CLAUSE_MARKS",
    "CLOSERS",
    "DASHES",
    "EMPHASIS",
    "END_MARKS",
    "LINE_ENDS",
    "OPENERS",
    "QUOTE_CLOSERS",
    "QUOTE_OPENERS",
    "SPACED_END_MARKS",
    "SPACE_IS_A_CLAUSE_MARK",
    "WIDE_END_MARKS",
    "is_caseless",
    "is_flag_letter",
    "is_greek",
    "is_indic",
    "is_pictogram",
    "is_wide",
    "joins_the_one_before",
    "weight",
]

WIDE_END_MARKS = frozenset("。！？．｡﹒﹖﹗")
"""End marks of scripts without spaces: the next sentence follows at once."""

SPACED_END_MARKS = frozenset("।॥؟۔။།።፧៕។։᠃\u037e⸮")
"""End marks of scripts with spaces, which stand in no number and no abbreviation."""

END_MARKS = frozenset(".!?…‼⁇⁈⁉‽") | WIDE_END_MARKS | SPACED_END_MARKS

CLAUSE_MARKS = ",;:—–،؛，、；："

QUOTE_OPENERS = frozenset("\"'“‘«‹„‚「『")
QUOTE_CLOSERS = frozenset("\"'”’»›“‘«」』")
EMPHASIS = frozenset("*_~`")

OPENERS = QUOTE_OPENERS | EMPHASIS | frozenset("¿¡([{（【《〈〔［｛")
CLOSERS = QUOTE_CLOSERS | EMPHASIS | frozenset(")]}）】》〉〕］｝")

DASHES = frozenset("—–-―")

LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")

SPACE_IS_A_CLAUSE_MARK = "\u0e00-\u0eff\u1780-\u17ff"
"""Thai, Lao and Khmer, as in a pattern: they put no space between words and no mark between
clauses."""

_FIRST_PICTOGRAM = "\u2190"
_FIRST_WIDE = "\u2e80"
_LAST_WIDE = "\ud7ff"
_FIRST_INDIC = "\u0900"
_LAST_INDIC = "\u0dff"
_ZERO_WIDTH_JOINER = "\u200d"
_VARIATION_SELECTOR = "\ufe0f"


def is_wide(char: str) -> bool:
    """Whether this is a Chinese, Japanese or Korean character or one of their marks."""
    return _FIRST_WIDE <= char <= _LAST_WIDE


def is_indic(char: str) -> bool:
    """Whether this is of a script that ends sentences with a danda, as Devanagari does."""
    return _FIRST_INDIC <= char <= _LAST_INDIC


def is_caseless(char: str) -> bool:
    """Whether this is a letter, or part of one, of a script without capitals."""
    return char > "\u0590" and unicodedata.category(char) in ("Lo", "Mn", "Mc")


def is_greek(char: str) -> bool:
    """Whether this is of the script in which `;` is the question mark."""
    return "\u0370" <= char <= "\u03ff" or "\u1f00" <= char <= "\u1fff"


def weight(text: str) -> int:
    """The length of `text`, with a wide character counted twice."""
    if text.isascii():
        return len(text)
    return len(text) + sum(_FIRST_WIDE <= char <= _LAST_WIDE for char in text)


def is_pictogram(char: str) -> bool:
    """Whether this is an emoji or another symbol that is a picture, or part of one."""
    if char < _ZERO_WIDTH_JOINER:
        return False
    return char in (_ZERO_WIDTH_JOINER, _VARIATION_SELECTOR) or (
        char >= _FIRST_PICTOGRAM and unicodedata.category(char) in ("So", "Sk")
    )


def is_flag_letter(char: str) -> bool:
    """Whether this is one of the letters of which two make a flag."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def joins_the_one_before(char: str, before: str) -> bool:
    """Whether `char` makes one visible character with the one before it."""
    return (
        unicodedata.combining(char) != 0
        or unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char == _ZERO_WIDTH_JOINER
        or before == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # Skin tones.
        or ("\udc00" <= char <= "\udfff" and "\ud800" <= before <= "\udbff")
    )
