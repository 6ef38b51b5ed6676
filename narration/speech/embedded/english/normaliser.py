"""The order in which a sentence is made speakable."""

from __future__ import annotations

from narration.speech.embedded.english.abbreviations import without_abbreviations
from narration.speech.embedded.english.amounts import with_amounts_in_words
from narration.speech.embedded.english.capitals import without_shouting
from narration.speech.embedded.english.characters import (
    with_marks_apart,
    with_plain_characters,
)
from narration.speech.embedded.english.lexicon import Lexicon
from narration.speech.embedded.english.numerals import with_readable_numbers
from narration.speech.embedded.english.roman import without_roman_numerals
from narration.speech.embedded.english.sounds import with_sounds
from narration.speech.embedded.english.symbols import without_symbols

__all__ = ["READING", "normalised"]


# Raised whenever something is read in another way, so that no old recording is heard.
READING = "2"


def normalised(text: str, lexicon: Lexicon) -> str:
    """`text` with everything written as it is said; `[word](/phonemes/)` marks a sound.

    It stays one text: nothing in it is cut, and its end marks are where they were.
    Whole numbers stay digits where the voice reads them rightly.
    """
    text = with_plain_characters(text, lexicon)
    text = without_abbreviations(text)
    text = without_roman_numerals(text)
    text = with_amounts_in_words(text)
    text = with_readable_numbers(text)
    text = without_symbols(text)
    text = without_shouting(text, lexicon)
    text = with_sounds(text, lexicon)
    return with_marks_apart(text)
