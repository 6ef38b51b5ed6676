"""Sees to it that no user has more at once of what costs much than the others have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from narration.errors import Busy

__all__ = ["PerUser"]


class PerUser:
    """At most so many at once for each user.

    Args:
        most: how many.
        refusal: what whoever has as many is told.
    """

    def __init__(self, most: int, refusal: str) -> None:
        self._most = most
        self._refusal = refusal
        self._taken: Counter[int] = Counter()

    def take(self, user_id: int) -> None:
        """One more, until it is given back.

        Raises:
            Busy: the user has as many as there may be.
        """
        if self._taken[user_id] >= self._most:
            raise Busy(self._refusal)
        self._taken[user_id] += 1

    def give_back(self, user_id: int) -> None:
        self._taken[user_id] -= 1
        self._taken += Counter()  # Forget who has none.

    @contextmanager
    def one_more(self, user_id: int) -> Iterator[None]:
        """One more, for the time of a block.

        Raises:
            Busy: the user has as many as there may be.
        """
        self.take(user_id)
        try:
            yield
        finally:
            self.give_back(user_id)
