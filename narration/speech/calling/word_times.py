"""Makes what services say about the times of words fit to be shown."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from narration.story import Word

__all__ = ["WordTimes", "brief"]

_MAX_BYTES = 64 << 10
_MAX_MS = 3_600_000.0
_MAX_CHARS = 200


def brief(said: msgspec.Raw) -> msgspec.Raw:
    """What a service says about times; null if it is more than can be of one sentence, and
    would take long to read.
    """
    return said if len(bytes(said)) <= _MAX_BYTES else msgspec.Raw(b"null")


class WordTimes:
    """Takes the words of one sentence in their order.

    A word without times is left out, and so is one without a letter or digit.  Times never
    go backwards, whatever the service says: they are to move a mark along the text.
    """

    def __init__(self) -> None:
        self._reached_ms = 0.0

    def add(self, text: Any, start_ms: Any, end_ms: Any) -> tuple[Word, ...]:
        """The word that this is, or nothing."""
        if not isinstance(text, str) or not any(map(str.isalnum, text)):
            return ()
        if not _is_time(start_ms) or not _is_time(end_ms):
            return ()
        start = max(float(start_ms), self._reached_ms)
        end = max(float(end_ms), start)
        self._reached_ms = start
        return (Word(text.strip()[:_MAX_CHARS], start, end),)


def _is_time(ms: Any) -> bool:
    return isinstance(ms, int | float) and math.isfinite(ms) and ms < _MAX_MS
