"""An end mark as it stands in the text: its run, the quotes behind it, what follows."""

from __future__ import annotations

from typing import NamedTuple

from narration.text.characters import (
    CLOSERS,
    DASHES,
    EMPHASIS,
    END_MARKS,
    LINE_ENDS,
    OPENERS,
    QUOTE_CLOSERS,
    is_pictogram,
)
from narration.text.languages import Language
from narration.text.view import View

__all__ = ["Following", "Mark", "read_following", "read_mark"]

_LONGEST_RUN = 40
_MOST_CLOSERS = 12
_FURTHEST_LETTER = 8


class Mark(NamedTuple):
    """A run of end marks `start` to `stop`, and the closing marks from there to `behind`."""

    start: int
    stop: int
    behind: int
    run: str
    closers: str

    @property
    def is_full_stop(self) -> bool:
        """One `.` and no other end mark."""
        return self.run == "."

    @property
    def is_ellipsis(self) -> bool:
        return self.run[0] == "…" or (self.run[0] == "." and self.run.count(".") > 1)

    @property
    def asks_or_shouts(self) -> bool:
        return "!" in self.run or "?" in self.run

    @property
    def quoted(self) -> bool:
        """Whether a quotation ends with it."""
        return any(closer in QUOTE_CLOSERS for closer in self.closers)

    @property
    def emphasised(self) -> bool:
        """Whether emphasis ends with it."""
        return any(closer in EMPHASIS for closer in self.closers)


def read_mark(view: View, start: int, language: Language) -> Mark:
    """The mark whose first character is at `start`."""
    stop = start + 1
    while stop - start < _LONGEST_RUN and view.at(stop) in END_MARKS:
        stop += 1
    behind = stop
    while behind - stop < _MOST_CLOSERS and _closes(view, behind, language):
        behind += 1
    closers = view.text[stop:behind]
    # French: a space stands in front of the closing mark.
    blank = view.at(behind)
    if (
        blank.isspace()
        and blank not in LINE_ENDS
        and view.at(behind + 1) == "»"
        and not view.at(behind + 2).isalnum()
    ):
        behind += 2
        closers += "»"
    return Mark(start, stop, behind, view.text[start:stop], closers)


def _closes(view: View, index: int, language: Language) -> bool:
    char = view.at(index)
    if char == "«":
        # It opens in French and closes in German; a letter behind it decides.
        return not view.at(index + 1).isalnum()
    if char in ("“", "‘"):
        opened = "„" if char == "“" else "‚"
        return language.raised_quote_closes or opened in view.text[view.begin : index]
    return char in CLOSERS or (char != "" and is_pictogram(char))


class Following(NamedTuple):
    """What stands behind a mark and white space.

    `at` is its first character's place, `first` that character; `letter` is the
    first letter or digit, at `letter_at`.  `dash`: a dash stands in between.
    """

    at: int
    first: str
    letter_at: int
    letter: str
    opens: bool
    dash: bool
    picture: bool


def read_following(view: View, at: int) -> Following:
    """What follows from `at` on, where no white space stands."""
    opens = dash = picture = False
    index = at
    while index - at <= _FURTHEST_LETTER:
        char = view.at(index)
        if char == "" or char.isalnum() or char in LINE_ENDS:
            break
        if is_pictogram(char):
            picture = True
            break
        if char in END_MARKS:
            break
        opens = opens or char in OPENERS
        dash = dash or char in DASHES
        index += 1
    return Following(at, view.at(at), index, view.at(index), opens, dash, picture)
