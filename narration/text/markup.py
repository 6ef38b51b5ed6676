"""Removes what a voice would read as instructions: tags, entities, bracketed directives."""

from __future__ import annotations

import html
import re

from narration.text.elements import (
    BLOCKS,
    COMMENT,
    ELEMENTS,
    END_TAGS,
    HIDDEN,
    MENTION,
    RUNS_ON,
    TAG,
)

__all__ = ["DIRECTIVE", "without_directives", "without_tags"]

_MOST_ESCAPES = 8
_DECLARATION = re.compile(r"<[!?][A-Za-z\[][^<>]{0,300}>")
_SPECIAL_TOKEN = re.compile(r"<\|[^<>|]{0,64}\|>")
_HIDDEN = re.compile(
    rf"<(?P<name>{'|'.join(sorted(HIDDEN))})\b[^<>]{{0,300}}>(?P<mention>{MENTION.pattern})?",
    re.IGNORECASE,
)
_READING = re.compile(r"<(?P<name>rt|rp)>[^<]*+(?:</(?P=name)>)?", re.IGNORECASE)
_AUTOLINK = re.compile(
    r"<(?P<address>(?:https?://|mailto:)?[^\s<>]{1,300}[@.][^\s<>]{1,300})>"
)

DIRECTIVE = re.compile(
    r"[\[{]{1,2}\s*/?\s*(?:pause|break|silence|voice|speaker|speed|pace|rate|pitch|volume|tone|"
    r"emotion|style|lang|language|accent|sfx|sound|music|bgm|audio|img|image|pic|picture|ssml|"
    r"phoneme|emphasis)"
    r"(?:\s*[:=]\s*|\s+(?=[\d.]))[^\[\]{}]{0,500}[\]}]{1,2}"
)
_BARE_DIRECTIVE = re.compile(
    r"\[\s*/?\s*(?:pause|long pause|short pause|break|silence)\s*\]", re.IGNORECASE
)


def without_tags(text: str) -> str:
    """Known elements go, words in angle brackets stay: `<stop>` is spoken as "stop"."""
    if "&" in text:
        text = _unescaped(text)
    if "<" not in text and ">" not in text:
        return text
    text = _DECLARATION.sub(" ", _SPECIAL_TOKEN.sub(" ", COMMENT.sub(" ", text)))
    text = _READING.sub("", _without_hidden(text))
    text = _AUTOLINK.sub(r" \g<address> ", text)
    closed = {tag["name"].lower() for tag in TAG.finditer(text) if tag["slash"]}
    return TAG.sub(lambda tag: _spoken_tag(tag, closed), text)


def _unescaped(text: str) -> str:
    """Without entities, also such as come out of what was escaped several times."""
    for _ in range(_MOST_ESCAPES):
        plain = html.unescape(text)
        if plain == text:
            return text
        text = plain
    return text.replace("&", " ")


def _without_hidden(text: str) -> str:
    """Without styles and scripts, which last to the end if nothing ends them."""
    spoken = []
    place = 0
    for begin in _HIDDEN.finditer(text):
        if begin.start() < place:
            continue
        end = END_TAGS[begin["name"].lower()].search(text, begin.end())
        if end is None and begin["mention"]:
            continue
        spoken.append(text[place : begin.start()])
        place = len(text) if end is None else end.end()
    return " ".join([*spoken, text[place:]])


def _spoken_tag(tag: re.Match[str], closed: set[str]) -> str:
    name = tag["name"].lower()
    if name in BLOCKS:
        return "\n\n"
    if name in RUNS_ON:
        return ""
    known = name in ELEMENTS or name in closed or ":" in name
    if known or tag["attributes"] or tag["empty"]:
        return " "
    return f" {tag['name']} "


def without_directives(text: str) -> str:
    """`[pause:1s]` and `[voice:x]` go; other words in brackets are words, and stay.

    `[Speed: 12]`, with a capital, is a word of the story.
    """
    if "[" not in text and "{" not in text:
        return text
    return _BARE_DIRECTIVE.sub(" ", DIRECTIVE.sub(" ", text))
