"""Has a sentence spoken by the first of a cast who can."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from narration.errors import Scope, SpeechError, SpeechUnavailable
from narration.speech.base import Audio
from narration.speech.cast import Part
from narration.speech.policy.access import Access
from narration.speech.policy.outage import Outage

__all__ = ["first_who_can"]

_log = logging.getLogger(__name__)


async def first_who_can(
    parts: Sequence[Part],
    accesses: Sequence[Access],
    speak: Callable[[Part, bool], AsyncGenerator[Audio]],
    outage: Outage,
    on_wait: Callable[[str], None],
) -> AsyncGenerator[Audio]:
    """The sentence as the first of `parts` speaks it, or else the next who can.

    Whoever has begun to speak is not relieved.  Who was not asked, since they keep failing or
    are busy, is asked as soon as they let an attempt through, which is waited for as long
    as `outage` allows.  `speak` is told of a part whether a busy service
    may be asked at once, and `on_wait` why there is a wait.

    Raises:
        SpeechUnavailable: all who could are left alone, or are busy.
        SpeechError: nobody can speak it; or who began has broken off.
    """
    errors = dict[int, SpeechError]()
    turns, at_last = list(range(len(parts))), False
    while True:
        for at in turns:
            part, begun = parts[at], False
            try:
                async with aclosing(speak(part, at_last)) as audio:
                    async for piece in audio:
                        begun = True
                        yield replace(piece, stand_in=part.by) if at else piece
                return
            except SpeechError as error:
                if begun:
                    part.provider.counts.skipped += 1
                    raise
                errors[at] = error
            if at != turns[-1]:
                part.provider.counts.failed_over += 1
                if not _was_not_asked(errors[at]):  # That was told once.
                    _log.warning("Somebody else is to speak a sentence.  %s", errors[at])
        # Whoever does not know such a voice, or accepts no key, will not do so soon.
        left = [at for at, error in sorted(errors.items()) if error.retryable]
        left = [at for at in left if _was_not_asked(errors[at]) or accesses[at].why()]
        turns = [at for at in left if accesses[at].lets_through]
        if left and not turns:
            if await outage.outlasted([accesses[at] for at in left], on_wait):
                # Another may have taken the one attempt that is let through: then again.
                turns = [at for at in left if accesses[at].lets_through] or left
            elif not at_last:
                # Before it is a hole, whoever was only thought to be busy is asked.
                turns, at_last = [at for at in left if _was_spared(errors[at])], True
            if not turns:
                errors |= {at: accesses[at].why() or errors[at] for at in left}
        if turns:
            continue
        parts[0].provider.counts.skipped += 1
        raise _all_of([errors[at] for at in range(len(parts))])


def _was_not_asked(error: SpeechError) -> bool:
    """Whether it was left alone, or had no time for it: it may still speak the sentence."""
    return isinstance(error, SpeechUnavailable) or error.scope is Scope.CAPACITY


def _was_spared(error: SpeechError) -> bool:
    """Whether it was not asked since it had just been busy."""
    return isinstance(error, SpeechUnavailable) and error.scope is Scope.CAPACITY


def _all_of(errors: list[SpeechError]) -> SpeechError:
    """What to tell if each has its own reason: that of the one who was chosen."""
    first, *others = errors
    # Those that failed for good would not help if they were not left alone either.
    able = [error for error in errors if error.retryable]
    if able and all(map(_was_not_asked, able)):
        message = "; ".join([first.message, *map(str, others)])
        soon = min(error.retry_after or 0.0 for error in able)
        return SpeechUnavailable(first.service, message, retryable=True, retry_after=soon)
    if not others:
        return first
    return SpeechError(first.service, first.message, retryable=bool(able))
