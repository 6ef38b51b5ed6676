"""Takes a model's reasoning, and what else is no story, out of its answer, however it is cut.

This is done where the text comes in, before it is shown, cut or stored: once a
block is spread over several units, no one of them shows that it is reasoning.
"""

from __future__ import annotations

import functools
import re

from narration.text.model_marks import REASONING
from narration.text.openings import Openings
from narration.text.template import TemplateFilter

__all__ = ["ThinkFilter"]

_TAIL_CHARS = 80
"""An ending may be in as many last characters, in part."""
_BLANK = re.compile(r"[\s\ufeff\u200b]*")
_ENDING_MAY_BEGIN = re.compile(r"[<\[]")


class ThinkFilter:
    """Passes on all of a model's answer but reasoning, calls of tools and template tokens.

    Reasoning is only where the answer begins, any number of blocks of it: later, a story
    mentions `<think>`, and loses nothing by it.  A block that never ends lasts to the end,
    and `unclosed` tells so after `flush`.  Of an ending without its opening only the mark
    is dropped, and `unopened` is set: what came before it may have been reasoning.  Blocks
    do not nest.  Only what may be a mark is held back.

    Args:
        more: openings and endings of reasoning, beside those of `model_marks`.
    """

    def __init__(self, more: tuple[tuple[str, str], ...] = ()) -> None:
        self._marks = _marks(more)
        self._template = TemplateFilter()
        self._held = ""
        self._ending: re.Pattern[str] | None = None
        self._has_begun = False
        self._mentions_reasoning = False
        self.unopened = False
        self.unclosed = False

    def feed(self, text: str) -> str:
        """The part of `text`, and of what was held back, that is story."""
        if not self._has_begun:
            return self._begun(text, is_all=False)
        if not self._held:
            if "<" not in text and "[" not in text and not self._template.held:
                return text
            if self._mentions_reasoning:
                return self._template.feed(text)
        return self._template.feed(self._without_endings(text, is_all=False))

    def flush(self) -> str:
        """The text is at its end: what was held back is no mark.  Then as new."""
        if self._has_begun:
            text = self._template.feed(self._without_endings("", is_all=True))
        else:
            text = self._begun("", is_all=True)
        text += self._template.flush()
        self.unclosed = self._ending is not None
        self._held, self._ending = "", None
        self._has_begun = self._mentions_reasoning = False
        return text

    def _begun(self, text: str, *, is_all: bool) -> str:
        """Take away what is before the story, and the story's first words, if they came."""
        text, self._held = self._held + text, ""
        at = 0
        while True:
            if self._ending is not None:
                end = self._ending.search(text, at)
                if end is None:
                    self._held = text[max(at, len(text) - _TAIL_CHARS) :]
                    return ""
                self._ending, at = None, end.end()
            blank = _BLANK.match(text, at)
            start = blank.end() if blank else at
            if start == len(text):
                break
            if (opening := self._marks.openings.match(text, start)) is not None:
                mark, at = opening
                if not text.endswith("/>", start, at):
                    self._ending = self._marks.endings[mark]
                continue
            if (stray := self._marks.stray.match(text, start)) is not None:
                at = stray.end()
                continue
            if not is_all and self._may_be_mark(text, start):
                break
            end_of_mark = self._template.end_of_mark(text, start, is_all=is_all, is_start=True)
            if end_of_mark < start:
                break
            if end_of_mark == start:
                self._has_begun = True
                return self._template.feed(self._without_endings(text[at:], is_all=is_all))
            at = end_of_mark
        if is_all:
            return text[at:]
        self._held = text[at:]
        return ""

    def _may_be_mark(self, text: str, at: int) -> bool:
        return (
            self._marks.openings.may_begin(text, at)
            or self._marks.stray_unfinished.match(text, at) is not None
        )

    def _without_endings(self, text: str, *, is_all: bool) -> str:
        """`text` without endings of reasoning whose openings it does not mention."""
        text, self._held = self._held + text, ""
        if self._mentions_reasoning:
            return text
        marks = self._marks
        passed: list[str] = []
        start = at = 0
        while (found := _ENDING_MAY_BEGIN.search(text, at)) is not None:
            at = found.start()
            if marks.openings.mentioned(text, at):
                self._mentions_reasoning = True
                break
            if (stray := marks.stray.match(text, at)) is not None:
                self.unopened = True
                passed.append(text[start:at])
                start = at = stray.end()
            elif not is_all and (
                marks.openings.may_be_mentioned(text, at)
                or marks.stray_unfinished.match(text, at)
            ):
                passed.append(text[start:at])
                self._held = text[at:]
                return "".join(passed)
            else:
                at += 1
        passed.append(text[start:])
        return "".join(passed)


class _Marks:
    """The marks of reasoning, ready to be looked for."""

    def __init__(self, table: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        self.openings = Openings(opening for opening, _ in table)
        self.endings = {opening: _pattern(endings) for opening, endings in table}
        stray = {one for _, endings in table for one in endings if "/" in one}
        stray.discard("</details>")
        self.stray = _pattern(tuple(stray))
        letters = "|".join(_beginnings(one) for one in sorted(stray))
        self.stray_unfinished = re.compile(rf"(?:{letters})\Z", re.IGNORECASE)


def _beginnings(mark: str) -> str:
    """A pattern for at least the mark's first character, and for blanks before its last."""
    middle = mark[1:-1]
    nested = "".join(f"(?:{re.escape(letter)}" for letter in middle)
    return re.escape(mark[0]) + nested + r"\s{0,8}" + ")?" * len(middle)


def _pattern(endings: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the endings; an element's may have blanks in it."""
    parts = [
        rf"{re.escape(one[:-1])}\s{{0,8}}>" if one.startswith("</") else re.escape(one)
        for one in endings
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


@functools.cache
def _marks(more: tuple[tuple[str, str], ...]) -> _Marks:
    return _Marks((*REASONING, *((opening, (ending,)) for opening, ending in more)))
