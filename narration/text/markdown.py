"""Takes Markdown's marks off a text, and leaves its words."""

from __future__ import annotations

import re

__all__ = ["without_line_marks", "without_links", "without_marks"]

_QUOTE = re.compile(r"[ \t]{0,8}(?:>[ \t]?){1,8}")
_HEADING = re.compile(r"[ \t]{0,8}#{1,6}[ \t]+")
_HEADING_END = re.compile(r"[ \t]+#{1,6}[ \t]*\Z")
_BULLET = re.compile(r"[ \t]*[-+*•⁃◦▪‣][ \t]+(?:\[[ xX]\][ \t]+)?")
_NUMBER = re.compile(r"[ \t]*\d{1,3}[.)]{1,2}[ \t]+")
_FENCE = re.compile(r"[ \t]{0,8}(?:`{3,}|~{3,})[ \t]*[\w+#.-]{0,32}[ \t]*\Z")
_DIVIDER = re.compile(r"[ \t|:=*_~⁂•#-]*\Z")
_LINE_IS_ENDED = re.compile(r"[.!?…:;,。！？।॥؟][\"'”’»)\]*_`~]{0,8}\Z")

_IMAGE_OR_LINK = re.compile(
    r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]{0,200}\]){0,400})\]"
    r"\((?:[^()]|\([^()]{0,200}\)){0,600}\)"
)
_REFERENCE = re.compile(r"!?\[(?P<text>[^\[\]]{1,400})\]\[[^\[\]]{0,100}\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]|\[\d{1,3}\]")
_URL = re.compile(
    r"(?<!\w)(?:(?:https?|ftp)://|www\.)(?P<rest>[^\s<>\"“”«»\[\]{}|`]{1,2000})", re.IGNORECASE
)
_HOST = re.compile(r"(?:[^/@\s]*@)?(?:www\.)?(?P<host>[^/:?#\s]*)", re.IGNORECASE)
_URL_TAIL = re.compile(r"[.,;:!?…'’)*_~]+\Z")

_BETWEEN_WORDS = re.compile(r"(?<=\w)[_|\\]+(?=\w)")
_MARKS = str.maketrans(dict.fromkeys("*_~`\\", ""))


def without_line_marks(text: str) -> str:
    """The text in one line: headings, lists, quotations, fences and tables lose their marks.

    A heading or list item without an end mark gets a full stop where more
    follows, since the voice would not stop there otherwise.
    """
    spoken: list[str] = []
    stands_alone = False
    for line in text.split("\n"):
        line = line.strip()
        line = line[quote.end() :] if (quote := _QUOTE.match(line)) else line
        if not line or _FENCE.match(line) or _DIVIDER.match(line):
            continue
        bare = _without_line_mark(line)
        marked = bare is not line
        numbered = _NUMBER.match(line) is not None
        if (
            spoken
            and (marked or numbered or stands_alone)
            and not _LINE_IS_ENDED.search(spoken[-1])
        ):
            spoken[-1] += "."
        spoken.append(bare)
        stands_alone = marked or numbered
    return " ".join(spoken)


def _without_line_mark(line: str) -> str:
    """The line itself if it has none."""
    if heading := _HEADING.match(line):
        return _HEADING_END.sub("", line[heading.end() :])
    if bullet := _BULLET.match(line):
        return line[bullet.end() :]
    if line.startswith("|") and line.endswith("|"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        return ", ".join(cell for cell in cells if cell)
    return line


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


def without_marks(text: str) -> str:
    """Emphasis, code, strike-through and escapes lose their marks."""
    text = _BETWEEN_WORDS.sub(" ", text)
    return text.translate(_MARKS)
