"""Remembers something of every voice, but not of ever more voices."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from narration.story import SpokenBy

__all__ = ["PerVoice"]

T = TypeVar("T")


class PerVoice(Generic[T]):
    """What is known of each voice, made by `new`, of no more than `most` of them.

    It lasts as long as the process: a voice is known again after a few sentences.
    """

    def __init__(self, new: Callable[[SpokenBy], T], most: int = 1_000) -> None:
        self._new = new
        self._most = most
        self._known: OrderedDict[SpokenBy, T] = OrderedDict()

    def of(self, voice: SpokenBy) -> T:
        """What is known of `voice`; what was asked for longest ago may be forgotten."""
        if voice not in self._known:
            self._known[voice] = self._new(voice)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        self._known.move_to_end(voice)
        return self._known[voice]
