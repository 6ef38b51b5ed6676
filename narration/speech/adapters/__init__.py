"""The kinds of services that can speak.  A new one is a module here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from narration.speech.adapters import chatterbox, elevenlabs, embedded, kokoro, openai, piper
from narration.speech.base import Adapter

__all__ = ["ADAPTERS"]

ADAPTERS: Mapping[str, Adapter] = MappingProxyType(
    {
        "chatterbox": chatterbox.ADAPTER,
        "elevenlabs": elevenlabs.ADAPTER,
        "embedded": embedded.ADAPTER,
        "kokoro": kokoro.ADAPTER,
        "openai": openai.ADAPTER,
        "piper": piper.ADAPTER,
    }
)
"""By the name that a provider's `type` has in the settings."""
