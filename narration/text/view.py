"""What a rule sees of the text: what has come so far, and an exception where more is needed.

The same text gives the same units however it is split into tokens, because a
rule can look at the text through a `View` only: where the rule would need to see
what has not come, `NeedMore` is raised, and the rule is asked again later.  So
a decision never depends on where the text happened to end.
"""

from __future__ import annotations

import re

from narration.text.characters import LINE_ENDS

__all__ = ["AHEAD", "NeedMore", "View"]

AHEAD = 160
"""No rule looks further than this, which keeps the cost of a decision bounded."""

_WORD = re.compile(r"[^\W_](?:[\w’']|[-.](?=\w)){0,40}")
_BREAKS_A_WORD = frozenset("\"'“”‘’«»„([{<>—–*_`~/|¿¡")
_LONGEST_WORD = 40
_LONGEST_GAP = 64


class NeedMore(Exception):
    """The text that has come does not decide; ask again when there is more."""


class View:
    """The text from the present sentence's `begin` to the `end` of what may be looked at.

    `complete` says that nothing follows at `end`.  `line` is where the present line
    begins, which is below 0 if it began in a unit that was taken.
    """

    __slots__ = ("begin", "complete", "end", "line", "text")

    def __init__(self, text: str, begin: int, end: int, line: int, complete: bool) -> None:
        self.text = text
        self.begin = begin
        self.end = end
        self.line = line
        self.complete = complete

    def at(self, index: int) -> str:
        """The character there, or "" behind the end of the text."""
        if index < self.end:
            return self.text[index]
        if self.complete:
            return ""
        raise NeedMore

    def before(self, index: int) -> str:
        """The character in front of `index`, or "" at the beginning of the sentence."""
        return self.text[index - 1] if index > self.begin else ""

    def match(self, pattern: re.Pattern[str], index: int) -> re.Match[str] | None:
        """Match at `index`; for patterns whose first character decides whether they match."""
        found = pattern.match(self.text, index, self.end)
        stop = index if found is None else found.end()
        if stop >= self.end and not self.complete:
            raise NeedMore
        return found

    def word(self, index: int) -> str:
        """The word that begins at `index`, or "" if none does."""
        found = self.match(_WORD, index)
        if found is None:
            return ""
        stop = found.end()
        # With one more letter, "so-" or "a." might turn out to be part of the word.
        if stop + 1 == self.end and not self.complete and self.text[stop] in "-.":
            raise NeedMore
        return found.group()

    def word_is_in(self, index: int, words: frozenset[str]) -> bool:
        """Whether the word at `index` is one of a few, decided as soon as it can be."""
        first = self.at(index).lower()
        if not any(word.startswith(first) for word in words):
            return False
        return self.word(index).lower() in words

    def word_before(self, index: int) -> str:
        """The word that ends in front of `index`, with the dots and signs inside it."""
        text = self.text
        lowest = max(self.begin, index - _LONGEST_WORD)
        start = index
        while start > lowest:
            char = text[start - 1]
            if char.isspace():
                break
            inside = char in "'’" and start - 1 > lowest and text[start - 2].isalnum()
            if char in _BREAKS_A_WORD and not inside:
                break
            start -= 1
        return text[start:index].lstrip("([{-,;:")

    def chunk_before(self, index: int) -> str:
        """What stands between spaces in front of `index`, spaces and quotes left out."""
        text = self.text
        stop = index
        while stop > self.begin and text[stop - 1] in " \t\u00a0\"'“‘(":
            stop -= 1
        lowest = max(self.begin, stop - _LONGEST_WORD)
        start = stop
        while start > lowest and not text[start - 1].isspace():
            start -= 1
        return text[start:stop]

    def peek(self, index: int, count: int) -> str:
        """The next `count` characters, or fewer at the end of the text."""
        if index + count > self.end and not self.complete:
            raise NeedMore
        return self.text[index : min(index + count, self.end)]

    def skip_blanks(self, index: int) -> int:
        """The first position from `index` that is not white space within the line."""
        last = index + _LONGEST_GAP
        while index < last:
            char = self.at(index)
            if not char.isspace() or char in LINE_ENDS:
                break
            index += 1
        return index

    def blank_line_at(self, index: int) -> bool:
        """Whether the white space that begins at `index` holds an empty line."""
        lines = 0
        for position in range(index, index + _LONGEST_GAP):
            char = self.at(position)
            if not char.isspace():
                break
            lines += char == "\n"
            if lines == 2:
                return True
        return False
