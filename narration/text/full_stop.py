"""Whether a full stop ends a sentence, or belongs to an abbreviation, initial or number."""

from __future__ import annotations

import re

from narration.text.characters import QUOTE_OPENERS
from narration.text.enumeration import next_item_at, opens_sentence
from narration.text.languages import Language
from narration.text.marks import Following, Mark
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View

__all__ = [
    "at_full_stop",
    "in_address",
    "is_plain_word",
    "may_be_last",
    "space_forgotten",
    "wants_a_name",
    "writer_uses_no_capitals",
]

_LONGEST_ADDRESS = 400
_ADDRESS_SIGNS = ("://", "www.")
_ADDRESS_END = re.compile(r"[\s\"<>\u2e80-\ud7ff]")
_SCHEMES = frozenset(("http", "https", "ftp", "www"))
_LATIN_WORD = re.compile(r"[^\W\d_][^\W\d_’']{0,40}")


def in_address(view: View, index: int) -> bool:
    """Whether the place in front of `index` is inside an address, or may be."""
    lowest = max(view.begin, index - _LONGEST_ADDRESS)
    for sign in _ADDRESS_SIGNS:
        start = view.text.rfind(sign, lowest, index)
        if start >= 0 and _ADDRESS_END.search(view.text, start, index) is None:
            return True
    return view.word_before(index).lower() in _SCHEMES


def is_plain_word(view: View, mark: Mark, language: Language) -> bool:
    """Whether a word stands in front of the full stop that is no abbreviation of any kind."""
    word = view.word_before(mark.start)
    lower = word.lower()
    return (
        len(word) > 1
        and word.isalpha()
        and not (
            lower in language.abbreviations
            or lower in language.may_end
            or lower in language.before_number
            or lower in language.dates
            or lower.endswith(language.abbreviation_endings)
        )
    )


def may_be_last(view: View, mark: Mark, language: Language) -> bool:
    """Whether the text may well end here: not in a number, an initial or behind `Mr.`"""
    word = view.word_before(mark.start)
    if not word:
        return True
    if len(word) == 1 or word[-1].isdigit() or "." in word or "@" in word:
        return False
    return not wants_a_name(view, mark, language)


def wants_a_name(view: View, mark: Mark, language: Language) -> bool:
    """Whether this is an abbreviation that never stands last."""
    word = view.word_before(mark.start)
    lower = word.lower()
    if word.islower() and lower in language.also_words:
        return False
    return lower in language.abbreviations and lower not in language.may_end


def space_forgotten(view: View, mark: Mark) -> bool:
    """`It was done.Next came` lacks a space; `example.com`, `a.m.` and `v2.B` do not."""
    if not view.at(mark.stop).isupper():
        return False
    before = view.word_before(mark.start)
    if len(before) < 3 or not before.isalpha() or not before[1:].islower():
        return False
    found = view.match(_LATIN_WORD, mark.stop)
    if found is None:
        return False
    after = found.group()
    if len(after) == 1:
        return after in "AI" and view.at(found.end()) == " "
    return after[1:].islower() and view.at(found.end()) in ("", " ", ",", "\n", "'", "’")


def writer_uses_no_capitals(view: View, mark: Mark, language: Language) -> bool:
    """Whether a plain word stands in front, so that lower case behind is a new sentence.

    It may as well be an abbreviation that the lists lack, if it is short or they
    are; then the sentence itself must have begun in lower case.
    """
    word = view.word_before(mark.start)
    if len(word) < 2 or not (word.isalpha() and word.islower()):
        return False
    if view.text[view.begin : mark.start].lstrip()[0].islower():
        return True
    return len(word) > 3 and bool(language.lower_openers)


