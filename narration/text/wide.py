"""End marks of scripts that put no space between sentences: 。！？"""

from __future__ import annotations

from narration.text.dialogue import caseless_tag_follows
from narration.text.languages import Language
from narration.text.languages.east_asia import NOT_QUOTATIVES, QUOTATIVES
from narration.text.marks import Mark
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View

__all__ = ["at_wide_mark"]

_GOES_ON_AFTER = frozenset("，、,;；：:")
_LONGEST_QUOTATIVE = 4


def at_wide_mark(view: View, mark: Mark, language: Language) -> Verdict:
    """The sentence ends, unless the mark is inside something or something is tied to it."""
    goes_on = GoOn(mark.behind)
    char = view.at(mark.behind)
    if mark.run == "．" and char.isdigit() and view.before(mark.start).isdigit():
        return goes_on  # ３．５
    if _inside_a_title(view, mark) or char in _GOES_ON_AFTER:
        return goes_on
    if mark.quoted or mark.run[-1] in "！？":
        following = view.peek(mark.behind, _LONGEST_QUOTATIVE)
        if following.startswith(QUOTATIVES) and not following.startswith(NOT_QUOTATIVES):
            return goes_on  # 「走れ！」と彼は叫んだ。
    if mark.quoted and char.isalpha() and caseless_tag_follows(view, mark.behind, language):
        return goes_on  # “走吧！”他说。
    return Cut(mark.behind, mark.behind)


def _inside_a_title(view: View, mark: Mark) -> bool:
    """`《摔跤吧！爸爸》` is the name of a work."""
    opened = view.text.rfind("《", view.begin, mark.start)
    return opened > view.text.rfind("》", view.begin, mark.behind)
