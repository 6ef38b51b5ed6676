"""Lists within a line: `1. Find the key 2. Open the gate`."""

from __future__ import annotations

import re

from narration.text.view import View

__all__ = ["next_item_at", "opens_sentence"]

_BULLETS = " \t\n•⁃-*>"
_MARKER = re.compile(r"[\s•⁃*>-]*(?P<label>\d{1,3}|[a-z])[.)]+[ \t]+\w{2}")


def opens_sentence(view: View, start: int) -> bool:
    """Whether nothing but bullets stands in front of `start`."""
    return not view.text[view.begin : start].strip(_BULLETS)


def next_item_at(view: View, start: int, label: str) -> int | None:
    """Where an item with that label begins, if the sentence began with the one before it."""
    opening = _MARKER.match(view.text, view.begin, view.end)
    if opening is None or not _follows(opening["label"], label):
        return None
    item = start
    while item > opening.end() and view.text[item - 1] in _BULLETS:
        item -= 1
    return item


def _follows(label: str, next_label: str) -> bool:
    if label.isdecimal() and next_label.isdecimal():
        return int(next_label) == int(label) + 1
    return len(label) == len(next_label) == 1 and ord(next_label) == ord(label) + 1
