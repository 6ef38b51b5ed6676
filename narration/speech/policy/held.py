"""Keeps a sentence back, so that it can still be mended, while its listener hears others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from narration.audio.pcm import BYTES_PER_MS
from narration.speech.base import Audio
from narration.speech.scheduler import Claim

__all__ = ["MARGIN_SECONDS", "MOST_HELD_MS", "held"]

MARGIN_SECONDS = 2.0
"""So long before its listener runs dry a sentence is let go: it still has a way to travel."""

MOST_HELD_MS = 60_000
"""A sentence of which there is so much is let go too."""


async def held(audio: AsyncGenerator[Audio], claim: Claim) -> AsyncGenerator[Audio]:
    """The same audio: at once when all of it is there, or as it comes once it is pressing.

    Until the first piece leaves here, nobody knows of the sentence: it may fail without
    a trace.  Closing the result closes `audio`.
    """
    async with aclosing(audio):
        if not claim.first and not claim.presses(MARGIN_SECONDS):
            hold = _Hold()
            gathering = asyncio.create_task(hold.gather(audio))
            pressing = claim.pressing(MARGIN_SECONDS)
            try:
                await asyncio.wait({gathering, pressing}, return_when=asyncio.FIRST_COMPLETED)
                if not gathering.done():
                    hold.let_go = True
                    for piece in hold.taken():
                        yield piece
                await gathering
                for piece in hold.taken():
                    yield piece
            finally:
                pressing.cancel()
                gathering.cancel()
                # `gather` waits for it even if it is cancelled itself.
                await asyncio.gather(gathering, return_exceptions=True)
        async for piece in audio:
            yield piece


class _Hold:
    """What came of a sentence and has not left."""

    def __init__(self) -> None:
        self.let_go = False
        self._pieces: list[Audio] = []

    async def gather(self, audio: AsyncGenerator[Audio]) -> None:
        """Take in what comes, to the end, or until it is to pass."""
        room = MOST_HELD_MS * BYTES_PER_MS
        async for piece in audio:
            self._pieces.append(piece)
            room -= len(piece.pcm)
            if self.let_go or room <= 0:
                break

    def taken(self) -> Iterator[Audio]:
        pieces, self._pieces = self._pieces, []
        return iter(pieces)
