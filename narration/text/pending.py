"""The text that has come and has not been given out, and where it lies in the whole."""

from __future__ import annotations

from narration.text.unit import SEPARATE, Kind, Unit

__all__ = ["Pending"]


class Pending:
    """Text from which units are taken at the front.

    `text` never begins with white space.  `line` is where its present line begins,
    or -1 if that line began in a unit that was taken.  `first`: none was taken yet.
    """

    __slots__ = ("_line_feeds", "_offset", "first", "line", "text")

    def __init__(self) -> None:
        self.text = ""
        self.line = 0
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
        self._line_feeds = 2 if kind in SEPARATE else 0
        self.first = False
        self.line = -1
        self._begin_with(rest)
        return unit

    def _begin_with(self, text: str) -> None:
        self.text = text.lstrip()
        skipped = len(text) - len(self.text)
        line_feeds = text.count("\n", 0, skipped)
        self._offset += skipped
        self._line_feeds += line_feeds
        if line_feeds:
            self.line = 0
