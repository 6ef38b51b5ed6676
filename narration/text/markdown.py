"""Takes Markdown's marks off a text, and leaves its words."""

from __future__ import annotations

import re
from typing import NamedTuple

from narration.text.characters import CLAUSE_MARKS, END_MARKS, is_wide
from narration.text.wrapping import (
    FULL_LINE,
    HYPHENS,
    SHORT_LINE,
    first_letter,
    has_case,
    is_broken_on_purpose,
    is_over,
    is_row,
    names_a_speaker,
    starts_anew,
)

__all__ = ["without_line_marks", "without_links"]

_QUOTE = re.compile(r"[ \t]{0,8}(?:>[ \t]?){1,8}")
_HEADING = re.compile(r"[ \t]{0,8}#{1,6}[ \t]+")
_HEADING_END = re.compile(r"[ \t]+#{1,6}[ \t]*\Z")
_BULLET = re.compile(r"[ \t]*[-+*•⁃◦▪‣][ \t]+(?:\[[ xX]\][ \t]+)?")
_NUMBER = re.compile(r"[ \t]*(?:(?:\d{1,3}|[A-Za-z])[.)]{1,2}|\(\w{1,2}\))[ \t]+")
_FENCE = re.compile(r"[ \t]{0,8}(?:`{3,}[ \t]*[A-Za-z0-9_+#.-]{0,32}|~{3,})[ \t]*\Z")
_DIVIDER = re.compile(r"[ \t|:=*_~⁂•#\u2500-\u257f-]*\Z")
_LINK_DEFINITION = re.compile(
    r"\[[^\[\]]{1,100}\]:[ \t]+(?:<[^<>]*>|(?:\w{1,12}:|www\.|[./#])\S+)"
    r"(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\Z"
)
_FOOTNOTE_MARK = re.compile(r"\[\^[^\[\]\s]{1,40}\]:[ \t]*")
_LEAST_VERSE = 4
_MOST_CLOSERS = 9
_FIRST_HANGUL = "\uac00"
_WIDE_FORMS = {"": "", ".": "。", ",": "，"}
_ANY_MARK = re.escape("".join(sorted(END_MARKS)) + CLAUSE_MARKS)
_MARK = re.compile(f"[{_ANY_MARK}]")
_LINE_IS_ENDED = re.compile(rf"[{_ANY_MARK}][\"'”’»)\]」』）*_`~]{{0,8}}\Z")

_IMAGE_OR_LINK = re.compile(
    r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]{0,200}\]){0,400})\]"
    r"\((?:[^()\"]|\"[^\"]{0,200}+\"|\([^()]{0,200}\)|\"){0,600}+\)"
)
_REFERENCE = re.compile(r"!?\[(?P<text>[^\[\]]{1,400})\]\[[^\[\]]{0,100}\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]|\[\d{1,3}\]")
_URL = re.compile(
    r"(?<!\w)(?:(?:https?|ftp)://|www\.)(?P<rest>[^\s<>\"“”«»\[\]{}|`]{1,2000})", re.IGNORECASE
)
_HOST = re.compile(r"(?:[^/@\s]*@)?(?:www\.)?(?P<host>[^/:?#\s]*)", re.IGNORECASE)
_URL_TAIL = re.compile(r"[.,;:!?…'’)*_~]+\Z")


def without_line_marks(text: str) -> str:
    """The text in one line: headings, lists, quotations, fences and tables lose their marks.

    A line that is over without an end mark gets a full stop where more follows, since the
    voice would not stop there otherwise.
    """
    lines = text.split("\n")
    is_verse = len(lines) >= _LEAST_VERSE and max(map(len, lines)) < FULL_LINE
    spoken: list[str] = []
    before: _Line | None = None
    parted = False  # By a blank line or a divider.
    for raw in lines:
        line = _line(raw)
        if line is None:
            parted = before is not None
        elif line.words:
            if before is not None:
                _join(spoken, before, line, parted=parted, is_verse=is_verse)
            spoken.append(line.words)
            before, parted = line, False
    return "".join(spoken)


class _Line(NamedTuple):
    """A line as it is written and as it is spoken; `alone` if it is marked as a unit."""

    written: str
    words: str
    alone: bool


def _line(raw: str) -> _Line | None:
    """None where there is nothing to say, and something that parts what is."""
    line = raw.strip()
    line = line[quote.end() :] if (quote := _QUOTE.match(line)) else line
    if not line or _FENCE.match(line) or _DIVIDER.match(line):
        return None
    if _LINK_DEFINITION.match(line):
        return None
    if footnote := _FOOTNOTE_MARK.match(line):
        return _Line(line, line[footnote.end() :], alone=True)
    words = _without_line_mark(line)
    return _Line(raw, words, alone=words is not line or _NUMBER.match(line) is not None)


def _without_line_mark(line: str) -> str:
    """The line itself if it has none."""
    if heading := _HEADING.match(line):
        return _HEADING_END.sub("", line[heading.end() :])
    if bullet := _BULLET.match(line):
        return line[bullet.end() :]
    if is_row(line):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        return ", ".join(cell for cell in cells if cell)
    return line


def _join(
    spoken: list[str], before: _Line, line: _Line, *, parted: bool, is_verse: bool
) -> None:
    """End what is spoken so far with what parts it from the next line."""
    words = spoken[-1]
    last, first = words[-1], line.words[0]
    if last in HYPHENS and words[-2:-1].isalpha() and first.islower():
        spoken[-1] = words[:-1]
        return
    mark = ""
    if not _LINE_IS_ENDED.search(words, max(0, len(words) - _MOST_CLOSERS)):
        if parted or before.alone or line.alone or _is_over(before.written, line.words):
            mark = "."
        elif is_broken_on_purpose(before.written) or (is_verse and last.isalnum()):
            mark = ","
    unspaced = _is_unspaced(last) and _is_unspaced(first)
    spoken.append(_WIDE_FORMS[mark] if unspaced else mark + " ")


def _is_unspaced(char: str) -> bool:
    return is_wide(char) and char < _FIRST_HANGUL


def _is_over(line: str, following: str) -> bool:
    if names_a_speaker(following):
        return True
    letter = first_letter(following)
    if not starts_anew(letter) or not is_over(line, len(line)):
        return False
    return has_case(letter) or (len(following) < SHORT_LINE and not _MARK.search(following))


def without_links(text: str) -> str:
    """Links are spoken by their text, bare addresses by the name of their site."""
    if "[" in text:
        text = _FOOTNOTE.sub("", text)
        for _ in range(4):  # Links in the text of links.
            text, links = _IMAGE_OR_LINK.subn(r"\g<text>", text)
            text, references = _REFERENCE.subn(r"\g<text>", text)
            if links + references == 0:
                break
    return _URL.sub(_site, text)


def _site(url: re.Match[str]) -> str:
    rest = url["rest"]
    tail = _URL_TAIL.search(rest)
    end = tail.group() if tail else ""
    found = _HOST.match(rest.removesuffix(end))
    host = found["host"] if found else ""
    return host + end
