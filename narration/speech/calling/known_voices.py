"""Finds out whether a voice exists, where the service would take another one silently."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from narration.errors import SpeechError

__all__ = ["KnownVoices"]

_FRESH_SECONDS = 60.0


class KnownVoices:
    """The names that a service answers to, as it told them lately.

    Where it does not tell them, every voice passes: it may still speak.

    Args:
        name: what to call the service in messages.
        ask: gets the names, or None if there is no such list.
    """

    def __init__(
        self, name: str, ask: Callable[[], Awaitable[Collection[str] | None]]
    ) -> None:
        self._name = name
        self._ask = ask
        self._known: Collection[str] | None = None
        self._asked_at = float("-inf")

    async def check(self, voice: str) -> None:
        """Return if the service has this voice, or may have it.

        Raises:
            SpeechError: it has none of that name.
        """
        if self._is_stale() or (self._known is not None and voice not in self._known):
            # It may have been added, or removed, since.
            await self._look_up()
        if self._known is not None and voice not in self._known:
            message = f"it has no voice {voice!r}: choose one of those that it lists"
            raise SpeechError(self._name, message, retryable=False)

    def _is_stale(self) -> bool:
        return asyncio.get_running_loop().time() - self._asked_at >= _FRESH_SECONDS

    async def _look_up(self) -> None:
        try:
            self._known = await self._ask()
        except SpeechError:
            self._known = None
        self._asked_at = asyncio.get_running_loop().time()
