"""One attempt to have a sentence spoken by one service."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial

from msgspec.structs import replace

from narration.audio.edges import Edges
from narration.audio.pcm import slices
from narration.audio.silence_trim import SilenceTrim
from narration.errors import SpeechError
from narration.speech.base import Audio, SpeechRequest
from narration.speech.policy.access import Access
from narration.speech.policy.checked import checked
from narration.speech.policy.held import MARGIN_SECONDS
from narration.speech.policy.plausible import PlausibleLength
from narration.speech.provider import Provider
from narration.speech.scheduler import Claim, Scheduler
from narration.story import Word

__all__ = ["attempt", "sound_of"]

GATHER_SECONDS = 0.25
"""So long audio gathers before it is read, where nobody waits for it.  It costs a listener
nothing: his next seconds are there.
"""

MOST_GATHER_SECONDS = 0.5
"""The same, where he has more in hand."""

_UNHURRIED_SECONDS = 2.0
_IN_HAND_SECONDS = 6.0

_log = logging.getLogger(__name__)


async def attempt(
    provider: Provider,
    access: Access,
    request: SpeechRequest,
    claim: Claim,
    plausible: PlausibleLength | None,
    begin: Callable[[], None],
    *,
    has_waited: bool,
) -> AsyncGenerator[Audio]:
    """The sentence as it comes, once it is the claim's turn, checked and without clicks.

    `has_waited`: for a busy service, which may be asked now.  `begin` is called when it has
    its turn, before the service is asked; what that raises ends the attempt, which does not
    count then.

    Raises:
        SpeechUnavailable: the service is left alone, or busy, and was not asked.
        SpeechError: it did not speak, or not well.
    """
    access.check(has_waited=has_waited)  # Nobody is to wait in line for nothing.
    async with provider.scheduler.place(claim):
        begin()
        with access.attempt():
            provider.counts.attempts += 1
            gather = partial(_gather_seconds, provider.scheduler, claim)
            request = replace(request, gather=gather)
            urgent = partial(_is_urgent, claim)
            async with aclosing(sound_of(provider, request, plausible, urgent)) as audio:
                async for piece in audio:
                    yield piece
            provider.counts.succeeded += 1


def _gather_seconds(scheduler: Scheduler, claim: Claim) -> float:
    """None while the listener has little left to hear, or others wait for the slot: then
    the end of the sentence must not be seen late either.
    """
    if claim.presses(_UNHURRIED_SECONDS) or scheduler.is_waited_for:
        return 0.0
    return GATHER_SECONDS if claim.presses(_IN_HAND_SECONDS) else MOST_GATHER_SECONDS


def _is_urgent(claim: Claim) -> bool:
    """Whether what comes of the sentence is passed on at once."""
    return claim.first or claim.presses(MARGIN_SECONDS)


def sound_of(
    provider: Provider,
    request: SpeechRequest,
    plausible: PlausibleLength | None,
    is_urgent: Callable[[], bool],
) -> AsyncGenerator[Audio]:
    """What the service makes of the request, asked now: checked, and without clicks.

    Raises:
        SpeechError: it did not speak, or not well.
    """
    spoken = _spoken(provider, request)
    return _faded(checked(spoken, provider.name, plausible, is_urgent))


async def _spoken(provider: Provider, request: SpeechRequest) -> AsyncGenerator[Audio]:
    """What the service sends.  Whatever an adapter stumbles over in it is its failure."""
    try:
        async with aclosing(provider.speech.synthesize(request)) as audio:
            async for piece in audio:
                yield piece
    except SpeechError:
        raise
    except Exception as error:
        _log.exception("The adapter of %s has a fault.", provider.name)
        message = "its adapter has a fault; the server's log says more"
        raise SpeechError(provider.name, message, retryable=True) from error


async def _faded(audio: AsyncGenerator[Audio]) -> AsyncGenerator[Audio]:
    """Without the silence around it: the pause between sentences is the listener's to set."""
    trim, edges = SilenceTrim(), Edges()
    words: tuple[Word, ...] = ()
    async with aclosing(audio):
        async for piece in audio:
            pcm = edges.feed(trim.feed(piece.pcm))
            words += piece.words
            if trim.cut_ms is None:
                continue
            told, words = tuple(_earlier(word, trim.cut_ms) for word in words), ()
            for part in slices(pcm):
                yield Audio(part, told)
                told = ()
            if told:
                yield Audio(b"", told)
    last = edges.feed(trim.finish()) + edges.finish()
    for part in slices(last):
        yield Audio(part, words)
        words = ()


def _earlier(word: Word, ms: float) -> Word:
    if not ms:
        return word
    return Word(word.text, max(word.start_ms - ms, 0.0), max(word.end_ms - ms, 0.0))
