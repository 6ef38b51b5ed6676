"""Where to cut text that has no sentence end: to start early, or because it grows too long."""

from __future__ import annotations

import re

from narration.text.atoms import beside_atom
from narration.text.characters import (
    CLAUSE_MARKS,
    DASHES,
    SPACE_IS_A_CLAUSE_MARK,
    is_flag_letter,
    joins_the_one_before,
    weight,
)
from narration.text.cleaner import clean
from narration.text.full_stop import in_address
from narration.text.languages import Language
from narration.text.unit import Kind
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View

__all__ = ["CLAUSE_SPACE", "at_clause_mark", "at_clause_space", "cut_position"]

CLAUSE_SPACE = rf"(?<=[{SPACE_IS_A_CLAUSE_MARK}]) "
"""A pattern for a space that parts clauses."""

_SPACED_MARKS = frozenset(",;:—–،؛")
_WIDE_MARKS = frozenset("，、；：")
_CLOSERS = frozenset("\"'”’»)]*_")
_CLAUSE = re.compile(rf"[,;:—–،؛]+[\"'”’»)\]*_]*(?=\s)|—+(?=\w)|[，、；：]|{CLAUSE_SPACE}")
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_STRONG = frozenset(";:—–；：؛")
_LONGEST_LOOK = 200
_LEAST_LEFT = 32
_MOST_LEFT_SHARE = 4
_GOOD_SHARE = 0.5
_LEAST_SHARE = 0.35


def at_clause_mark(view: View, index: int, at_least: int) -> Verdict:
    """Whether the first unit may be cut at the clause mark at `index`, to start early."""
    stop = index + 1
    while stop - index < 12 and view.at(stop) in CLAUSE_MARKS and view.at(stop) != "":
        stop += 1
    last = view.text[stop - 1]
    if last in _SPACED_MARKS:
        while stop - index < 24 and view.at(stop) in _CLOSERS:
            stop += 1
        behind = view.at(stop)
        apart = behind.isspace() or (last in DASHES and behind.isalpha())
        # At the end of the text a digit may follow: 1,000.
        ends = behind == "" and not (view.before(index).isdigit() or in_address(view, index))
        if not (apart or ends):
            return GoOn(stop)
    return _early(view, stop, at_least)


def at_clause_space(view: View, index: int, at_least: int) -> Verdict:
    """The same at a space where no mark parts clauses."""
    view.at(index + 1)  # No unit is longer than it may be.
    return _early(view, index + 1, at_least)


def _early(view: View, stop: int, at_least: int) -> Verdict:
    # Marks and tags take no time to say, so what is spoken is what counts.
    text = view.text[:stop]
    long_enough = weight(text) >= at_least and (
        stop > _LONGEST_LOOK or weight(clean(text)) >= at_least
    )
    return Cut(stop, stop, "clause") if long_enough else GoOn(stop)


def cut_position(text: str, limit: int, language: Language) -> tuple[int, Kind]:
    """Where to cut `text`, longer than `limit`: at a clause, else a word, else anywhere.

    Some room is left, so that no few words are a unit if the sentence ends soon.
    """
    for highest in (limit - min(_LEAST_LEFT, limit // _MOST_LEFT_SHARE), limit):
        position, kind = _best_position(text, highest, language)
        if position is not None:
            return beside_atom(text, position, limit), kind
    return _character_position(text, limit), "forced"


def _best_position(text: str, limit: int, language: Language) -> tuple[int | None, Kind]:
    lowest = int(limit * _LEAST_SHARE)
    strong = weak = 0
    for found in _CLAUSE.finditer(text, lowest, limit + 1):
        if found.end() > limit:
            break
        if found.group()[0] in _STRONG:
            strong = found.end()
        else:
            weak = found.end()
    best = strong if strong > limit * _GOOD_SHARE else weak or strong
    if best:
        return best, "clause"
    return _word_position(text, lowest, limit, language), "forced"


def _word_position(text: str, lowest: int, limit: int, language: Language) -> int | None:
    """In front of a conjunction, else between words."""
    space = limit + 1
    last = 0
    while (space := _last_space(text, lowest, space)) > 0:
        last = last or space
        word = text[space + 1 : limit + 1].split(maxsplit=1)[:1]
        if word and word[0].lower() in language.conjunctions:
            return space
    if last:
        return last
    space = _last_space(text, 1, limit + 1)
    return space if space > 0 else None


def _last_space(text: str, start: int, stop: int) -> int:
    """The last white space in that range, or -1."""
    for index in range(stop - 1, start - 1, -1):
        if text[index].isspace():
            return index
    return -1


def _character_position(text: str, limit: int) -> int:
    """Between two characters that are not parts of one, if there is such a place nearby."""
    cut = limit
    while cut > max(1, limit - 32) and joins_the_one_before(text[cut], text[cut - 1]):
        cut -= 1
    if is_flag_letter(text[cut]):
        letters = cut - len(text[:cut].rstrip(_FLAG_LETTERS))
        cut -= letters % 2  # Not between the two letters of a flag.
    return cut or limit
