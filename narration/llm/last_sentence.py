"""Ends a text that is about to be cut with a finished sentence instead."""

from __future__ import annotations

import re

__all__ = ["LastSentence"]

# English takes more characters for a token, so some sentence ends between here and the cut.
_CHARS_PER_TOKEN = 3.6
# Here somebody may be cut short who is speaking.
_LATE_CHARS_PER_TOKEN = 4.0
# The word before the mark is in small letters: titles and initials end no sentence.
_END = re.compile(r"\b[a-z]{3,}[.!?…]+[\"”]?(?=\s)")
_CONTEXT_CHARS = 40


class LastSentence:
    """Watches a text on its way, and says where to stop it.

    Args:
        max_tokens: where the model is cut.
    """

    def __init__(self, max_tokens: int) -> None:
        self._from = max_tokens * _CHARS_PER_TOKEN
        self._late = max_tokens * _LATE_CHARS_PER_TOKEN
        self._length = 0
        self._before = ""
        self._in_quotes = False

    def cut(self, piece: str) -> tuple[str, bool]:
        """Return what to keep of the text's next piece, and whether that was the last."""
        if self._length + len(piece) >= self._from:
            for match in _END.finditer(self._before + piece):
                end = match.end() - len(self._before)
                length = self._length + end
                if end < 0 or length < self._from:
                    continue
                if length >= self._late or not self._quotes_after(piece[:end]):
                    return piece[:end], True
        self._length += len(piece)
        self._before = (self._before + piece)[-_CONTEXT_CHARS:]
        self._in_quotes = self._quotes_after(piece)
        return piece, False

    def _quotes_after(self, text: str) -> bool:
        """Whether somebody is speaking after `text`; every paragraph begins without."""
        _, line_end, last = text.rpartition("\n")
        in_quotes = self._in_quotes and not line_end
        for mark in last:
            if mark in '"“”':
                in_quotes = mark == "“" or (mark == '"' and not in_quotes)
        return in_quotes
