"""Joins what a model writes when it goes on with a text to the text there was."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from narration.errors import ServiceError
from narration.llm.base import Finish

__all__ = ["Joint", "joined"]

# What a model may say again before it goes on.  Shorter, it may be meant: "No, no, no."
_REPEATED_AT_LEAST = 12
_REPEATED_AT_MOST = 400
# A model may begin with any number of blanks.
_HELD_AT_MOST = 2 * _REPEATED_AT_MOST
_WORD_START = re.compile(r"(?<!\S)\S")

_CLOSING = frozenset(",.;:!?…)]}%”’»—") | frozenset("。！？．｡，、；：」』）】》〉〕］｝")
_OPENING = frozenset("([{“‘«„¿¡—") | frozenset("「『（【《〈〔［｛")
# Scripts that put no space between words.  Korean, which does, lies between them.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffef]"
)


async def joined(
    pieces: AsyncGenerator[str | Finish], before: str, *, exact: bool
) -> AsyncGenerator[str | Finish]:
    """What a model yields when it goes on with `before`, such that it follows it.

    Raises:
        ServiceError: the model did.
    """
    joint = Joint(before, exact=exact)
    finish: Finish | None = None
    problem: ServiceError | None = None
    async with aclosing(pieces):
        try:
            async for piece in pieces:
                if isinstance(piece, Finish):
                    finish = piece
                elif text := joint.feed(piece):
                    yield text
        except ServiceError as error:
            problem = error
    if text := joint.flush():
        yield text
    if problem is not None:
        raise problem
    if finish is not None:
        yield finish


class Joint:
    """The place where two texts meet.

    The last words of the one before, said again, are left out.  A space is put
    between the two where one is missing, but for a model that goes on `exact`ly, from the
    middle of a word if need be.
    """

    def __init__(self, before: str, *, exact: bool) -> None:
        self._before = before
        self._exact = exact
        self._held = ""
        self._open = bool(before)
        end = before.rstrip()
        self._repeatable = [
            end[found.start() :]
            for found in _WORD_START.finditer(end, max(0, len(end) - _REPEATED_AT_MOST))
            if len(end) - found.start() >= _REPEATED_AT_LEAST
        ]

    def feed(self, text: str) -> str:
        """Take the next piece of the new text; return what is certain of it."""
        if not self._open:
            return text
        self._held += text
        if len(self._held) > _HELD_AT_MOST:
            return self.flush()
        said = self._held.lstrip()
        if any(end.startswith(said) for end in self._repeatable):
            return ""  # It may be about to be said again.
        return self.flush() if self._unrepeated().strip() else ""

    def flush(self) -> str:
        """Return what was held back."""
        if not self._open:
            return ""
        self._open = False
        new = self._unrepeated()
        return self._joint(new) if new else ""

    def _unrepeated(self) -> str:
        said = self._held.lstrip()
        for end in self._repeatable:  # The longest first.
            rest = said[len(end) :]
            if said.startswith(end) and not (rest and _splits_a_word(end, rest)):
                return rest
        return self._held

    def _joint(self, new: str) -> str:
        if self._before[-1].isspace():
            ending = self._before[len(self._before.rstrip()) :]
            return new.lstrip() if "\n" in ending else new.lstrip(" ")
        return f" {new}" if self._lacks_space(new[0]) else new

    def _lacks_space(self, first: str) -> bool:
        last = self._before[-1]
        if first.isspace() or _UNSPACED.match(first) or _UNSPACED.match(last):
            return False
        if _splits_a_word(last, first):
            return not self._exact
        in_quotes = self._before.rpartition("\n")[2].count('"') % 2 == 1
        if '"' in (first, last):
            # It closes, or has opened, a quotation.
            return not in_quotes
        if "'" in (first, last):
            return not (last + first).replace("'", "").isalnum()
        return first not in _CLOSING and last not in _OPENING


def _splits_a_word(before: str, after: str) -> bool:
    return before[-1].isalnum() and after[0].isalnum()
