"""The text that has come and has not been given out, and where it lies in the whole."""

from __future__ import annotations

from narration.text.unit import SEPARATE, Kind, Unit

__all__ = ["Pending"]


class Pending:
    """Text from which units are taken at the front.

    `text` never begins with white space.  `line` is where its present line begins,
    below 0 if that line began in a unit that was taken.  `first`: none was taken yet.
    """

    __slots__ = ("_first_line", "_line_feeds", "_offset", "first", "line", "text")

    def __init__(self) -> None:
        self.text = ""
        self.line = 0
        self._first_line = 0  # Where the line begins that `text` begins in.
        self.first = True
        self._offset = 0
        self._line_feeds = 0  # Between the last unit and `text`.

    def add(self, text: str) -> None:
        """Append what came."""
        if self.text:
            self.text += text
        else:
            self._begin_with(text)

    def take(self, end: int, kind: Kind, *, paragraph_end: bool) -> Unit:
        """Take the unit that ends in front of `end`."""
        text = self.text[:end].rstrip()
        stop = self._offset + len(text)
        after_break = self._line_feeds >= 2 or kind in SEPARATE
        unit = Unit(
            text=text,
            start=self._offset,
            end=stop,
            kind=kind,
            paragraph_end=paragraph_end,
            paragraph_start=after_break and not self.first,
        )
        rest = self.text[len(text) :]
        self._offset = stop
        self._line_feeds = 2 if paragraph_end or kind in SEPARATE else 0
        self.first = False
        if "\n" in text:
            self._first_line = text.rindex("\n") + 1
        self._first_line -= len(text)
        self._begin_with(rest)
        return unit

    def _begin_with(self, text: str) -> None:
        self.text = text.lstrip()
        skipped = len(text) - len(self.text)
        line_feeds = text.count("\n", 0, skipped)
        self._offset += skipped
        self._line_feeds += line_feeds
        if line_feeds:
            self._first_line = 0
        elif self._first_line:  # Not if only blanks came since the line began.
            self._first_line -= skipped
        self.line = self._first_line
