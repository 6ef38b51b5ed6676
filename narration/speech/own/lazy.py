"""Opens a service when it is asked something, and closes it when nobody asks any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from narration.speech.base import Audio, Speech, SpeechRequest, Voice

__all__ = ["IDLE_SECONDS", "LazySpeech"]

IDLE_SECONDS = 60.0
"""So long connections are kept: longer than a listener takes between two scenes' words."""


class LazySpeech:
    """A service of which nothing is open while nobody asks it.

    Args:
        open: makes the service, without waiting for anything.
        open_ones: those that are open; this one is among them while it is.
        idle_seconds: how long after it was last asked it is closed.
    """

    def __init__(
        self,
        open: Callable[[], Speech],
        open_ones: set[LazySpeech],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._open = open
        self._open_ones = open_ones
        self._idle_seconds = idle_seconds
        self._speech: Speech | None = open()
        self.name = self._speech.name
        self.profile = self._speech.profile
        self.default_voice = self._speech.default_voice
        self.parameters = self._speech.parameters
        self._starting = asyncio.Lock()
        self._started = False
        self._asked = 0
        self._asked_at = 0.0
        self._closing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Nothing: it starts when it is asked."""

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield a sentence's audio as it comes."""
        async with self._in_use() as speech, aclosing(speech.synthesize(request)) as audio:
            async for piece in audio:
                yield piece

    async def voices(self) -> list[Voice]:
        """The voices on offer."""
        async with self._in_use() as speech:
            return await speech.voices()

    async def aclose(self) -> None:
        """Close what is open, in use or not; idempotent."""
        if self._closing is not None:
            if self._speech is not None:  # Else it is on the way already.
                self._closing.cancel()
            await asyncio.wait({self._closing})
        await self._close()

    @asynccontextmanager
    async def _in_use(self) -> AsyncIterator[Speech]:
        self._asked += 1
        try:
            yield await self._ready()
        finally:
            self._asked -= 1
            self._asked_at = asyncio.get_running_loop().time()

    async def _ready(self) -> Speech:
        async with self._starting:
            if self._speech is None:
                self._speech = self._open()
            if not self._started:
                if self not in self._open_ones:
                    self._open_ones.add(self)
                    self._closing = asyncio.create_task(self._close_when_idle())
                await self._speech.start()
                self._started = True
            return self._speech

    async def _close_when_idle(self) -> None:
        time = asyncio.get_running_loop().time
        left = self._idle_seconds
        while left > 0:
            await asyncio.sleep(left)
            idle = 0.0 if self._asked else time() - self._asked_at
            left = self._idle_seconds - idle
        await self._close()

    async def _close(self) -> None:
        # Whoever asks from here on has it opened anew.
        speech, self._speech, self._started = self._speech, None, False
        self._open_ones.discard(self)
        if speech is not None:
            await speech.aclose()
