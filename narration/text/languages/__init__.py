"""The languages the cutter knows.  To add one, write its `Language` and list it here."""

from __future__ import annotations

from narration.text.languages.arabic import ARABIC
from narration.text.languages.base import Language, words
from narration.text.languages.de import GERMAN
from narration.text.languages.east_asia import CHINESE, JAPANESE, KOREAN
from narration.text.languages.en import ENGLISH
from narration.text.languages.es import SPANISH
from narration.text.languages.fr import FRENCH
from narration.text.languages.hindi import HINDI
from narration.text.languages.it import ITALIAN
from narration.text.languages.nl import DUTCH
from narration.text.languages.pl import POLISH
from narration.text.languages.pt import PORTUGUESE
from narration.text.languages.ru import RUSSIAN

__all__ = ["LANGUAGES", "Language", "language_for"]

LANGUAGES = {
    language.code: language
    for language in (
        ARABIC,
        CHINESE,
        DUTCH,
        ENGLISH,
        FRENCH,
        GERMAN,
        HINDI,
        ITALIAN,
        JAPANESE,
        KOREAN,
        POLISH,
        PORTUGUESE,
        RUSSIAN,
        SPANISH,
    )
}

UNKNOWN = Language(
    code="",
    abbreviations=words("dr prof nr vol cf vs"),
    may_end=words("etc"),
)
"""For every other language: script, punctuation, and what is written alike in most of them."""


def language_for(code: str) -> Language:
    """The language of a BCP 47 code such as `en`, `en-GB` or `pt_BR`."""
    base = code.lower().replace("_", "-").split("-", 1)[0]
    return LANGUAGES.get(base, UNKNOWN)
