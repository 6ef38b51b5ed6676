"""A bounded cache of what the database says: what was used last stays."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

__all__ = ["Cache"]

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Keeps `most` values.  Who changes what they stand for puts the new one here as well."""

    def __init__(self, most: int) -> None:
        self._values: OrderedDict[K, V] = OrderedDict()
        self._most = most

    def get(self, key: K) -> V | None:
        """The value; None if it is not known here."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """From now on this is the value."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def put_found(self, key: K, value: V) -> V:
        """Keep what was read, unless it was changed meanwhile; returns what is kept."""
        if (newer := self.get(key)) is not None:
            return newer
        self.put(key, value)
        return value
