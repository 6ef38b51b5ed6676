"""Whether a sentence ends at an end mark.

The rules are asked in order; the first that has an answer decides, and where none
has, the sentence ends.  `NEXT_TO_THE_MARK` look at the mark and the one character
behind it, `BEYOND_THE_SPACE` at what comes after the white space.
"""

from __future__ import annotations

from narration.text import dialogue, full_stop, wide
from narration.text.characters import (
    DASHES,
    END_MARKS,
    LINE_ENDS,
    QUOTE_OPENERS,
    SPACED_END_MARKS,
    WIDE_END_MARKS,
)
from narration.text.languages import Language
from narration.text.marks import Following, Mark, read_following, read_mark
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View

__all__ = ["at_end_mark"]

_SURE_OPENERS = frozenset('"“„«「『¿¡')
_OTHER_OPENERS = frozenset("'‘*_")
_GOES_ON_AFTER = frozenset(",;:،؛，、；：%")


def at_end_mark(view: View, index: int, language: Language) -> Verdict:
    """What to do at the end mark at `index`."""
    mark = read_mark(view, index, language)
    if view.at(mark.behind) == "":
        return _at_end_of_text(view, mark, language)
    for next_to in NEXT_TO_THE_MARK:
        verdict = next_to(view, mark, language)
        if verdict is not None:
            return verdict
    at = view.skip_blanks(mark.behind)
    if view.at(at) == "":
        return _at_end_of_text(view, mark, language)
    if view.at(at) in LINE_ENDS:
        return _at_end_of_line(view, mark, at, language)
    if _quotation_opens(view, mark, at, language):
        return Cut(mark.behind, mark.behind)
    following = read_following(view, at)
    for beyond in BEYOND_THE_SPACE:
        verdict = beyond(view, mark, following, language)
        if verdict is not None:
            return verdict
    return Cut(mark.behind, mark.behind)


def _at_end_of_text(view: View, mark: Mark, language: Language) -> Verdict:
    plain = mark.is_full_stop and not mark.closers
    if plain and not full_stop.may_be_last(view, mark, language):
        return GoOn(mark.behind)
    if not mark.quoted and full_stop.in_address(view, mark.start):
        return GoOn(mark.behind)
    return Cut(mark.behind, mark.behind)


def _at_end_of_line(view: View, mark: Mark, at: int, language: Language) -> Verdict:
    if mark.is_full_stop and not mark.closers and full_stop.wants_a_name(view, mark, language):
        return GoOn(mark.behind)
    return Cut(mark.behind, mark.behind, paragraph=view.blank_line_at(at))


def _quotation_opens(view: View, mark: Mark, at: int, language: Language) -> bool:
    """Whether something begins that belongs to the next sentence: `he cried. "`

    An apostrophe (`"Stop!" 'e cried.`) may belong to this one, and so may emphasis.
    """
    char = view.at(at)
    if char in _SURE_OPENERS:
        if mark.is_full_stop and not mark.quoted:
            return full_stop.is_plain_word(view, mark, language)
        return not mark.is_ellipsis
    return (
        char in _OTHER_OPENERS
        and mark.is_full_stop
        and not (mark.quoted or mark.emphasised)
        and full_stop.is_plain_word(view, mark, language)
    )


# Next to the mark.


def _omission(view: View, mark: Mark, language: Language) -> Verdict | None:
    """`[...]` stands for words left out."""
    if mark.closers.startswith("]") and view.before(mark.start) == "[":
        return GoOn(mark.behind)
    return None


def _another_mark(view: View, mark: Mark, language: Language) -> Verdict | None:
    """In `"Stop!".` the last mark decides."""
    if mark.closers and view.at(mark.behind) in END_MARKS:
        return GoOn(mark.behind)
    return None


def _wide_mark(view: View, mark: Mark, language: Language) -> Verdict | None:
    if mark.run[-1] in WIDE_END_MARKS or wide.between_caseless_letters(view, mark):
        return wide.at_wide_mark(view, mark, language)
    return None


def _comma_behind(view: View, mark: Mark, language: Language) -> Verdict | None:
    if view.at(mark.behind) in _GOES_ON_AFTER:
        return GoOn(mark.behind)
    return None


