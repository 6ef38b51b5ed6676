"""Whether a line ends because it is full, and goes on in the next, or because it is over."""

from __future__ import annotations

import re

from narration.text.characters import CLOSERS, OPENERS, weight
from narration.text.languages.base import words

__all__ = [
    "FULL_LINE",
    "HYPHENS",
    "IN_FRONT",
    "LONGEST_SPEAKER",
    "MOST_IN_FRONT",
    "SHORT_LINE",
    "announces",
    "first_letter",
    "has_case",
    "is_broken_on_purpose",
    "is_over",
    "is_row",
    "names_a_speaker",
    "starts_anew",
]

FULL_LINE = 48
"""Nobody wraps a text at fewer characters."""

LONGEST_SPEAKER = 24

HYPHENS = "-\u00ad\u2010"
"""A word is parted with them at the end of a line."""

IN_FRONT = OPENERS | frozenset("<#-+•")
"""May stand in front of a line's first letter."""

_UNFINISHED = words("""
    a an and at by for from her his in my of on or our that the their to with your
    am an auf aus bei das dem den der des die ein eine im mit oder und vom von zu zum zur
    au aux de des du et la le les ou un une con del el en los por una y da di e il
""")
"""Words that no line of its own ends with."""

MOST_IN_FRONT = 8

SHORT_LINE = 24
"""Up to this length a line without a mark may be an item of a list."""

_CLOSERS = "".join(sorted(CLOSERS))
_SPEAKER = re.compile(rf"[^\W\d_][\w.'’ ]{{0,{LONGEST_SPEAKER - 1}}}:")
_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*\Z|.*\S[ \t]+\|[ \t]+\S")


def is_broken_on_purpose(line: str) -> bool:
    """Markdown's hard line break: two spaces or a backslash at the end."""
    return line.endswith(("  ", "\\")) and line.strip() != ""


def is_over(line: str, length: int) -> bool:
    """Whether a sentence without an end mark may end here: there was room for more words.

    `length` is that of the whole line, of which `line` may be only the end.  A single space
    behind it is from a text that was wrapped.
    """
    words_of_line = line.rstrip().rstrip(_CLOSERS)
    if not words_of_line[-1:].isalnum() or words_of_line.split()[-1] in _UNFINISHED:
        return False
    if line.endswith(" ") and not line.endswith("  "):
        return False
    return length + weight(line) - len(line) < FULL_LINE


def announces(line: str) -> bool:
    """Whether what it says comes in the next line."""
    return line.rstrip().rstrip(_CLOSERS).endswith((":", "："))


def starts_anew(letter: str) -> bool:
    """Whether a new sentence may begin with it."""
    return letter.isalnum() and not letter.islower()


def has_case(letter: str) -> bool:
    """Whether the letter would tell that a sentence begins, or is a digit."""
    return letter.isdigit() or letter.lower() != letter.upper()


def first_letter(line: str) -> str:
    """Its first letter, behind quotes and the like; "" if it has none there."""
    for char in line[:MOST_IN_FRONT]:
        if char not in IN_FRONT:
            return char
    return ""


def names_a_speaker(line: str) -> bool:
    """Whether it begins like `MARY: Hello` or `Old Tom: Hello`."""
    found = _SPEAKER.match(line)
    return found is not None and all(word[0].isupper() for word in found.group().split())


def is_row(line: str) -> bool:
    """Whether this is a row of a table, with or without bars at its ends."""
    return "|" in line and _ROW.match(line) is not None
