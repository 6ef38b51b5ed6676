"""What the rules need to know of a language: abbreviations, verbs of saying, quotes."""

from __future__ import annotations

import msgspec

__all__ = ["Language", "words"]

Words = frozenset[str]


def words(text: str) -> Words:
    """The words of a list written as text, in lower case."""
    return frozenset(text.lower().split())


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language's word lists.  All are lower case and without the final full stop.

    A language may leave out what it has no use for; the rules then go by script
    and punctuation alone, which is also how they treat a language they do not know.
    """

    code: str

    abbreviations: Words = frozenset()
    """Never end a sentence: titles before a name, and `e.g.` and the like."""

    may_end: Words = frozenset()
    """Abbreviations that may also end a sentence; the next word decides."""

    before_number: Words = frozenset()
    """Abbreviations in front of a digit (`No. 9`) and ordinary words elsewhere."""

    abbreviation_endings: tuple[str, ...] = ()
    """Endings of compound words that make an abbreviation (`Hauptstr.`)."""

    also_words: Words = frozenset()
    """Those of `abbreviations` that, in lower case and before a capital, are a plain word."""

    dates: Words = frozenset()
    """Short names of months and days: abbreviations if capitalised and before a digit."""

    openers: Words = frozenset()
    """Words that, capitalised, show that a new sentence starts."""

    also_names: Words = frozenset()
    """Those of `openers` that are names too, and so may stand behind an initial."""

    lower_openers: Words = frozenset()
    """Words that start a new sentence even in lower case, behind `?` or `!`."""

    pronouns: Words = frozenset()
    """Subjects that may stand before a verb of saying in lower case (`she wondered`)."""

    says: Words = frozenset()
    """Verbs of saying: behind a quotation and a name, they make a dialogue tag."""

    name_links: Words = frozenset()
    """Lower-case words inside names, such as `de` and `von`."""

    time_openers: Words = frozenset()
    """Words in front of a time of day that opens a sentence (`At 5 a.m.`)."""

    time_followers: Words = frozenset()
    """Words that belong to a time of day in front of them (`8 p.m. Friday`)."""

    lone_words: Words = frozenset()
    """Capital letters that are words, which a hesitating speaker takes up again (`I... I`)."""

    elisions: Words = frozenset()
    """Words that begin with an apostrophe, which so is no quotation mark (`'em`)."""

    ordinals: Words = frozenset()
    """Capitalised words in front of which a number with a full stop is an ordinal."""

    before_ordinal: Words = frozenset()
    """Words behind which a number with a full stop is an ordinal: `der 17. Versuch`."""

    conjunctions: Words = frozenset()
    """Where an endless clause is best cut, in front of the word."""

    raised_quote_closes: bool = False
    """Whether `“` closes a quotation, as in „so“."""
