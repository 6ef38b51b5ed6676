"""Estimates how long a text is when it is spoken."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

__all__ = ["SpokenLength", "spoken_length"]

# Each lasts as long as some letters of an alphabet: a character of Chinese, and a shorter
# syllable of Japanese or Korean.
_IDEOGRAPH = 3.0
_SYLLABLE = 2.0
_SYLLABLES = ("HIRAGANA", "KATAKANA", "HANGUL")
_SPACE = 0.5
# "7" may be "seven", or a third of "a million"; "%" is a word, if it is spoken.
_DIGIT, _DIGIT_VAGUE = 3.0, 1.0
_SIGN = 6.0
_SIGNS = frozenset("%&@#") | {"Sc", "Sm", "So"}
# "Nooooooo" may be drawn out, or be as short as "no"; nobody draws it out for ever.
_MOST_ALIKE = 3
_MOST_DRAWN_OUT = 20
_PAUSE = 3.0
_PAUSES = frozenset(".,;:!?…—–-()、。，！？；：")


class SpokenLength(NamedTuple):
    """How many letters of ordinary words last as long, and by how many that may be wrong."""

    letters: float
    vague: float


def spoken_length(text: str) -> SpokenLength:
    """How long `text` is in a voice's mouth."""
    sure = vague = 0.0
    before = ""
    run = 1
    for char in text:
        run = run + 1 if char == before else 1
        if char.isascii() and char.isalpha():
            if run <= _MOST_ALIKE:
                sure += 1
            elif run <= _MOST_DRAWN_OUT:
                vague += 1
        elif char.isspace():
            sure += _SPACE
        elif char in _PAUSES:
            sure += _PAUSE if before not in _PAUSES else 0
        elif char.isdecimal():
            sure += _DIGIT - _DIGIT_VAGUE
            vague += _DIGIT_VAGUE
        elif char.isalpha():
            sure += _letters(char)
        elif char in _SIGNS or unicodedata.category(char) in _SIGNS:
            vague += _SIGN
        before = char
    return SpokenLength(sure + vague, vague)


def _letters(char: str) -> float:
    name = unicodedata.name(char, "")
    if name.startswith("CJK"):
        return _IDEOGRAPH
    return _SYLLABLE if name.startswith(_SYLLABLES) else 1.0
