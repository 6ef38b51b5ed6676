"""What the mock upstream tells of itself: when it sent what, and how late it was."""

from __future__ import annotations

from collections import deque

import msgspec

from web.mock_upstream.settings import MockSettings
from web.quantiles import Quantiles, quantiles

__all__ = ["Log", "Spoken", "UpstreamLog", "Written"]

_MOST_ANSWERS = 20_000
_MOST_DELAYS = 500_000
"""An endless run must not fill the memory: the oldest are forgotten."""


class Written(msgspec.Struct, kw_only=True):
    """One answer of the model.  Times are of the system's monotonic clock, in seconds.

    `label` is what the prompt says after `label=`; `sent_at` has a time for every token;
    `cut` is set when whoever asked went before the end.
    """

    label: str
    seed: int
    asked_at: float
    sent_at: list[float] = []
    cut: bool = False


class Spoken(msgspec.Struct, kw_only=True):
    """One sentence of the voice: 0 is a time that did not come."""

    crc: int
    characters: int
    asked_at: float
    first_at: float = 0.0
    last_at: float = 0.0


class UpstreamLog(msgspec.Struct, kw_only=True):
    """The answer to `GET /log`: all since the last `DELETE /log`."""

    settings: MockSettings
    late_ms: Quantiles
    most_voices: int
    model: list[Written]
    voice: list[Spoken]


class Log:
    """Collects it."""

    def __init__(self, settings: MockSettings) -> None:
        self._settings = settings
        self._model: deque[Written] = deque(maxlen=_MOST_ANSWERS)
        self._voice: deque[Spoken] = deque(maxlen=_MOST_ANSWERS)
        self._late: deque[float] = deque(maxlen=_MOST_DELAYS)
        self._voices = 0
        self._most_voices = 0

    def writes(self, answer: Written) -> None:
        self._model.append(answer)

    def speaks(self, answer: Spoken) -> None:
        self._voice.append(answer)
        self._voices += 1
        self._most_voices = max(self._most_voices, self._voices)

    def has_spoken(self) -> None:
        self._voices -= 1

    def late(self, seconds: float) -> None:
        self._late.append(seconds)

    def read(self) -> UpstreamLog:
        return UpstreamLog(
            settings=self._settings,
            late_ms=quantiles([seconds * 1_000 for seconds in self._late]),
            most_voices=self._most_voices,
            model=list(self._model),
            voice=list(self._voice),
        )

    def clear(self) -> None:
        """Begin anew; answers that are under way are in it no more."""
        self._model.clear()
        self._voice.clear()
        self._late.clear()
        self._most_voices = self._voices
