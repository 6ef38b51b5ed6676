"""The terminal while a scene is told: text that scrolls, and a line that says how it goes."""

from __future__ import annotations

import re
import shutil
import time
import unicodedata
from typing import TextIO

__all__ = ["Screen"]

_SECONDS_BETWEEN = 0.1
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PIECES = re.compile(r"\n|[^\S\n]+|[\u2e80-\uffff]|[^\s\u2e80-\uffff]+")
"""A line's end, a space, a character of a script without spaces, or a word."""


class Screen:
    """Text goes to `text`; the line stands on `status`, which may be the same terminal.

    Where both are a terminal, the last row is kept for the line by a scrolling region
    (DECSTBM, as in VT100 and everything since), and the text is wrapped between words.
    Where the text goes elsewhere, the line overwrites itself.  Where `status` is no
    terminal, there is no line.
    """

    def __init__(self, status: TextIO, text: TextIO) -> None:
        self._status = status
        self._text = text
        self._alone = status.isatty() and not text.isatty()
        self._below = status.isatty() and text.isatty()
        self._rows = 0
        """Of the terminal, while its last row is ours."""
        self._column = 0
        self._word = ""
        self._line = ""
        self._shown_at = 0.0

    def enter(self) -> None:
        """Make room for the line; again when the terminal has another size."""
        if not self._below:
            return
        rows = shutil.get_terminal_size().lines
        if rows == self._rows:
            return
        if self._rows:
            self._control(f"\0337\033[r\033[{self._rows};1H\033[2K\0338")
        # Make room for a row below the cursor; setting the region moves the cursor.
        self._control(f"\n\033[1A\0337\033[1;{rows - 1}r\0338")
        self._rows, self._line = rows, ""

    def leave(self) -> None:
        """Take the line away."""
        if self._rows:
            self._place(self._word)
            self._text.flush()
            self._control(f"\0337\033[r\033[{self._rows};1H\033[2K\0338")
            self._word, self._column, self._rows = "", 0, 0
        elif self._alone:
            self._control("\r\033[K")

    def say(self, text: str) -> None:
        """Add to the text, without what would control the terminal."""
        text = _CONTROL.sub("", text)
        if self._below:
            pieces = _PIECES.findall(self._word + text)
            # The word at the end may go on; what it is wrapped by is known when it ends.
            self._word = pieces.pop() if pieces and not pieces[-1].isspace() else ""
            for piece in pieces:
                self._place(piece)
        else:
            self._text.write(text)
        self._text.flush()

    def show(self, line: str) -> None:
        """Put `line` in the place of the one before; at most ten times a second."""
        line = line[: shutil.get_terminal_size().columns - 1]
        now = time.monotonic()
        if line == self._line or now - self._shown_at < _SECONDS_BETWEEN:
            return
        self._line, self._shown_at = line, now
        if self._rows:
            self._control(f"\0337\033[{self._rows};1H\033[2K{line}\0338")
        elif self._alone:
            self._control(f"\r\033[K{line}")

    def _place(self, piece: str) -> None:
        width = sum(_width(character) for character in piece)
        if piece == "\n":
            self._column = 0
        elif self._column + width >= shutil.get_terminal_size().columns:
            # Never into the last column, where terminals differ in what comes next.
            piece, self._column = ("\n" + piece, width) if not piece.isspace() else ("\n", 0)
        else:
            self._column += width
        self._text.write(piece)

    def _control(self, codes: str) -> None:
        self._status.write(codes)
        self._status.flush()


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
