"""The formats of OpenAI's speech API, and what each is called over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CONTENT_TYPES", "FORMATS"]

CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "pcm": "audio/pcm",
        "wav": "audio/wav",
        "mp3": "audio/mpeg",
        "opus": "audio/ogg",
        "flac": "audio/flac",
        "aac": "audio/aac",
    }
)

FORMATS = tuple(CONTENT_TYPES)
"""The one to ask for first: raw samples begin at once, and need no decoder."""
