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


_MAX_VOICES = 2_000
_MAX_CHARS = 200


def read_voices(body: bytes) -> list[Voice]:
    """The voices in a response, each once; none if it has no list of any known shape.

    A list may be all there is, or stand under `voices` or `data`, and has names, or
    objects with an id or a name; an object in its place has names as its keys.
    """
    try:
        said: Any = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return []
    if isinstance(said, dict):
        said = said.get("voices") or said.get("data")
    if not isinstance(said, list | dict):
        return []
    voices: dict[str, Voice] = {}
    for voice in map(_voice, said):
        if voice is not None and len(voices) < _MAX_VOICES:
            voices.setdefault(voice.id, voice)
    return list(voices.values())


def _voice(entry: Any) -> Voice | None:
    if isinstance(entry, dict):
        candidates = [entry.get(key) for key in ("id", "voice_id", "name")]
        name = entry.get("name")
    else:
        candidates, name = [entry], entry
    for key in candidates:
        if isinstance(key, str) and 0 < len(key) <= _MAX_CHARS:
            shown = name if isinstance(name, str) and name.strip() else key
            return Voice(key, shown[:_MAX_CHARS])
    return None
