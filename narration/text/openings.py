"""Finds out whether a text begins with one of some marks, or may yet do so."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Openings"]

_ELEMENT = re.compile(r"<(?P<name>[a-z][\w:]*)(?:\s(?P<attribute>[^<>]+))?>", re.IGNORECASE)
_LONGEST_ELEMENT = 300


class Openings:
    """The marks by which something begins, as `model_marks` writes them."""

    def __init__(self, marks: Iterable[str]) -> None:
        # Of two that begin alike the longer one counts.
        self._marks = sorted(set(marks), key=len, reverse=True)
        self._any = re.compile(
            "|".join(f"({_pattern(mark)})" for mark in self._marks), re.IGNORECASE
        )
        elements = [found for mark in self._marks if (found := _ELEMENT.fullmatch(mark))]
        self._words = tuple(mark for mark in self._marks if mark.isalnum())
        self._literal = tuple(
            mark.removesuffix(">").lower() if _ELEMENT.fullmatch(mark) else mark.lower()
            for mark in self._marks
            if not mark.isalnum()
        )
        names = "|".join(re.escape(found["name"]) for found in elements) or r"\Z."
        self._unfinished = re.compile(
            rf"<(?:{names})[\s/=][^<>]{{0,{_LONGEST_ELEMENT}}}\Z", re.IGNORECASE
        )
        self._mention = re.compile("|".join(map(re.escape, self._literal)), re.IGNORECASE)

    def match(self, text: str, at: int) -> tuple[str, int] | None:
        """The mark that begins there, as it was given, and where it ends."""
        found = self._any.match(text, at)
        if found is None:
            return None
        assert found.lastindex is not None
        return self._marks[found.lastindex - 1], found.end()

    def may_begin(self, text: str, at: int) -> bool:
        """Whether what is there could become a mark, if more came."""
        return bool(
            self.may_be_mentioned(text, at)
            or self._unfinished.match(text, at)
            or any(word.startswith(text[at : at + 40]) for word in self._words)
        )

    def mentioned(self, text: str, at: int) -> bool:
        """Whether there is a mark there, whatever attributes it has."""
        return self._mention.match(text, at) is not None

    def may_be_mentioned(self, text: str, at: int) -> bool:
        """Whether what is there could become a mark's mention, if more came."""
        tail = text[at : at + _LONGEST_ELEMENT].lower()
        return any(mark.startswith(tail) for mark in self._literal)


def _pattern(mark: str) -> str:
    if mark.isalnum():
        return rf"(?-i:{mark}(?=[A-Z]))"
    element = _ELEMENT.fullmatch(mark)
    if element is None:
        return re.escape(mark)
    attribute = element["attribute"]
    has = rf"(?=[^<>]*\s{re.escape(attribute)}[\s/>])" if attribute else ""
    return rf"<{re.escape(element['name'])}(?=[\s/>=]){has}[^<>]{{0,{_LONGEST_ELEMENT}}}>"