def _no_space_behind(view: View, mark: Mark, language: Language) -> Verdict | None:
    """Addresses, numbers, stutters; now and then a forgotten space."""
    char = view.at(mark.behind)
    if char.isspace():
        return None
    ends = Cut(mark.behind, mark.behind)
    goes_on = GoOn(mark.behind)
    if mark.run[-1] in SPACED_END_MARKS:
        return ends
    if char in DASHES or mark.is_ellipsis:
        return goes_on
    if mark.closers:
        return goes_on
    if mark.is_full_stop and char.isalnum():
        return ends if full_stop.space_forgotten(view, mark) else goes_on
    if char in QUOTE_OPENERS:
        return ends
    if full_stop.in_address(view, mark.start):
        return goes_on
    if mark.run[0] in "!?" and char.isupper() and view.at(mark.behind + 1).islower():
        return ends
    return goes_on


NEXT_TO_THE_MARK = (_omission, _another_mark, _wide_mark, _comma_behind, _no_space_behind)


# Beyond the white space.


def _spaced_ellipsis(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    """`. . .` is one mark.  Four dots behind a word end a sentence."""
    if (
        mark.run[0] != "."
        or mark.closers
        or following.first != "."
        or view.at(following.at + 1) == "."
    ):
        return None
    index = following.at
    while index - mark.start < 40 and view.at(index) in (" ", "."):
        index += 1
    letter = view.at(index)
    dots = view.text[mark.start : index].count(".")
    stop = len(view.text[:index].rstrip())
    if not letter.isupper() or view.word_is_in(index, language.lone_words):
        return GoOn(index)
    if dots == 4 and not view.before(mark.start).isspace():
        return Cut(mark.stop, index)  # A full stop, and an ellipsis that opens the next.
    return Cut(stop, stop) if dots >= 3 else GoOn(index)


def _picture(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    return Cut(mark.behind, mark.behind) if following.picture else None


def _verse(view: View, mark: Mark, following: Following, language: Language) -> Verdict | None:
    """Quoted verse, with a stroke between the lines."""
    return GoOn(mark.behind) if following.first == "/" else None


def _full_stop(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    if mark.is_full_stop and not mark.quoted:
        return full_stop.at_full_stop(view, mark, following, language)
    return None


def _ellipsis(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    """Lower case goes on, a capital starts anew, except a hesitation: `I... I know`."""
    if not mark.is_ellipsis:
        return None
    letter = following.letter
    quote_opens = following.first in QUOTE_OPENERS
    ends = Cut(mark.behind, mark.behind)
    goes_on = GoOn(mark.behind)
    if letter.islower():
        return ends if quote_opens else goes_on
    if not letter.isalpha():
        return ends if quote_opens or letter.isdigit() else goes_on
    if not letter.isupper() or following.dash:
        return goes_on
    if quote_opens:
        return ends
    if mark.quoted:
        return goes_on if dialogue.tag_follows(view, following.letter_at, language) else ends
    if view.word_is_in(following.letter_at, language.lone_words):
        return goes_on
    return ends


def _lower_case(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    """A lower-case word goes on, unless it is in quotes or the writer uses no capitals."""
    if not following.letter.islower():
        return None
    starts = Cut(mark.behind, mark.behind)
    goes_on = GoOn(mark.behind)
    if following.first in QUOTE_OPENERS and not following.dash:
        if mark.quoted and dialogue.drops_a_letter(view, following.at, language):
            return goes_on  # "Stop!" 'e cried.
        return starts
    if following.letter_at != following.at or mark.closers:
        return goes_on
    if mark.is_full_stop:
        return starts if full_stop.writer_uses_no_capitals(view, mark, language) else goes_on
    if dialogue.lower_case_starts(view, mark, following.letter_at, language):
        return starts
    return goes_on


def _dialogue_tag(
    view: View, mark: Mark, following: Following, language: Language
) -> Verdict | None:
    """`"Run!" Maren shouted.` is one sentence, `"Ready?" Sam nodded.` is two."""
    if not (mark.quoted or mark.emphasised or following.dash) or following.opens:
        return None
    letter = following.letter
    has_case = letter.lower() != letter.upper()
    if not letter.isalpha() or (has_case and not mark.asks_or_shouts):
        return None
    if dialogue.tag_follows(view, following.letter_at, language):
        return GoOn(mark.behind)
    return None


BEYOND_THE_SPACE = (
    _spaced_ellipsis,
    _picture,
    _verse,
    _full_stop,
    _ellipsis,
    _lower_case,
    _dialogue_tag,
)
