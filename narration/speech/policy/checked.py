"""Finds out whether what a service sent can be the sentence that it was given."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np
import numpy.typing as npt

from narration.audio.pcm import BYTES_PER_MS, duration_ms
from narration.errors import Misspoken, SpeechError
from narration.speech.base import Audio
from narration.speech.policy.plausible import PlausibleLength

__all__ = ["MOST_SILENCE_MS", "checked"]

MOST_SILENCE_MS = 10_000
"""Longer than this no sentence is silent before it begins."""

_WINDOW_BYTES = 20 * BYTES_PER_MS
# 55 dB below full scale: no voice is so soft.
_SILENT = round(32_768 * 10 ** (-55 / 20))


async def checked(
    audio: AsyncGenerator[Audio],
    service: str,
    plausible: PlausibleLength | None,
    is_urgent: Callable[[], bool],
) -> AsyncGenerator[Audio]:
    """The same audio; silence before the first sound waits until that is heard.

    `plausible` tells how long it may be, and learns how long it was; without one nothing
    but empty audio is found.  What is too long is read to its end, to learn that, unless it
    `is_urgent` then to try again.  Closing the result closes `audio`.

    Raises:
        Misspoken: it is silent, or so short or so long that it is not `text`.
        SpeechError: there is none.
    """

    def error(what: str, kind: type[SpeechError] = Misspoken) -> SpeechError:
        return kind(service, f"{what}: its log may say why", retryable=True)

    ms, most_ms, is_too_long = 0.0, math.inf, False
    if plausible is not None:
        most_ms = plausible.most_seconds * 1_000
    silent: list[Audio] | None = None if plausible is None else []
    async with aclosing(audio):
        async for piece in audio:
            ms += duration_ms(piece.pcm)
            if plausible is not None and ms > most_ms:
                is_too_long = True
                if is_urgent() or ms > plausible.never_above_seconds * 1_000:
                    plausible.refuse(None)
                    raise error("it speaks for far longer than the sentence takes")
                continue
            if silent is None:
                yield piece
                continue
            silent.append(piece)
            if _audible(piece.pcm):
                for waiting in silent:
                    yield waiting
                silent = None
            elif ms > MOST_SILENCE_MS:
                break
    if not ms:
        raise error("it sent no audio", SpeechError)
    if silent is not None:
        raise error("it sent nothing but silence")
    if plausible is not None:
        if is_too_long:
            plausible.refuse(ms / 1_000)
            raise error("it speaks for far longer than the sentence takes")
        if ms < plausible.least_seconds * 1_000:
            plausible.refuse(ms / 1_000)
            raise error("it spoke only a part of the sentence")
        plausible.accept(ms / 1_000)


def _audible(pcm: bytes) -> bool:
    """Whether any 20 ms of it are louder than silence."""
    samples, size = np.frombuffer(pcm, "<i2").astype(np.float32), _WINDOW_BYTES // 2
    # A glance first: what is loud is mostly so at once.
    if not len(samples) or _is_loud(samples[:size]):
        return bool(len(samples))
    return any(
        _is_loud(samples[start : start + size]) for start in range(size, len(samples), size)
    )


def _is_loud(window: npt.NDArray[np.float32]) -> bool:
    return bool(np.dot(window, window) >= _SILENT**2 * len(window))
