"""Has a sentence spoken by the first of a cast who can."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from narration.errors import SpeechError, SpeechUnavailable
from narration.speech.base import Audio
from narration.speech.cast import Part
from narration.speech.policy.outage import Outage

__all__ = ["first_who_can"]

_log = logging.getLogger(__name__)


async def first_who_can(
    parts: Sequence[Part], speak: Callable[[Part], AsyncGenerator[Audio]], outage: Outage
) -> AsyncGenerator[Audio]:
    """The sentence as the first of `parts` speaks it, or else the next who can.

    Whoever has begun to speak is not relieved.  While all are left alone, since they keep
    failing, they are waited for as long as `outage` allows.

    Raises:
        SpeechUnavailable: all who could are left alone.
        SpeechError: nobody can speak it; or who began has broken off.
    """
    errors = dict[int, SpeechError]()
    able = list(range(len(parts)))
    while True:
        for at in able:
            part, begun = parts[at], False
            try:
                async with aclosing(speak(part)) as audio:
                    async for piece in audio:
                        begun = True
                        yield replace(piece, stand_in=part.by) if at else piece
                return
            except SpeechError as error:
                if begun:
                    part.provider.counts.skipped += 1
                    raise
                errors[at] = error
            if at != able[-1]:
                part.provider.counts.failed_over += 1
                if not isinstance(errors[at], SpeechUnavailable):  # That was told once.
                    _log.warning("Somebody else is to speak a sentence.  %s", errors[at])
        # Whoever does not know such a voice, or accepts no key, will not do so soon.
        able = [at for at in able if errors[at].retryable]
        breakers = [parts[at].provider.breaker for at in able]
        if able and not any(one.lets_through for one in breakers):
            if await outage.outlasted(breakers):
                continue
            for at, breaker in zip(able, breakers, strict=True):
                errors[at] = breaker.why() or errors[at]
        parts[0].provider.counts.skipped += 1
        raise _all_of([errors[at] for at in range(len(parts))])


def _all_of(errors: list[SpeechError]) -> SpeechError:
    """What to tell if each has its own reason: that of the one who was chosen."""
    first, *others = errors
    # Those that failed for good would not help if they were not left alone either.
    able = [error for error in errors if error.retryable]
    if able and all(isinstance(error, SpeechUnavailable) for error in able):
        message = "; ".join([first.message, *map(str, others)])
        soon = min(error.retry_after or 0.0 for error in able)
        return SpeechUnavailable(first.service, message, retryable=True, retry_after=soon)
    if not others:
        return first
    return SpeechError(first.service, first.message, retryable=bool(able))
