"""One attempt to have a sentence spoken by one service."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from msgspec.structs import replace

from narration.audio.edges import Edges
from narration.speech.base import Audio, SpeechRequest
from narration.speech.policy.checked import checked
from narration.speech.policy.voice_rate import VoiceRate
from narration.speech.provider import Provider
from narration.speech.scheduler import Claim

__all__ = ["attempt"]


async def attempt(
    provider: Provider,
    request: SpeechRequest,
    claim: Claim,
    rate: VoiceRate | None,
    begin: Callable[[], None],
) -> AsyncGenerator[Audio]:
    """The sentence as it comes, once it is the claim's turn, checked and without clicks.

    `begin` is called when it has its turn, before the service is asked; what that raises
    ends the attempt, which does not count then.

    Raises:
        SpeechUnavailable: the service is left alone, and was not asked.
        SpeechError: it did not speak, or not well.
    """
    provider.breaker.check()  # Nobody is to wait in line for nothing.
    async with provider.scheduler.place(claim):
        begin()
        with provider.breaker.attempt():
            provider.counts.attempts += 1
            spoken = provider.speech.synthesize(request)
            audio = _faded(checked(spoken, provider.name, request.text, rate))
            async with aclosing(audio):
                async for piece in audio:
                    yield piece
            provider.counts.succeeded += 1


async def _faded(audio: AsyncGenerator[Audio]) -> AsyncGenerator[Audio]:
    edges = Edges()
    async with aclosing(audio):
        async for piece in audio:
            pcm = edges.feed(piece.pcm)
            if pcm or piece.words:
                yield replace(piece, pcm=pcm)
    if last := edges.finish():
        yield Audio(last)
