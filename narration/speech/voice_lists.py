"""Remembers for a moment which voices a service has."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from narration.errors import SpeechError
from narration.speech.base import Voice
from narration.speech.provider import Provider

__all__ = ["VoiceLists"]

_FRESH_SECONDS = 30.0
_LOOK_UP_SECONDS = 10.0
_MOST = 1_000
_MOST_CHARS = 200


class VoiceLists:
    """The voices of services, which are asked twice a minute at most, and by one at a time."""

    def __init__(self) -> None:
        self._lists: WeakKeyDictionary[Provider, _List] = WeakKeyDictionary()

    async def of(self, provider: Provider) -> list[Voice]:
        """The voices on offer, in the service's order; the first `_MOST` that can be chosen.

        Raises:
            SpeechError: the service does not tell them, or not in time.
        """
        kept = self._lists.setdefault(provider, _List())
        time = asyncio.get_running_loop().time
        try:
            # Waiting for another one who asks counts too.
            async with asyncio.timeout(_LOOK_UP_SECONDS), kept.asking:
                if time() >= kept.stale_at:
                    voices = await provider.speech.voices()
                    kept.voices = [one for one in voices if _can_be_chosen(one)][:_MOST]
                    kept.stale_at = time() + _FRESH_SECONDS
        except TimeoutError:
            message = f"it did not tell its voices within {_LOOK_UP_SECONDS:g} s"
            raise SpeechError(provider.name, message, retryable=True) from None
        return kept.voices


class _List:
    """What a service said.  What went wrong is not kept: it is asked again."""

    def __init__(self) -> None:
        self.voices: list[Voice] = []
        self.stale_at = float("-inf")
        self.asking = asyncio.Lock()


def _can_be_chosen(voice: Voice) -> bool:
    return 0 < len(voice.id) <= _MOST_CHARS and len(voice.name) <= _MOST_CHARS
