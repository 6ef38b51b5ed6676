"""What a scripted scene consists of, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SAMPLE_RATE",
    "Complete",
    "Confirm",
    "Cut",
    "Say",
    "SkipSentence",
    "Speak",
    "Step",
    "Trouble",
    "WaitFor",
    "duration_ms",
    "samples",
    "scene_of",
    "voice",
    "words_of",
]

SAMPLE_RATE = 24_000


class Say(msgspec.Struct, frozen=True):
    """The model writes."""

    text: str


class Speak(msgspec.Struct, frozen=True):
    """The voice speaks a sentence, or a part of one."""

    sentence: int
    text: str
    pcm: bytes
    final: bool = True
    words: tuple[tuple[str, float, float], ...] = ()
    """Each with its start and end, in ms."""


def words_of(spoken: Speak) -> list[dict[str, str | float]]:
    """The words as the server tells them."""
    return [
        {"text": text, "start_ms": start, "end_ms": end} for text, start, end in spoken.words
    ]


class SkipSentence(msgspec.Struct, frozen=True):
    """The voice has failed at a sentence."""

    sentence: int
    text: str
    reason: str


class WaitFor(msgspec.Struct, frozen=True):
    """Nothing happens until the test says so."""

    event: asyncio.Event


class Trouble(msgspec.Struct, frozen=True):
    """Something goes wrong, and may end the scene."""

    message: str
    ends: bool
    code: str = "failed"


class Cut(msgspec.Struct, frozen=True):
    """The connection breaks."""


class Confirm(msgspec.Struct, frozen=True):
    """The listener's first skip is confirmed now, and not at once."""


class Complete(msgspec.Struct, frozen=True):
    """The scene is finished."""


Step = Say | Speak | SkipSentence | WaitFor | Trouble | Cut | Confirm | Complete


def voice(sentence: int, seconds: float) -> bytes:
    """A tone that tells which sentence it is, and in which no sample is silent."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 9_000 + 6_000 * np.sin(2 * np.pi * (200 + 37 * sentence) * time)
    return tone.astype("<i2").tobytes()


def samples(pcm: bytes) -> NDArray[np.int16]:
    """PCM as numbers, to compare."""
    return np.frombuffer(pcm, dtype="<i2")


def scene_of(sentences: Sequence[str], seconds: float = 0.3) -> list[Step]:
    """A scene as it mostly goes: text first, a word at a time; then its audio."""
    text = " ".join(sentences)
    steps: list[Step] = [Say(part) for part in text.replace(" ", " \0").split("\0")]
    for number, sentence in enumerate(sentences):
        steps.append(Speak(number, sentence, voice(number, seconds)))
    return [*steps, Complete()]


def duration_ms(pcm: bytes) -> float:
    return len(pcm) / (SAMPLE_RATE * 2 / 1_000)
