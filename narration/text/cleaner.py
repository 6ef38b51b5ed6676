"""Turns the text that is shown into the text that is spoken."""

from __future__ import annotations

import re
import unicodedata

from narration.text.characters import is_pictogram
from narration.text.emphasis import without_marks
from narration.text.markdown import without_line_marks, without_links
from narration.text.markup import without_directives, without_tags
from narration.text.readable import readable
from narration.text.stand_ins import (
    with_dandas,
    with_proper_marks,
    without_escapes,
    without_second_readings,
)
from narration.text.tex import without_tex

__all__ = ["clean"]

_PLAIN = re.compile(r"(?![—–-]|\d{1,3}[.)])[A-Za-z0-9 ,.!?'\"“”‘’—–()-]*\Z")
_EMOTICON = re.compile(r"(?:(?<=\s)|(?<=\A))[:;=][-o']?[()DPp3](?=[\s.!?,]|\Z)|<3")
_KEYCAP = "\u20e3"
_NON_JOINER = "\u200c"
_JOINER = "\u200d"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_STRAY_JOINER = re.compile(f"(?<![{_VIRAMAS}]){_JOINER}")
_HYPHENATION = re.compile(r"\u00ad\s*")
_ARROWS = ("\u2190", "\u21ff")
_BRACKET_IN_FRONT_OF_MARK = re.compile(r"[>\]}]+(?=[.,;:!?…])")
_BRACKETS = str.maketrans(dict.fromkeys("<>[]{}|", " "))
_MANY_MARKS = re.compile(r"([!?])\1{3,}")
_MANY_DOTS = re.compile(r"\.{4,}|\.(?: \.){2,}")
_SPACES = re.compile(r"\s+")
_SPACE_BEFORE_MARK = re.compile(r"(?<=[\w'’\"”]) (?=[.,](?:\s|\Z))")
_LEADING_DASH = re.compile(r"\A[—–-]\s+")


def clean(text: str) -> str:
    """What a voice is given for `text`, "" if there is nothing to say.

    Words stay, marks go: Markdown, link targets, tags, emoji, invisible
    characters.  Numbers, dates and abbreviations are left to the
    voice.  No character comes out that a voice could take for markup: none of
    `< > [ ] { } * _ | ~ ` \\`, no control character and no half of a surrogate pair.
    """
    if not _PLAIN.match(text) or "--" in text or "www." in text:
        text = _without_markup(text)
    text = _MANY_DOTS.sub("...", _MANY_MARKS.sub(r"\1\1\1", text))
    text = _SPACE_BEFORE_MARK.sub("", _SPACES.sub(" ", text).strip())
    text = _LEADING_DASH.sub("", text)
    return text if any(char.isalnum() for char in text) else ""


def _without_markup(text: str) -> str:
    if not text.isascii():
        text = without_second_readings(readable(_HYPHENATION.sub("", text)))
    text = without_tags(without_escapes(without_tex(text)))
    text = with_proper_marks(without_links(without_line_marks(with_dandas(text))))
    text = without_directives(text)
    text = _EMOTICON.sub(" ", text)
    text = without_marks(text)
    text = _BRACKET_IN_FRONT_OF_MARK.sub("", text).translate(_BRACKETS)
    text = _STRAY_JOINER.sub("", text)
    return "".join(map(_spoken, text))


def _spoken(char: str) -> str:
    """The character, a space in its place, or nothing."""
    if char < "\x7f":
        return char if char >= " " else " "
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if category in ("Cs", "Co", "Cn"):
        return ""
    if category == "Cf":
        return (
            char if char in (_NON_JOINER, _JOINER) else ""
        )  # Persian and Hindi spell with them.
    if _ARROWS[0] <= char <= _ARROWS[1]:
        return " "
    if is_pictogram(char) or char == _KEYCAP or "\ufe00" <= char <= "\ufe0f":
        return " " if category in ("So", "Sk") else ""
    return "" if char == "\ufffd" else char
