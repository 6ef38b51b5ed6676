"""Reads the lists of voices that services of different makers give."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

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
_Scalar = int | float | str | bool | None


class _Body(msgspec.Struct):
    voices: msgspec.Raw = msgspec.Raw(b"[]")
    data: msgspec.Raw = msgspec.Raw(b"[]")


class _Entry(msgspec.Struct):
    id: _Scalar = None
    voice_id: _Scalar = None
    name: _Scalar = None


# What counts is picked out: a megabyte of anything takes long to be made objects of.
_body_decoder = msgspec.json.Decoder(list[msgspec.Raw] | _Body)
_list_decoder = msgspec.json.Decoder(list[msgspec.Raw] | dict[str, msgspec.Raw] | None)
_entry_decoder = msgspec.json.Decoder(str | _Entry)


def read_voices(body: bytes) -> list[Voice]:
    """The voices in a response, each once; none if it has no list of any known shape.

    A list may be all there is, or stand under `voices` or `data`, and has names, or
    objects with an id or a name; an object in its place has names as its keys.
    """
    voices: dict[str, Voice] = {}
    for voice in map(_voice, islice(_entries(body), _MAX_VOICES)):
        if voice is not None:
            voices.setdefault(voice.id, voice)
    return list(voices.values())


def _entries(body: bytes) -> Iterable[msgspec.Raw | str]:
    try:
        said = _body_decoder.decode(body)
        if isinstance(said, list):
            return said
        return _list_decoder.decode(said.voices) or _list_decoder.decode(said.data) or ()
    except (ValueError, RecursionError):
        return ()


def _voice(said: msgspec.Raw | str) -> Voice | None:
    try:
        entry = said if isinstance(said, str) else _entry_decoder.decode(said)
    except (ValueError, RecursionError):
        return None
    if isinstance(entry, str):
        entry = _Entry(name=entry)
    for key in (entry.id, entry.voice_id, entry.name):
        if isinstance(key, str) and 0 < len(key) <= _MAX_CHARS:
            name = entry.name if isinstance(entry.name, str) and entry.name.strip() else key
            return Voice(key, name[:_MAX_CHARS])
    return None
