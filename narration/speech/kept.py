"""Speaks a sentence from what is stored of it, and asks a voice only without that."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from random import Random
from typing import Protocol

from narration.audio.transcoder import Transcoder
from narration.config import LoudnessConfig, SpeechConfig
from narration.errors import AudioError, Scope, SpeechError, StoreError
from narration.recording_key import recording_key
from narration.speech.base import Audio, SpeechRequest
from narration.speech.cast import Part
from narration.speech.policy.access import Access
from narration.speech.policy.attempt import attempt
from narration.speech.policy.held import MARGIN_SECONDS, held
from narration.speech.policy.least_recent import LeastRecent
from narration.speech.policy.levelled import levelled
from narration.speech.policy.outage import Outage
from narration.speech.policy.plausible import PlausibleLength
from narration.speech.policy.retrying import Retries
from narration.speech.policy.spoken_length import script_of, spoken_length
from narration.speech.policy.standing_in import first_who_can
from narration.speech.policy.voice_level import VoiceLevel
from narration.speech.policy.voice_rate import VoiceRate
from narration.speech.recording import Recording
from narration.speech.scheduler import Claim
from narration.story import SpokenBy, Word

__all__ = ["HELD_BYTES", "KeptSpeech", "Recordings", "Speak"]

_log = logging.getLogger(__name__)

Speak = Callable[[str, Claim], AsyncGenerator[Audio]]
"""Spoken text in, audio out as it comes; a claim for when a voice has to be asked."""

HELD_BYTES = 16 << 20
"""Six minutes: so much is usually held of what was spoken and is not stored yet."""


class Recordings(Protocol):
    """Where sentences that were spoken are stored."""

    def recording(
        self, user_id: int, key: str
    ) -> Awaitable[tuple[bytes, tuple[Word, ...]] | None]:
        """What this user has by that `recording_key`: an audio file, and its words."""
        ...


class KeptSpeech:
    """Never has a voice speak what it has spoken for the same user before.

    It stores nothing itself: who records what is spoken does that, and says so (`stored`).
    Till then it holds it for whoever wants the same: a sentence may wait long for its turn
    to be heard and recorded.  What comes from a voice is checked and levelled, so what is
    stored is too.

    Args:
        recordings: what is stored.
        transcoder: reads it.
        loudness: how loud voices are made.
        config: what is done if a voice fails.
        held_bytes: how much is held at most; what is older is let go.
        random: spreads what is tried again.
    """

    def __init__(
        self,
        recordings: Recordings,
        transcoder: Transcoder,
        loudness: LoudnessConfig,
        config: SpeechConfig,
        held_bytes: int = HELD_BYTES,
        random: Random | None = None,
    ) -> None:
        self._recordings = recordings
        self._transcoder = transcoder
        self._loudness = loudness
        self._config = config
        self._random = random or Random()
        self._levels = LeastRecent[SpokenBy, VoiceLevel](lambda by: VoiceLevel())
        # What one user has spoken, or in one script, does not tell how long another's takes.
        self._rates = LeastRecent[tuple[int, SpokenBy, str], VoiceRate](
            lambda key: VoiceRate(key[1].speed)
        )
        self._wanted: dict[tuple[int, str], _Wanted] = {}
        self._held: OrderedDict[tuple[int, str], Recording] = OrderedDict()
        self._held_bytes = 0
        self._most_held_bytes = held_bytes

    def of(self, user_id: int, parts: Sequence[Part], *, patient: bool = False) -> Speak:
        """How sentences are spoken for one session of a user: by the first of `parts` who
        can.  A `patient` one waits as long as it takes while nobody can.
        """
        outage = Outage(math.inf if patient else self._config.outage_seconds)
        # As long as this lasts what is known of them is: a busy server knows many listeners.
        accesses = [part.access(user_id) for part in parts]

        def speak(spoken: str, claim: Claim) -> AsyncGenerator[Audio]:
            def spoken_by(part: Part, though_busy: bool) -> AsyncGenerator[Audio]:
                relieved = part is not parts[-1]
                retries = Retries(self._config, self._random, relieved=relieved)
                access = accesses[parts.index(part)]
                return self._spoken(
                    user_id, part, access, spoken, claim, retries, outage, though_busy
                )

            return first_who_can(parts, accesses, spoken_by, outage, claim.on_wait)

        return speak

    def stored(self, user_id: int, key: str) -> None:
        """From now on the store has this recording of the user's."""
        if (held := self._held.pop((user_id, key), None)) is not None:
            self._held_bytes -= len(held.pcm)

    def _hold(self, user_id: int, key: str, recording: Recording) -> None:
        self.stored(user_id, key)  # Else what is there of it already would count twice.
        self._held[user_id, key] = recording
        self._held_bytes += len(recording.pcm)
        while self._held_bytes > self._most_held_bytes:
            _, oldest = self._held.popitem(last=False)
            self._held_bytes -= len(oldest.pcm)

    async def _spoken(
        self,
        user_id: int,
        part: Part,
        access: Access,
        spoken: str,
        claim: Claim,
        retries: Retries,
        outage: Outage,
        though_busy: bool,
    ) -> AsyncGenerator[Audio]:
        key = recording_key(spoken, part.by)
        wanted = self._wanted.setdefault((user_id, key), _Wanted())
        wanted.by += 1
        plausible = self._plausible(user_id, part, spoken)
        has_waited = though_busy
        try:
            if (recording := self._held.get((user_id, key))) is None:
                recording = await self._stored(user_id, key)
            while recording is None and (recording := wanted.recording) is None:
                beside = _may_speak_too(part, claim)
                if wanted.turn is not None and not beside:
                    # If that fails or is called off, or takes too long, this one asks itself.
                    await wanted.turn.wait(claim)
                    continue
                turn, pcm, words = _Turn(wanted, beside), list[bytes](), list[Word]()
                try:
                    audio = self._synthesized(
                        part, access, spoken, claim, turn, plausible, has_waited
                    )
                    async with aclosing(audio):
                        async for piece in audio:
                            pcm.append(piece.pcm)
                            words += piece.words
                            yield piece
                    wanted.recording = Recording(b"".join(pcm), tuple(words))
                    self._hold(user_id, key, wanted.recording)
                    if wanted.turn is not None:
                        wanted.turn.end()  # Whoever waits for another has it now.
                    outage.over()
                    return
                except _BegunMeanwhile:
                    continue
                except SpeechError as failed:
                    error = failed
                    is_busy = error.scope is Scope.CAPACITY
                    if is_busy:
                        seconds = retries.seconds_while_busy(access, claim)
                    else:
                        seconds = retries.seconds_after(error, turn.seconds, claim)
                    if pcm or words or seconds is None:
                        raise  # What has left here is as good as heard.
                finally:
                    turn.end()
                if is_busy:
                    has_waited = await _wait(seconds, claim, retries.margin_seconds)
                    continue
                has_waited = False
                _log.warning("A sentence is tried again in %.1f s.  %s", seconds, error)
                part.provider.counts.retried += 1
                await asyncio.sleep(seconds)
            for piece in recording.pieces():
                yield piece
        finally:
            wanted.by -= 1
            if not wanted.by:
                del self._wanted[user_id, key]

    def _synthesized(
        self,
        part: Part,
        access: Access,
        spoken: str,
        claim: Claim,
        turn: _Turn,
        plausible: PlausibleLength | None,
        has_waited: bool,
    ) -> AsyncGenerator[Audio]:
        """One attempt, levelled, and held back while there is time."""
        by, profile = part.by, part.provider.speech.profile
        request = SpeechRequest(spoken, by.voice, by.speed, part.params)
        audio = attempt(
            part.provider,
            access,
            request,
            claim,
            plausible,
            turn.begin,
            has_waited=has_waited,
        )
        if self._loudness.even:
            level = self._levels.of(by)
            audio = levelled(
                audio, level, self._loudness, self._transcoder, streams=profile.streams
            )
        return held(audio, claim)

    def _plausible(self, user_id: int, part: Part, spoken: str) -> PlausibleLength | None:
        """How long the sentence may be; None if that is not to be checked."""
        if not self._config.check_audio:
            return None
        rate = self._rates.of((user_id, part.by, script_of(spoken)))
        return PlausibleLength(rate, spoken_length(spoken))

    async def _stored(self, user_id: int, key: str) -> Recording | None:
        try:
            stored = await self._recordings.recording(user_id, key)
            if stored is None:
                return None
            audio, words = stored
            return Recording(await self._transcoder.convert(audio, "pcm"), words)
        except (AudioError, StoreError) as error:
            _log.warning("A stored sentence cannot be read, and is spoken again: %s", error)
            return None


