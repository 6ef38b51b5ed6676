"""Decides whether a sentence that failed is tried again, and when."""

from __future__ import annotations

from random import Random

from narration.config import SpeechConfig
from narration.errors import SpeechError, SpeechUnavailable
from narration.speech.policy.access import Access
from narration.speech.policy.held import MARGIN_SECONDS
from narration.speech.scheduler import Claim

__all__ = ["Retries"]

RELIEF_SECONDS = 5.0
"""So long before the listener runs dry a busy service is given up: another takes its time."""


class Retries:
    """The further attempts that one sentence has at one service.

    Args:
        config: how many there are, and how far apart.
        random: spreads them, so that those who failed together do not come back together.
        relieved: whether somebody else can speak the sentence.
    """

    def __init__(self, config: SpeechConfig, random: Random, *, relieved: bool) -> None:
        self._config = config
        self._random = random
        self._relieved = relieved
        self._made = 0
        self.margin_seconds = RELIEF_SECONDS if relieved else MARGIN_SECONDS
        """A busy service is waited for until the sentence is due within so many seconds."""

    def seconds_after(
        self, error: SpeechError, took_seconds: float, claim: Claim
    ) -> float | None:
        """How long to wait before the next attempt; None if there is to be none.

        A service that takes long to fail, or asks for so long that the listener would run
        dry, is asked again only where there is no other.
        """
        most = self._config.max_retry_seconds
        asked_for = error.retry_after or 0.0
        if (
            not error.retryable
            or isinstance(error, SpeechUnavailable)
            or self._made >= self._config.retries
            or asked_for > most
            or (self._relieved and took_seconds > most)
            or (
                self._relieved
                and asked_for > self._config.retry_seconds
                and claim.presses(asked_for)
            )
        ):
            return None
        usual = min(self._config.retry_seconds * 2**self._made, most)
        self._made += 1
        return asked_for + self._random.uniform(0.0, usual)

    def seconds_while_busy(self, access: Access, claim: Claim) -> float | None:
        """How long to wait before a busy service is asked again; None if it is not to be.

        That costs no attempt: there is time as long as the listener has others to hear.  But
        where somebody else can speak, one that is busy all the time is not waited for with
        each sentence anew.
        """
        seconds = access.pause_seconds
        if claim.presses(seconds + self.margin_seconds):
            return None
        if self._relieved and access.busy_seconds > self._config.max_retry_seconds:
            return None
        return seconds
