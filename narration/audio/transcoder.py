"""Encodes and decodes off the event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from narration.audio.codec import FileFormat, decode, encode
from narration.audio.pcm import BYTES_PER_SAMPLE

__all__ = ["Transcoder"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Transcoder:
    """Has threads of its own, at most two: encoding lets go of Python's lock, and with
    more of it at once the event loop would have to share its processor.
    """

    def __init__(self) -> None:
        threads = min(2, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="narration-audio")
        self._at_once = ThreadPoolExecutor(1, thread_name_prefix="narration-piece")

    async def encode(self, pcm: bytes, format: FileFormat) -> bytes:
        """See `narration.audio.encode`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, encode, pcm, format)

    async def convert(
        self, file: bytes, format: FileFormat, *, rest_samples: int = 0
    ) -> bytes:
        """An audio file in another format, and with that much silence at its end.

        Raises:
            AudioError: it is no audio file.
        """
        loop = asyncio.get_running_loop()
        silence = bytes(rest_samples * BYTES_PER_SAMPLE)
        return await loop.run_in_executor(
            self._threads, lambda: encode(decode(file) + silence, format)
        )

    async def at_once(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        """What `work` makes of one piece of sound, which a listener waits for.

        It is to take a few milliseconds at most: the thread is the only one of its kind,
        so that no file that is being made holds it up.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._at_once, work, *args)

    def close(self) -> None:
        """Let the threads end; what waits for them is called off."""
        self._at_once.shutdown(wait=False, cancel_futures=True)
        self._threads.shutdown(wait=False, cancel_futures=True)
