"""End marks of other scripts: 。！？ with no space behind them, a bar in place of a danda."""

from __future__ import annotations

from narration.text.characters import is_caseless, is_greek, is_indic, is_wide
from narration.text.dialogue import caseless_tag_follows
from narration.text.languages import Language
from narration.text.languages.east_asia import NOT_QUOTATIVES, QUOTATIVES
from narration.text.marks import Mark
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View

__all__ = ["at_bar", "at_greek_question_mark", "at_wide_mark", "between_caseless_letters"]

_GOES_ON_AFTER = frozenset("，、,;；：:")
_LONGEST_QUOTATIVE = 4
_LONGEST_ABBREVIATION = 2
_FIRST_OF_QUOTATIVES = frozenset(word[0] for word in QUOTATIVES)


def at_wide_mark(view: View, mark: Mark, language: Language) -> Verdict:
    """The sentence ends, unless the mark is inside something or something is tied to it."""
    goes_on = GoOn(mark.behind)
    char = view.at(mark.behind)
    if mark.run == "．" and char.isdigit() and view.before(mark.start).isdigit():
        return goes_on  # ３．５
    if _inside_a_title(view, mark) or char in _GOES_ON_AFTER:
        return goes_on
    may_quote = mark.quoted or mark.run[-1] in "！？!?"
    if may_quote and char in _FIRST_OF_QUOTATIVES:
        following = view.peek(mark.behind, _LONGEST_QUOTATIVE)
        if following.startswith(QUOTATIVES) and not following.startswith(NOT_QUOTATIVES):
            return goes_on  # 「走れ！」と彼は叫んだ。
    if mark.quoted and char.isalpha() and caseless_tag_follows(view, mark.behind, language):
        return goes_on  # “走吧！”他说。
    return Cut(mark.behind, mark.behind)


def at_bar(view: View, index: int) -> Verdict:
    """Behind a letter of an Indic script a bar is a danda, typed on another keyboard."""
    stop = index + 1
    if view.at(stop) == "|":
        stop += 1
    view.at(stop)  # No unit is longer than it may be.
    before = view.before(index)
    if before == " ":
        before = view.before(index - 1)
    return Cut(stop, stop) if is_indic(before) else GoOn(stop)


def at_greek_question_mark(view: View, index: int) -> bool:
    """Whether the semicolon at `index` ends a question: behind Greek, a capital follows."""
    if not is_greek(view.before(index)) or not view.at(index + 1).isspace():
        return False
    first = view.at(view.skip_blanks(index + 1))
    return first == "" or not first.islower()


def between_caseless_letters(view: View, mark: Mark) -> bool:
    """Whether an ASCII mark stands between letters such as 走 and 没, or ם and מ.

    Where words are apart, a full stop behind one or two letters is of an abbreviation.
    """
    if not is_caseless(view.at(mark.behind)) or not is_caseless(view.before(mark.start)):
        return False
    if mark.is_ellipsis:
        return False
    if is_wide(view.before(mark.start)) or not mark.is_full_stop:
        return True
    word = view.word_before(mark.start)
    return len(word) > _LONGEST_ABBREVIATION and "." not in word


def _inside_a_title(view: View, mark: Mark) -> bool:
    """`《摔跤吧！爸爸》` is the name of a work."""
    opened = view.text.rfind("《", view.begin, mark.start)
    return opened > view.text.rfind("》", view.begin, mark.behind)
