"""Markup that is never cut in two, whatever marks stand in it: tags, comments, links."""

from __future__ import annotations

import re

from narration.text.characters import END_MARKS
from narration.text.elements import (
    BLOCKS,
    END_TAGS,
    HEADINGS,
    HIDDEN,
    ITEMS,
    MENTION,
    TAG,
    TAG_BEGUN,
)
from narration.text.markup import DIRECTIVE
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import NeedMore, View

__all__ = ["ATOM_AHEAD", "ATOM_OPENERS", "at_atom", "beside_atom", "end_of_hidden"]

ATOM_OPENERS = "<["

ATOM_AHEAD = 600
"""How far the end of markup is looked for."""

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_END_OF_COMMENT = re.compile(r"-->|(?=\n[ \t\r]*\n)")
_MOST_TAGS_IN_FRONT = 4
_LONGEST_TAG_IN_FRONT = 120
_LONGEST_LABEL = 120
_LABEL = r"\[(?:[^\[\]]|\[[^\[\]]*+\])*+\]"
_TARGET = r"\((?:[^()\"]|\"[^\"]*+\"|\([^()]*+\))*+\)"
_BRACKETS = re.compile(_LABEL)
_BRACKETS_BEGUN = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*+\])*+(?:\[[^\[\]]*+)?\Z")
_LINK_TARGET = re.compile(rf"{_TARGET}|\[[^\[\]]{{0,100}}\]")
_TARGET_BEGUN = re.compile(
    r"\((?:[^()\"]|\"[^\"]*+\"|\([^()]*+\))*+(?:\"[^\"]*+|\([^()]*+)?\Z|\[[^\[\]]{0,100}\Z"
)
_ATOM = re.compile(rf"<!--.*?-->|{TAG.pattern}|{_LABEL}{_TARGET}", re.DOTALL | re.IGNORECASE)


def at_atom(view: View, index: int) -> Verdict:
    """What to do at the opening bracket at `index`: most often, to go on behind its end."""
    if view.text[index] == "[":
        return _at_square_bracket(view, index)
    following = view.at(index + 1)
    if following == "!":
        return _at_comment(view, index)
    if following.isalpha() or following == "/":
        return _at_tag(view, index)
    return GoOn(index + 1)


def beside_atom(text: str, position: int, limit: int) -> int:
    """`position`, or if it is inside of markup, the place in front of that, or behind."""
    if "<" in text or "[" in text:
        for atom in _ATOM.finditer(text, 0, position + ATOM_AHEAD):
            if atom.start() >= position:
                break
            if atom.end() > position:
                behind = atom.end() if atom.end() <= limit else position
                return atom.start() or behind
    return position


def end_of_hidden(text: str) -> re.Pattern[str] | None:
    """What ends the comment, style or script that `text` begins with, if it does."""
    if text.startswith("<!--"):
        return _END_OF_COMMENT
    tag = TAG.match(text)
    if tag is None or tag["slash"] or tag["empty"] or MENTION.match(text, tag.end()):
        return None
    return END_TAGS.get(tag["name"].lower())


def _at_comment(view: View, index: int) -> Verdict:
    if view.peek(index, 4) != "<!--":
        return GoOn(index + 1)
    stop = view.text.find("-->", index + 4, view.end)
    blank_line = _BLANK_LINE.search(view.text, index, view.end if stop < 0 else stop)
    if blank_line is not None:
        return GoOn(blank_line.start())
    if stop >= 0:
        return GoOn(stop + 3)
    return _not_ended(view, index)


def _at_tag(view: View, index: int) -> Verdict:
    tag = TAG.match(view.text, index, view.end)
    if tag is None:
        begun = TAG_BEGUN.match(view.text, index, view.end) is not None
        if not begun or _BLANK_LINE.search(view.text, index, view.end):
            return GoOn(index + 1)
        return _not_ended(view, index)
    if _BLANK_LINE.search(tag.group()):
        return GoOn(index + 1)
    name = tag["name"].lower()
    if name in HIDDEN and not tag["slash"] and not tag["empty"]:
        return _at_hidden(view, tag, name)
    if name in BLOCKS and name not in ("td", "th"):
        return _at_block(view, tag, name)
    return GoOn(tag.end())


def _at_hidden(view: View, tag: re.Match[str], name: str) -> Verdict:
    found = END_TAGS[name].search(view.text, tag.end(), view.end)
    if found is not None:
        return GoOn(found.end())
    if view.match(MENTION, tag.end()):
        return GoOn(tag.end())
    return _not_ended(view, tag.end() - 1)


def _at_block(view: View, tag: re.Match[str], name: str) -> Verdict:
    """A unit ends in front of a block and behind it."""
    opens = not tag["slash"] and name not in ("br", "hr")
    if opens:
        in_front = _text_in_front(view, tag.start())
        return Cut(tag.start(), tag.start(), "line") if in_front else GoOn(tag.end())
    view.at(tag.end())  # No unit is longer than it may be.
    if name in HEADINGS:
        return Cut(tag.end(), tag.end(), "heading", paragraph=True)
    if name in ITEMS:
        return Cut(tag.end(), tag.end(), "item")
    return Cut(tag.end(), tag.end(), "line", paragraph=name == "p")


def _text_in_front(view: View, index: int) -> bool:
    """Whether anything but tags stands in front, of which a few are looked through."""
    stop = index
    for _ in range(_MOST_TAGS_IN_FRONT):
        while stop > view.begin and view.text[stop - 1].isspace():
            stop -= 1
        if stop == view.begin:
            return False
        start = view.text.rfind("<", max(view.begin, stop - _LONGEST_TAG_IN_FRONT), stop)
        if start < 0 or TAG.fullmatch(view.text, start, stop) is None:
            return True
        stop = start
    return False


def _at_square_bracket(view: View, index: int) -> Verdict:
    is_image = view.before(index) == "!"
    longest = ATOM_AHEAD if is_image else _LONGEST_LABEL
    label = _BRACKETS.match(view.text, index, min(view.end, index + longest))
    if label is None:
        cut_short = view.end - index >= longest
        begun = not cut_short and _BRACKETS_BEGUN.match(view.text, index, view.end)
        if not begun or _BLANK_LINE.search(view.text, index, view.end):
            return GoOn(index + 1)
        return _not_ended(view, index)
    if _BLANK_LINE.search(label.group()):
        return GoOn(index + 1)
    stop = label.end()
    following = view.at(stop)
    if following and following in "([":
        target = _LINK_TARGET.match(view.text, stop, view.end)
        if target is not None and not _BLANK_LINE.search(target.group()):
            return GoOn(target.end())
        begun = target is None and _TARGET_BEGUN.match(view.text, stop, view.end)
        if begun and not _BLANK_LINE.search(view.text, stop, view.end):
            return _not_ended(view, index)
    if following == ":" and index == view.line:
        return GoOn(stop + 1)  # [^1]: A footnote, [map]: an address.
    is_text = END_MARKS.intersection(label.group()) and not DIRECTIVE.match(label.group())
    return GoOn(index + 1 if is_text else stop)


def _not_ended(view: View, index: int) -> Verdict:
    if view.complete:
        return GoOn(index + 1)
    raise NeedMore
