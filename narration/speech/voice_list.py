"""Reads the lists of voices that services of different makers give."""

from __future__ import annotations

from typing import Any

import msgspec

from narration.speech.base import Voice

__all__ = ["OPENAI_VOICES", "read_voices"]

OPENAI_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "fable",
    "marin",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
)
"""OpenAI itself gives no list."""


def read_voices(body: bytes) -> list[Voice]:
    """The voices in a response: names, or objects with `id` or `name`; none if it has none."""
    try:
        said: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    entries = said.get("voices") if isinstance(said, dict) else said
    if not isinstance(entries, list):
        return []
    return [voice for voice in map(_voice, entries) if voice is not None]


def _voice(entry: Any) -> Voice | None:
    if isinstance(entry, str) and entry:
        return Voice(entry, entry)
    if isinstance(entry, dict):
        key = entry.get("id") or entry.get("voice_id") or entry.get("name")
        if isinstance(key, str):
            name = entry.get("name")
            return Voice(key, name if isinstance(name, str) and name else key)
    return None
