"""Scenes with audio, put into a store without any voice; and what other programs hear."""

from __future__ import annotations

import asyncio
import json
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narration.audio import BYTES_PER_MS, BYTES_PER_SAMPLE, encode
from narration.store import Store
from narration.store.recordings import NewRecording
from narration.story import NarrationState, Occasion, Scene, Sentence, SpokenBy

__all__ = ["BY", "add", "begin", "heard", "onsets_ms", "probe", "sound", "speak"]

BY = SpokenBy(provider="voice", voice="v", speed=1.0, parameters="")

Samples = NDArray[np.int16]
Line = tuple[str, int, int] | tuple[str, None]
"""A sentence, how many milliseconds of sound it has, and of pause; or that it is a hole."""


def sound(text: str, ms: int) -> bytes:
    """A tone that begins and ends at once, of a pitch of its own."""
    at = np.arange(ms * 24)
    hertz = 300 + zlib.crc32(text.encode()) % 500
    return (9_000 * np.sin(2 * np.pi * hertz * at / 24_000)).astype("<i2").tobytes()


async def speak(
    store: Store,
    user_id: int,
    scene: Scene,
    lines: Sequence[Line],
    state: NarrationState = NarrationState.COMPLETE,
) -> bytes:
    """Narrate a scene; returns what is heard of it."""
    narration = await begin(store, scene)
    pcm = b""
    for number, line in enumerate(lines):
        pcm += await add(store, user_id, narration, number, line)
    await store.finish_narration(narration, state)
    return pcm


async def begin(store: Store, scene: Scene) -> int:
    return await store.start_narration(scene.id, BY, Occasion.DEMAND)


async def add(store: Store, user_id: int, narration: int, number: int, line: Line) -> bytes:
    """Add a sentence to a narration; returns what is heard of it."""
    text, ms, *rest = line
    sentence = Sentence(number, text, text, 0, len(text), False)
    if ms is None:
        await store.save_sentence(narration, sentence, None, skipped="the voice failed")
        return b""
    pcm, rest_samples = sound(text, ms), rest[0] * 24
    recording = NewRecording(
        user_id=user_id,
        key=None,
        samples=len(pcm) // BYTES_PER_SAMPLE,
        crc=zlib.crc32(pcm),
        # As it is at first, or as it is later.
        audio=await asyncio.to_thread(encode, pcm, "wav" if number % 2 else "flac"),
    )
    await store.save_sentence(narration, sentence, recording, rest_samples=rest_samples)
    return pcm + bytes(rest_samples * BYTES_PER_SAMPLE)


def probe(path: Path) -> Any:
    """What ffprobe says about a file, if it finds no fault with it."""
    wanted = ["-show_format", "-show_streams", "-show_chapters"]
    command = ["ffprobe", "-v", "error", "-of", "json", *wanted, str(path)]
    shown = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert not shown.stderr
    return json.loads(shown.stdout)


def heard(path: Path) -> Samples:
    """A file's samples as ffmpeg plays them."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1"]
    played = subprocess.run(
        [*command, "-ar", "24000", "-"], capture_output=True, check=True, timeout=60
    )
    assert not played.stderr
    return np.frombuffer(played.stdout, "<i2")


def onsets_ms(samples: Samples, quiet_ms: int) -> list[float]:
    """Where sound begins after at least that much silence, or at the start."""
    block = BYTES_PER_MS // BYTES_PER_SAMPLE
    whole = samples[: len(samples) // block * block].reshape(-1, block).astype(np.float64)
    loud = np.sqrt((whole**2).mean(axis=1)) > 1_000
    onsets, quiet = [], quiet_ms
    for ms, sounds in enumerate(loud):
        if sounds and quiet >= quiet_ms:
            onsets.append(float(ms))
        quiet = 0 if sounds else quiet + 1
    return onsets
