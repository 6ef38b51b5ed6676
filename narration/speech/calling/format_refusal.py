"""Whether a service refuses a request for the format of the audio that it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from narration.errors import SpeechError

__all__ = ["FormatRefused", "refuses_format"]

_STATUSES = frozenset({400, 406, 415, 422, 501})
_NAMED = re.compile(
    r"response.?format|(audio|output).?format|\bformat\b.*\bpcm\b|\bpcm\b.*\bformat\b",
    re.IGNORECASE | re.DOTALL,
)
# What repeats the request, which names the format whatever is wrong with it.
_REPEATED = frozenset({"input", "ctx", "body", "request"})
_DEEPEST = 8


class FormatRefused(SpeechError):
    """It does not have the format that it was asked for."""


def refuses_format(status: int, said: bytes) -> bool:
    """Whether an answer with this status, and this body, is about the format."""
    if status not in _STATUSES:
        return False
    try:
        body: Any = msgspec.json.decode(said)
    except (ValueError, RecursionError):
        body = said.decode("utf-8", "replace")
    return any(_NAMED.search(text) for text in _texts(body, _DEEPEST))


def _texts(value: Any, deep: int) -> Iterator[str]:
    """What it says: all the text in it, but for what repeats the request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and deep:
        for name, inside in value.items():
            if name not in _REPEATED:
                yield from _texts(inside, deep - 1)
    elif isinstance(value, list) and deep:
        for inside in value:
            yield from _texts(inside, deep - 1)
