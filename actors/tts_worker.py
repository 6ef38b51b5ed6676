"""Speaks one sentence at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from actors.base import Actor, Control, Message, Ref, Stream
from actors.protocol import (
    SKIPPED,
    Chunk,
    CutOff,
    Due,
    Finished,
    Idle,
    Lost,
    Speak,
    Unspeakable,
)
from narration.audio import BYTES_PER_MS, duration_ms, silence
from narration.errors import ServiceError, SpeechUnavailable
from narration.speech import Audio
from narration.speech.scheduler import Claim
from narration.story import Sentence, SpokenBy, Word

__all__ = ["Synthesize", "TTSWorker", "VoiceAwaited"]

Synthesize = Callable[[str, Claim], AsyncGenerator[Audio]]
"""A voice: spoken text in, audio out as it comes, once the claim is granted."""


STARTING_SECONDS = 5.0
"""Who has heard nothing of a scene for so long is told that the voice is awaited."""


class VoiceAwaited(Control, frozen=True):
    """To the session: its listener has to wait, since no voice can speak yet; and why."""

    reason: str


class _StillSilent(Message, frozen=True):
    """Nothing came of a scene's first sentence for a while."""

    sentence: Sentence


class _Arrived(Message, frozen=True):
    sentence: Sentence
    audio: Audio


class _Ended(Message, frozen=True):
    sentence: Sentence


class _Failed(Message, frozen=True):
    sentence: Sentence
    error: Exception


Command = Speak | Due | CutOff | _StillSilent | _Arrived | _Ended | _Failed


class TTSWorker(Actor[Command]):
    """A sentence once begun is read to its end, so that a listener who is slow never
    holds a place at the service; `max_audio_ms` bounds what one sentence can become.
    Only a skip cuts it off.
    """

    def __init__(
        self,
        synthesize: Synthesize,
        rest_ms: Callable[[Sentence], int],
        buffer: Ref[Idle | Lost],
        sequencer: Ref[Chunk | Finished | Unspeakable],
        session: Ref[VoiceAwaited],
        max_audio_ms: int,
    ) -> None:
        super().__init__()
        self._synthesize = synthesize
        self._rest_ms = rest_ms
        self._buffer = buffer
        self._sequencer = sequencer
        self._owner = session
        self._max_audio_ms = max_audio_ms
        self._sentence: Sentence | None = None
        self._claim: Claim | None = None
        self._below = 0
        self._stream: Stream[Audio] | None = None
        self._spoken_ms = 0.0
        self._words: tuple[Word, ...] = ()
        self._stand_in: SpokenBy | None = None

    def on_start(self) -> None:
        self._buffer.tell(Idle(self.actor_ref))

    def on_failure(self, *_: object) -> None:
        self._buffer.tell(Lost(self.actor_ref))
        # The story goes on without this sentence, rather than wait for it.
        if self._sentence is not None:
            self._sequencer.tell(Unspeakable(self._sentence, "the voice crashed", True))

    def on_receive(self, message: Command) -> None:
        match message:
            case Speak(sentence) if sentence.number < self._below:
                self._end(Unspeakable(sentence, SKIPPED))
            case Speak():
                self._speak(message)
            case CutOff(below):
                self._cut_off(below)
            case Due(number, due_at) if self._sentence is not None:
                if self._sentence.number == number and self._claim is not None:
                    self._claim.due_at = due_at
            case _Arrived(sentence, audio) if sentence is self._sentence:
                self._pass_on(sentence, audio)
            case _Ended(sentence) if sentence is self._sentence:
                rest = silence(self._rest_ms(sentence))
                self._end(Finished(sentence, rest, self._words, self._stand_in))
            case _Failed(sentence, ServiceError() as error) if sentence is self._sentence:
                outage = isinstance(error, SpeechUnavailable)
                self._end(Unspeakable(sentence, str(error), error.retryable, outage))
            case _Failed(sentence, error) if sentence is self._sentence:
                raise error
            case _StillSilent(sentence) if sentence is self._sentence and not self._spoken_ms:
                self._owner.tell(VoiceAwaited("it has not begun to speak"))
            case _Arrived() | _Ended() | _Failed() | Due() | _StillSilent():
                pass  # About a sentence that was cut off.

    def _cut_off(self, below: int) -> None:
        self._below = below
        if self._sentence is not None and self._sentence.number < below:
            self._end(Unspeakable(self._sentence, SKIPPED))

    def _speak(self, speak: Speak) -> None:
        sentence = speak.sentence
        self._sentence, self._spoken_ms = sentence, 0.0
        self._words, self._stand_in = (), None
        who = f"session {self.session}, sentence {sentence.number}"
        self._claim = Claim(
            who=who,
            due_at=speak.due_at,
            first=speak.first,
            on_wait=lambda reason: self._owner.tell(VoiceAwaited(reason)),
        )
        if speak.first:
            self.after(STARTING_SECONDS, _StillSilent(sentence))
        self._stream = self.stream_to_self(
            self._synthesize(sentence.spoken, self._claim),
            lambda audio: _Arrived(sentence, audio),
            lambda: _Ended(sentence),
            lambda error: _Failed(sentence, error),
            label=f"speaking sentence {sentence.number}",
            cost=lambda audio: len(audio.pcm),
        )
        # One sample beyond the limit, so that audio of just that length can end.
        self._stream.allow((self._max_audio_ms + 1) * BYTES_PER_MS)

    def _pass_on(self, sentence: Sentence, audio: Audio) -> None:
        self._words += audio.words
        self._stand_in = audio.stand_in
        self._spoken_ms += duration_ms(audio.pcm)
        if self._spoken_ms > self._max_audio_ms:
            reason = f"its audio is longer than {self._max_audio_ms / 1_000:g} s"
            self._end(Unspeakable(sentence, reason, False))
        elif audio.pcm:
            # Words that became known before their audio go with what comes next.
            self._sequencer.tell(Chunk(sentence, audio.pcm, self._words))
            self._words = ()

    def _end(self, last: Finished | Unspeakable) -> None:
        if self._stream is not None:
            self._stream.cancel()
        self._sentence = self._stream = self._claim = None
        self._sequencer.tell(last)
        self._buffer.tell(Idle(self.actor_ref))