async def _wait(seconds: float, claim: Claim, margin_seconds: float) -> bool:
    """For so long, or until the sentence is due within the margin: then it is False."""
    pressing = claim.pressing(margin_seconds)
    try:
        return not (await asyncio.wait({pressing}, timeout=seconds))[0]
    finally:
        pressing.cancel()


def _may_speak_too(part: Part, claim: Claim) -> bool:
    """Whether a sentence may be spoken although another listener is having it spoken: this one
    would be dry before that is whole, and the voice has nothing else to do.
    """
    return claim.presses(MARGIN_SECONDS) and part.provider.scheduler.has_free_slot


class _Wanted:
    """A sentence that `by` so many want at this moment.

    While it is being spoken there is a `turn`; `recording` is there from its end on, for
    those who still wait.
    """

    def __init__(self) -> None:
        self.by = 0
        self.turn: _Turn | None = None
        self.recording: Recording | None = None


class _BegunMeanwhile(Exception):
    """While one waited for its turn at the voice, another began to speak the same."""


class _Turn:
    """The time in which one speaks what others want too."""

    def __init__(self, wanted: _Wanted, beside: bool) -> None:
        self._wanted = wanted
        self._beside = beside
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._began_at: float | None = None

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        now = asyncio.get_running_loop().time()
        return 0.0 if self._began_at is None else now - self._began_at

    def begin(self) -> None:
        """Not before it has its turn at the voice: nobody is to wait for one who is less
        urgent, and waits too.
        """
        begun = self._wanted.turn is not None and not self._beside
        if begun or self._wanted.recording is not None:
            raise _BegunMeanwhile
        if self._wanted.turn is None:
            self._wanted.turn = self
        self._began_at = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Let the others know that it is over, if it ever began."""
        if self._wanted.turn is self:
            self._wanted.turn = None
        if not self._over.done():
            self._over.set_result(None)

    async def wait(self, claim: Claim) -> None:
        """Until it is over, or the claim begins to press."""
        if claim.presses(MARGIN_SECONDS):
            await asyncio.shield(self._over)
            return
        pressing = claim.pressing(MARGIN_SECONDS)
        try:
            await asyncio.wait({self._over, pressing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pressing.cancel()
