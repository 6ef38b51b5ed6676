"""Speaks a sentence from what is stored of it, and asks the voice only without that."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from narration.audio.pcm import slices
from narration.audio.transcoder import Transcoder
from narration.config import LoudnessConfig
from narration.errors import AudioError, StoreError
from narration.recording_key import recording_key
from narration.speech.base import Speech, SpeechRequest
from narration.speech.levelled import levelled
from narration.speech.scheduler import Claim, Scheduler
from narration.speech.voice_level import VoiceLevels
from narration.story import SpokenBy

__all__ = ["HELD_BYTES", "KeptSpeech", "Recordings", "Speak"]

_log = logging.getLogger(__name__)

Speak = Callable[[str, Claim], AsyncGenerator[bytes]]
"""Spoken text in, PCM out as it comes; a claim for when a voice has to be asked."""

HELD_BYTES = 16 << 20
"""Six minutes: so much is usually held of what was spoken and is not stored yet."""


class Recordings(Protocol):
    """Where sentences that were spoken are stored."""

    async def recording(self, user_id: int, key: str) -> bytes | None:
        """What this user has by that `recording_key`, as FLAC."""
        ...


class KeptSpeech:
    """Never has a voice speak what it has spoken for the same user before.

    It stores nothing itself: who records what is spoken does that, and says so (`stored`).
    Till then it holds it for whoever wants the same: a sentence may wait long for its turn
    to be heard and recorded.  What comes from a voice is levelled, so what is stored is too.

    Args:
        recordings: what is stored.
        transcoder: reads it.
        loudness: how loud voices are made.
        held_bytes: how much is held at most; what is older is let go.
    """

    def __init__(
        self,
        recordings: Recordings,
        transcoder: Transcoder,
        loudness: LoudnessConfig,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        self._recordings = recordings
        self._transcoder = transcoder
        self._loudness = loudness
        self._levels = VoiceLevels()
        self._wanted: dict[tuple[int, str], _Wanted] = {}
        self._held: OrderedDict[tuple[int, str], bytes] = OrderedDict()
        self._held_bytes = 0
        self._most_held_bytes = held_bytes

    def of(self, user_id: int, speech: Speech, scheduler: Scheduler, by: SpokenBy) -> Speak:
        """How sentences are spoken for a user: `by` this voice of `speech`."""

        def speak(spoken: str, claim: Claim) -> AsyncGenerator[bytes]:
            key = recording_key(spoken, by)
            request = SpeechRequest(spoken, by.voice, by.speed)

            def synthesize(wanted: _Wanted, turn: asyncio.Event) -> AsyncGenerator[bytes]:
                audio = _in_turn(scheduler, claim, speech, request, wanted, turn)
                if not self._loudness.even:
                    return audio
                return levelled(
                    audio,
                    self._levels.of(by),
                    self._loudness,
                    self._transcoder,
                    streams=speech.profile.streams,
                )

            return self._spoken(user_id, key, synthesize)

        return speak

    def stored(self, user_id: int, key: str) -> None:
        """From now on the store has this recording of the user's."""
        self._held_bytes -= len(self._held.pop((user_id, key), b""))

    def _hold(self, user_id: int, key: str, pcm: bytes) -> None:
        self.stored(user_id, key)  # Else what is there of it already would count twice.
        self._held[user_id, key] = pcm
        self._held_bytes += len(pcm)
        while self._held_bytes > self._most_held_bytes:
            _, oldest = self._held.popitem(last=False)
            self._held_bytes -= len(oldest)

    async def _spoken(
        self,
        user_id: int,
        key: str,
        synthesize: Callable[[_Wanted, asyncio.Event], AsyncGenerator[bytes]],
    ) -> AsyncGenerator[bytes]:
        wanted = self._wanted.setdefault((user_id, key), _Wanted())
        wanted.by += 1
        try:
            if (pcm := self._held.get((user_id, key))) is None:
                pcm = await self._stored(user_id, key)
            while pcm is None and (pcm := wanted.pcm) is None:
                if wanted.turn is not None:
                    # If that fails or is called off, this one asks the voice itself.
                    await wanted.turn.wait()
                    continue
                turn, gathered = asyncio.Event(), bytearray()
                try:
                    async with aclosing(synthesize(wanted, turn)) as audio:
                        async for piece in audio:
                            gathered += piece
                            yield piece
                    wanted.pcm = bytes(gathered)
                    self._hold(user_id, key, wanted.pcm)
                    return
                except _BegunMeanwhile:
                    pass
                finally:
                    wanted.end(turn)
            for piece in slices(pcm):
                yield piece
        finally:
            wanted.by -= 1
            if not wanted.by:
                del self._wanted[user_id, key]

    async def _stored(self, user_id: int, key: str) -> bytes | None:
        try:
            flac = await self._recordings.recording(user_id, key)
            return None if flac is None else await self._transcoder.convert(flac, "pcm")
        except (AudioError, StoreError) as error:
            _log.warning("A stored sentence cannot be read, and is spoken again: %s", error)
            return None


class _Wanted:
    """A sentence that `by` so many want at this moment.

    While it is being spoken there is a `turn`, which is set at its end; `pcm` is there
    from then on, for those who still wait.
    """

    def __init__(self) -> None:
        self.by = 0
        self.turn: asyncio.Event | None = None
        self.pcm: bytes | None = None

    def end(self, turn: asyncio.Event) -> None:
        """Let the others know that this turn is over, if it ever began."""
        if self.turn is turn:
            self.turn = None
            turn.set()


class _BegunMeanwhile(Exception):
    """While one waited for its turn at the voice, another began to speak the same."""


async def _in_turn(
    scheduler: Scheduler,
    claim: Claim,
    speech: Speech,
    request: SpeechRequest,
    wanted: _Wanted,
    turn: asyncio.Event,
) -> AsyncGenerator[bytes]:
    async with scheduler.place(claim):
        # Only now: nobody is to wait for one who is less urgent, and waits too.
        if wanted.turn is not None or wanted.pcm is not None:
            raise _BegunMeanwhile
        wanted.turn = turn
        async with aclosing(speech.synthesize(request)) as audio:
            async for pcm in audio:
                yield pcm
