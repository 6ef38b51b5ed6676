"""Whether a unit ends with its line: headings, list items, scene breaks, blank lines."""

from __future__ import annotations

import re

from narration.text.characters import CLAUSE_MARKS, CLOSERS, DASHES, END_MARKS
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import View
from narration.text.wrapping import (
    HYPHENS,
    IN_FRONT,
    LONGEST_SPEAKER,
    MOST_IN_FRONT,
    SHORT_LINE,
    announces,
    has_case,
    is_broken_on_purpose,
    is_over,
    is_row,
    names_a_speaker,
    starts_anew,
)

__all__ = ["at_line_end", "in_whole_line"]

_LIST_ITEM = re.compile(r"[ \t>]*(?:[-+*•–⁃]|\d{1,3}[.)]{1,2}|[a-zA-Z][.)]|\(\w{1,2}\))[ \t]")
_WHOLE_LINE = re.compile(r"[ \t]*(?:#{1,6}[ \t]|\|)")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_BOLD_LINE = re.compile(r"[ \t]*(?:\*\*[^*]+\*\*|__[^_]+__):?[ \t]*$")
_SCENE_BREAK = re.compile(
    r"[ \t]*(?:(?P<mark>[-*_=~•])[ \t]*(?:(?P=mark)[ \t]*){2,}|(?:⁂[ \t]*)+|#[ \t]*)$"
)
_FENCE = "```"
_CLOSERS = "".join(sorted(CLOSERS))
_STARTS_A_LINE_UNIT = frozenset('"“„«「『—―#>|⁂')
_MARKS = END_MARKS.union(CLAUSE_MARKS)
_PEEK = 7
_LONGEST_GAP = 128


def in_whole_line(view: View) -> bool:
    """Whether the present line is a heading or a row, inside of which nothing is cut."""
    return view.line >= 0 and _WHOLE_LINE.match(view.text, view.line) is not None


def at_line_end(view: View, index: int) -> Verdict:
    """What to do at the line feed at `index`."""
    text = view.text
    body = text[view.begin : index].strip()
    if not body:
        return GoOn(index + 1)
    line = text[max(view.line, view.begin) : index].rstrip() if view.line >= 0 else ""
    if _SCENE_BREAK.match(line):
        return Cut(index, index, "rule", paragraph=True)
    if _HEADING.match(line) or _BOLD_LINE.match(line):
        return Cut(index, index, "heading", paragraph=True)
    stop, line_feeds = _white_space(view, index)
    blank_line = line_feeds >= 2
    if _LIST_ITEM.match(line) or is_row(line):
        return Cut(index, stop, "item", paragraph=blank_line)
    if body[-1] in HYPHENS and not blank_line and _word_goes_on(view, body, stop):
        return GoOn(stop)
    if _breaks_off(body):
        return Cut(index, stop, "sentence", paragraph=blank_line)
    if blank_line:
        return Cut(index, stop, "line", paragraph=True)
    if _line_unit_follows(view, stop):
        return Cut(index, stop, "line")
    if _is_over(view, index, stop):
        return Cut(index, stop, "line")
    return GoOn(stop)


def _word_goes_on(view: View, body: str, stop: int) -> bool:
    """`nega-` at the end of a line, and `tive` in the next."""
    return body[-2:-1].isalpha() and view.at(stop).islower()


def _is_over(view: View, index: int, stop: int) -> bool:
    """A short line without a mark, and one that starts anew behind it; or a new speaker."""
    line = view.text[max(view.line, view.begin) : index].removesuffix("\r")
    if is_broken_on_purpose(line):
        return True
    first = _first_letter(view, stop)
    letter = view.at(first)
    if not starts_anew(letter):
        return False
    if announces(line):
        return True
    if is_over(line, len(line) + max(view.begin - view.line, 0)):
        return has_case(letter) or _short_line_follows(view, first)
    return line.rstrip()[-1:].isalnum() and letter.isupper() and _speaker_follows(view, first)


def _first_letter(view: View, index: int) -> int:
    stop = index
    while stop - index < MOST_IN_FRONT and view.at(stop) in IN_FRONT:
        stop += 1
    return stop


def _short_line_follows(view: View, index: int) -> bool:
    """Whether the next line is a few words without a mark, as in a list."""
    for position in range(index, index + SHORT_LINE):
        char = view.at(position)
        if char in ("", "\n"):
            return True
        if char in _MARKS:
            return False
    return False


def _speaker_follows(view: View, index: int) -> bool:
    stop = index
    while stop - index <= LONGEST_SPEAKER:
        char = view.at(stop)
        if char == ":":
            return names_a_speaker(view.text[index : stop + 1])
        if not (char.isalnum() or (char and char in " .'’")):
            return False
        if char.islower() and view.text[stop - 1] == " ":
            return False
        stop += 1
    return False


def _white_space(view: View, index: int) -> tuple[int, int]:
    """Where the white space ends that begins at `index`, and its line feeds (2 are enough)."""
    stop = index
    line_feeds = 0
    while stop - index < _LONGEST_GAP:
        char = view.at(stop)
        if not char.isspace():
            break
        line_feeds += char == "\n"
        stop += 1
        if line_feeds == 2:
            break
    return stop, line_feeds


def _breaks_off(body: str) -> bool:
    """An interruption (`But I—`), or the end of a code block."""
    bare = body.rstrip(_CLOSERS) or body
    if bare[-1] in DASHES and len(bare) > 1 and not bare[-2].isspace():
        return True
    return body.endswith(_FENCE) and body.startswith(_FENCE) and len(body) > len(_FENCE)


def _line_unit_follows(view: View, index: int) -> bool:
    """Whether the next line starts a quotation, a list item or a scene break."""
    char = view.at(index)
    if char == "":
        return False
    if char in _STARTS_A_LINE_UNIT:
        return True
    if not (char in "-*+•_=~–⁃(" or char.isdigit() or (char.isalpha() and char.isascii())):
        return False
    start = _peek_line(view, index)
    if _LIST_ITEM.match(start):
        return True
    return (char in "-*_=~" and start[:3] == char * 3) or start[:5] in ("* * *", "- - -")


def _peek_line(view: View, index: int) -> str:
    """The first characters of the line, up to its end."""
    stop = index
    while stop - index < _PEEK and view.at(stop) not in ("", "\n"):
        stop += 1
    return view.text[index:stop]
