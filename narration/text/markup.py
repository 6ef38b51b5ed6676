"""Removes what a voice would read as instructions: tags, entities, bracketed directives."""

from __future__ import annotations

import html
import re

from narration.text.languages.base import words

__all__ = ["without_directives", "without_tags"]

_MOST_ESCAPES = 8
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SPECIAL_TOKEN = re.compile(r"<\|[^<>|]{0,64}\|>")
_TAG = re.compile(r"<(?P<slash>/?)(?P<name>[^\W\d_][\w:.-]{0,40})(?P<rest>[^<>]{0,300})>")
_AUTOLINK = re.compile(
    r"<(?P<address>(?:https?://|mailto:)?[^\s<>]{1,300}[@.][^\s<>]{1,300})>"
)

_ELEMENTS = words("""
    speak break prosody emphasis say-as phoneme sub voice audio p s w token mark lang par seq
    media desc lexicon lookup meta metadata express-as
    a abbr b big blockquote body br center cite code dd del details div dl dt em figure
    figcaption font footer h1 h2 h3 h4 h5 h6 head header hr html i img ins kbd li main nav ol
    pre q samp script section small span strike strong style summary sup table tbody td tfoot
    th thead title tr tt u ul var
""")
"""Those of SSML and HTML; any name with a colon is one too (`amazon:effect`)."""

_DIRECTIVE = re.compile(
    r"[\[{]{1,2}\s*/?\s*(?:pause|break|silence|voice|speaker|speed|pace|rate|pitch|volume|tone|"
    r"emotion|style|lang|language|accent|sfx|sound|music|audio|ssml|phoneme|emphasis)"
    r"(?:\s*[:=]\s*|\s+(?=[\d.]))[^\[\]{}]{0,100}[\]}]{1,2}",
    re.IGNORECASE,
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
    text = _SPECIAL_TOKEN.sub(" ", _COMMENT.sub(" ", text))
    text = _AUTOLINK.sub(r" \g<address> ", text)
    text = _TAG.sub(_spoken_tag, text)
    return text


def _unescaped(text: str) -> str:
    """Without entities, also such as come out of what was escaped several times."""
    for _ in range(_MOST_ESCAPES):
        plain = html.unescape(text)
        if plain == text:
            return text
        text = plain
    return text.replace("&", " ")


def _spoken_tag(tag: re.Match[str]) -> str:
    name = tag["name"]
    if tag["slash"] or tag["rest"] or name.lower() in _ELEMENTS or ":" in name:
        return " " if _separates(name.lower()) else ""
    return f" {name} "


def _separates(name: str) -> bool:
    """Whether words on both sides of it are words apart."""
    return name not in ("b", "i", "u", "em", "strong", "span", "a", "sup", "sub", "w", "s")


def without_directives(text: str) -> str:
    """`[pause:1s]` and `[voice:x]` go; other words in brackets are words, and stay."""
    if "[" not in text and "{" not in text:
        return text
    return _BARE_DIRECTIVE.sub(" ", _DIRECTIVE.sub(" ", text))