def at_full_stop(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    """The rules in order; None leaves the decision to those for every end mark."""
    word = view.word_before(mark.start)
    start = mark.start - len(word)
    label = word.lstrip("•⁃*-")
    if label.isdigit() or (len(label) == 1 and label.isalpha()):
        item = next_item_at(view, start, label)
        if item is not None and following.letter.isupper():
            return Cut(item, mark.behind)
    if ")" in mark.closers:
        is_marker = label.isdigit() or len(label) == 1
        return GoOn(mark.behind) if is_marker and opens_sentence(view, start) else None
    if not word:
        return None
    if following.letter.isdigit() and (
        word[-1] in "°º" or word.lower() in language.before_number
    ):
        return GoOn(mark.behind)  # N°. 5, S. 225
    if label.isdigit():
        return _behind_a_number(view, mark, following, language, label, start)
    if len(word) == 1 and word.isalpha() and view.before(start) != "/":
        return _behind_an_initial(view, mark, following, language, word, start)
    return _behind_a_word(view, mark, following, language, word, start)


def _behind_a_number(
    view: View, mark: Mark, following: Following, language: Language, number: str, start: int
) -> Verdict | None:
    goes_on = GoOn(mark.behind)
    if opens_sentence(view, start) and len(number) <= 3:
        return goes_on  # 1. Find the key
    if following.dash and following.letter.isdigit():
        return goes_on  # vom 1. - 3. Mai
    if language.ordinals and len(number) <= 3 and following.letter.isupper():
        word = view.word(following.letter_at).lower()
        asks_for_a_noun = view.chunk_before(start).lower() in language.before_ordinal
        if word in language.ordinals or (asks_for_a_noun and word not in language.openers):
            return goes_on
    return None


def _behind_an_initial(
    view: View, mark: Mark, following: Following, language: Language, letter: str, start: int
) -> Verdict | None:
    goes_on = GoOn(mark.behind)
    lower = letter.lower()
    if letter.islower() or lower in language.abbreviations or opens_sentence(view, start):
        return goes_on
    if following.letter.isdigit():
        return None
    if not following.letter.isupper():
        return goes_on
    if following.first in QUOTE_OPENERS:
        return None
    before = view.chunk_before(start)
    if lower in language.lone_words and before[:1].islower():
        return None  # You and I. Did you see
    word = view.word(following.letter_at).lower()
    if len(word) < 2 or word not in language.openers:
        return goes_on
    numeral_or_label = letter in "VXI" or before[:1].islower()  # Henry V. So; plan B. So
    if numeral_or_label or word not in language.also_names:
        return None
    return goes_on


def _behind_a_word(
    view: View, mark: Mark, following: Following, language: Language, word: str, start: int
) -> Verdict | None:
    goes_on = GoOn(mark.behind)
    lower = _without_article(word.lower(), language)
    capital = following.letter.isupper()
    in_brackets = view.before(start) in ("(", "[")  # (feat. Ann Lee)
    plain = word.islower() and lower in language.also_words and not in_brackets
    if lower in language.dates:
        return goes_on if following.letter.isdigit() and not plain else None
    if lower in language.abbreviations or lower.endswith(language.abbreviation_endings):
        if capital and plain:
            return None  # He said no. The others
        if not (capital and _names_a_street(view, language, lower, start)):
            return goes_on
        # Brannock St. The house; but: at Port St. Mary
        return None if view.word(following.letter_at).lower() in language.openers else goes_on
    initials = "." in word and all(
        part.isalpha() and len(part) < 3 for part in word.split(".")
    )
    if lower in language.may_end or initials:
        return _behind_a_possible_end(view, mark, following, language, lower)
    return None


def _without_article(lower: str, language: Language) -> str:
    """`l'ing` is `ing` with an article."""
    if lower in language.abbreviations or lower in language.may_end:
        return lower
    return lower.replace("’", "'").rpartition("'")[2] or lower


def _names_a_street(view: View, language: Language, lower: str, start: int) -> bool:
    """`St.` behind a name is a street, before one a saint."""
    if lower not in language.may_end:
        return False
    before = view.chunk_before(start)
    alone = view.text[view.begin : start].strip() == before
    return before[:1].isupper() and before.isalpha() and not alone


def _behind_a_possible_end(
    view: View, mark: Mark, following: Following, language: Language, lower: str
) -> Verdict | None:
    goes_on = GoOn(mark.behind)
    if following.letter.islower() or following.letter.isdigit():
        return goes_on
    if following.first in QUOTE_OPENERS or not following.letter.isupper():
        return None
    next_word = view.word(following.letter_at).lower()
    if next_word in language.openers:
        return None
    if lower in ("a.m", "p.m"):
        return _behind_a_time(view, mark, language, next_word)
    is_name = (
        all(len(part) == 1 for part in lower.split(".")) and lower not in language.may_end
    )
    return goes_on if language.openers or is_name else None


def _behind_a_time(
    view: View, mark: Mark, language: Language, next_word: str
) -> Verdict | None:
    """`At 5 a.m. Mr. Smith left` goes on; a longer sentence is over with its time."""
    if next_word in language.time_followers:
        return GoOn(mark.behind)
    words_so_far = view.text[view.begin : mark.start].split(maxsplit=5)
    opens_with_time = words_so_far[0].lower() in language.time_openers
    longest = 4 if next_word in language.abbreviations else 3
    if opens_with_time and len(words_so_far) <= longest:
        return GoOn(mark.behind)
    return None
