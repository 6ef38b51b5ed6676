"""Remembers something of every one of many, but not of ever more."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

__all__ = ["LeastRecent"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LeastRecent(Generic[K, V]):
    """What is known of each key, made by `new`, of no more than `most` of them.

    It lasts as long as the process: whoever speaks is known again after a few sentences.
    """

    def __init__(self, new: Callable[[K], V], most: int = 4_000) -> None:
        self._new = new
        self._most = most
        self._known: OrderedDict[K, V] = OrderedDict()

    def of(self, key: K) -> V:
        """What is known of `key`; what was asked for longest ago may be forgotten."""
        if key not in self._known:
            self._known[key] = self._new(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def all(self) -> Iterable[V]:
        """All that is known."""
        return self._known.values()
