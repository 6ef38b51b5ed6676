"""Encodes and decodes off the event loop."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from narration.audio.codec import FileFormat, decode, encode

__all__ = ["Transcoder"]


class Transcoder:
    """Has threads of its own, at most two: encoding lets go of Python's lock, and with
    more of it at once the event loop would have to share its processor.
    """

    def __init__(self) -> None:
        threads = min(2, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="narration-audio")

    async def encode(self, pcm: bytes, format: FileFormat) -> bytes:
        """See `narration.audio.encode`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, encode, pcm, format)

    async def convert(self, file: bytes, format: FileFormat) -> bytes:
        """An audio file in another format.

        Raises:
            AudioError: it is no audio file.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: encode(decode(file), format))

    def close(self) -> None:
        """Let the threads end; what waits for them is called off."""
        self._threads.shutdown(wait=False, cancel_futures=True)
