"""Marks that are typed in the place of others: -- for a dash, ` for an apostrophe."""

from __future__ import annotations

import re

__all__ = ["with_dandas", "with_proper_marks", "without_escapes", "without_second_readings"]

_APOSTROPHE = re.compile(r"(?<=[^\W\d_])[`´′‵ʹ‛＇](?=[^\W\d_])|´")
_DASH = re.compile(r"-{2,}|(?<=[\w.,!?…\"'”’]) ?[─━]{1,3} ?(?=[\w\"'“‘])")
_DANDA = re.compile(r"(?<=[\u0900-\u0dff]) ?(\|{1,2})")
_DANDAS = {"|": "।", "||": "॥"}
_RANGE = re.compile(r"(?<=\d) ?[~～〜] ?(?=\d)|(?<=[^\W_])~(?=[^\W_])")

_BREAKS = re.compile(
    r"(?:\\+[nrt]){2,}|\\+[nrt](?![a-z])|(?<=[.!?…\"'”’,;)*])\\+[nr]|\\u[0-9a-fA-F]{4}"
)

_KANA = "\u3041-\u30ff"
_READING = re.compile(
    rf"(?P<word>[\u4e00-\u9fff々〆](?P<ending>[\u3041-\u3096]{{0,3}}))"
    rf"(?:（[{_KANA}]{{1,16}}?(?P=ending)）|\([{_KANA}]{{1,16}}?(?P=ending)\)"
    rf"|《[{_KANA}]{{1,16}}?(?P=ending)》)"
)
_MARKED_READING = re.compile(r"｜(?P<word>[^｜《》\n]{1,24})《[^｜《》\n]{1,48}》")


def with_proper_marks(text: str) -> str:
    """Apostrophes, dashes and ranges are what they stand for."""
    if "~" in text or "～" in text or "〜" in text:
        text = _RANGE.sub("–", text)
    return _DASH.sub("—", _APOSTROPHE.sub("'", text))


def with_dandas(text: str) -> str:
    """A bar behind a letter of an Indic script is a danda, unless it is part of a table."""
    if "|" not in text or text.lstrip().startswith("|"):
        return text
    return _DANDA.sub(lambda bar: _DANDAS[bar[1]], text)


def without_escapes(text: str) -> str:
    r"""Line breaks that were written as `\n` are line breaks, not the letter n.

    `\name` and `C:\new` are none: behind such a one no small letter stands, or an end
    mark stands in front of it.
    """
    if "\\" not in text:
        return text
    return _BREAKS.sub(_unescaped, text)


def _unescaped(escape: re.Match[str]) -> str:
    written = escape.group()
    if "u" in written:
        return chr(int(written[2:], 16))
    return "\n" * written.count("n") or " "


def without_second_readings(text: str) -> str:
    """What tells how the characters in front of it are read is not read as well."""
    return _READING.sub(r"\g<word>", _MARKED_READING.sub(r"\g<word>", text))
