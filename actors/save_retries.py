"""Decides whether what the store did not take is saved again, and when."""

from __future__ import annotations

from narration.errors import StoreError

__all__ = ["SAVE_AGAIN_SECONDS", "SaveRetries"]

SAVE_AGAIN_SECONDS = 30.0
"""For so long it is saved again: another program may hold the store's lock."""

_FIRST_WAIT_SECONDS = 0.5
_MOST_WAIT_SECONDS = 5.0


class SaveRetries:
    """The writes of one scene that failed since the last that did not."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._failures = 0

    def worked(self) -> None:
        """Take in that something was saved."""
        self._since, self._failures = None, 0

    def seconds_after(self, error: Exception, now: float) -> float | None:
        """How long to wait before the next attempt; None if there is to be none."""
        if self._since is None:
            self._since = now
        # A scene that is gone does not come back.
        if not isinstance(error, StoreError) or now >= self._since + SAVE_AGAIN_SECONDS:
            return None
        seconds = min(_FIRST_WAIT_SECONDS * 2.0**self._failures, _MOST_WAIT_SECONDS)
        self._failures += 1
        return seconds
