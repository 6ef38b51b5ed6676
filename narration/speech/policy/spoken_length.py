"""Estimates how long a text is when it is spoken."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

__all__ = ["SpokenLength", "script_of", "spoken_length"]

# Each lasts as long as some letters of an alphabet: a character of Chinese, and a shorter
# syllable of Japanese or Korean.
_IDEOGRAPH = 3.0
_SYLLABLE = 2.0
_SYLLABLES = ("HIRAGANA", "KATAKANA", "HANGUL", "ETHIOPIC")
# Most vowels of these are not written: a word sounds half as long again as it looks.
_WITHOUT_VOWELS = ("ARABIC", "HEBREW", "SYRIAC")
_CONSONANT = 1.6
# In these a consonant has a vowel of its own, which a sign replaces, or takes away.
_WITH_INHERENT_VOWEL = (
    "DEVANAGARI",
    "BENGALI",
    "GURMUKHI",
    "GUJARATI",
    "ORIYA",
    "TAMIL",
    "TELUGU",
    "KANNADA",
    "MALAYALAM",
    "SINHALA",
    "TIBETAN",
    "MYANMAR",
    "KHMER",
)
_OPEN_CONSONANT = 1.5
_VOWEL_SIGN, _NO_VOWEL_SIGN = 0.5, -0.5
_NO_VOWEL = ("VIRAMA", "COENG", "ASAT", "HALANTA", "AL-LAKUNA")
# Vowels that are written as marks, and are no less for that.
_VOWEL_MARKS = ("THAI CHARACTER SARA", "THAI CHARACTER MAI HAN-AKAT", "LAO VOWEL SIGN")
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
        elif (mark := _mark(char)) is not None:
            sure += mark
        elif char in _SIGNS or unicodedata.category(char) in _SIGNS:
            vague += _SIGN
        before = char
    return SpokenLength(sure + vague, vague)


def script_of(text: str) -> str:
    """In which script most of `text` is written, by the name that Unicode gives it.

    Japanese is one, though it is written in three.
    """
    if text.isascii():
        return "LATIN"
    scripts = Counter(_script(char) for char in text if char.isalpha())
    if scripts["HIRAGANA"] or scripts["KATAKANA"]:
        scripts["HIRAGANA"] += scripts.pop("CJK", 0) + scripts.pop("KATAKANA", 0)
    return scripts.most_common(1)[0][0] if scripts else "LATIN"


def _script(char: str) -> str:
    return "LATIN" if char.isascii() else _name(char).partition(" ")[0]


@lru_cache(maxsize=4_096)
def _name(char: str) -> str:
    return unicodedata.name(char, "")


def _letters(char: str) -> float:
    name = _name(char)
    if name.startswith("CJK"):
        return _IDEOGRAPH
    if name.startswith(_SYLLABLES):
        return _SYLLABLE
    if name.startswith(_WITHOUT_VOWELS):
        return _CONSONANT
    if name.startswith(_WITH_INHERENT_VOWEL) and " VOWEL " not in name:
        return _OPEN_CONSONANT
    return 1.0


def _mark(char: str) -> float | None:
    """What a mark that belongs to a letter adds; None for what is no such mark."""
    if char.isascii() or not unicodedata.category(char).startswith("M"):
        return None
    name = _name(char)
    if name.startswith(_VOWEL_MARKS):
        return 1.0
    if not name.startswith(_WITH_INHERENT_VOWEL):
        return 0.0
    if name.endswith(_NO_VOWEL):
        return _NO_VOWEL_SIGN
    return _VOWEL_SIGN if "VOWEL SIGN" in name else 0.0
