"""Brings the settings that listeners send along with a sentence into what a service takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from narration.errors import SpeechError

__all__ = ["within"]


def within(
    service: str, params: Mapping[str, Any], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    """Those of `params` that have a range: a number outside of it becomes its nearest end.

    A voice that is a little off is better than a story that is not told.

    Raises:
        SpeechError: one is no number.
    """
    fitting: dict[str, float] = {}
    for name, (lowest, highest) in ranges.items():
        value = params.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            message = f"{name} has to be a number from {lowest:g} to {highest:g}"
            raise SpeechError(service, message, retryable=False)
        fitting[name] = min(max(value, lowest), highest)
    return fitting
