"""Puts audio that arrives in any order back into the order of the text."""

from __future__ import annotations

from collections import deque

import msgspec

from actors.base import Actor, Message, Ref
from actors.protocol import (
    BufferReady,
    Chunk,
    EndOfAudio,
    Finished,
    Gap,
    LastSentence,
    Made,
    Play,
    SaveUpTo,
    SendUpTo,
    SequencerReady,
    SkipTo,
    SpeakAgain,
    SpeakUpTo,
    Unspeakable,
)
from narration.audio import MAX_CHUNK_MS, duration_ms
from narration.story import Sentence

__all__ = ["Sequencer"]


STEP_SECONDS = 0.25
"""The buffer is told anew when the time at which the listener runs dry has moved so far."""


class _GoOn(Message, frozen=True):
    """More is wanted than was passed on in the last turn."""


Command = (
    BufferReady
    | Chunk
    | Finished
    | Unspeakable
    | LastSentence
    | SendUpTo
    | SaveUpTo
    | SkipTo
    | SpeakAgain
    | _GoOn
)


class _Track(msgspec.Struct):
    """What has come of one sentence and was not passed on yet."""

    waiting: deque[Chunk | Finished | Unspeakable]
    passed_on: int = 0
    waiting_ms: float = 0.0
    whole: bool = False


class Sequencer(Actor[Command]):
    """The sentence at the head flows through as it comes; later ones wait.

    At most `ahead` sentences, the one at the head included, are in the making or
    waiting.  Audio is passed on only while both the listener and the disk take more, and
    once there is that much no further sentence is begun.

    Audio of a sentence that was passed on before is for the recorder alone.
    """

    def __init__(
        self,
        writer: Ref[SequencerReady | Play | Gap],
        recorder: Ref[SequencerReady | Play | Gap],
        session: Ref[Made | EndOfAudio],
        first: int,
        ahead: int,
    ) -> None:
        super().__init__()
        self._outputs = (writer, recorder)
        self._recorder = recorder
        self._owner = session
        self._ahead = ahead
        self._buffer: Ref[SpeakUpTo | SkipTo | SpeakAgain] | None = None
        self._tracks: dict[int, _Track] = {}
        self._head = first
        self._count: int | None = None
        self._ended = False
        self._played_ms = 0.0
        self._going_on = False
        self._send = SendUpTo(0.0, 0.0, 0.0)
        self._save_limit_ms = 0.0
        self._told = SpeakUpTo(0, 0.0)

    def on_start(self) -> None:
        self._send = SendUpTo(0.0, 0.0, self.now())
        for output in self._outputs:
            output.tell(SequencerReady(self.actor_ref))

    def on_receive(self, message: Command) -> None:
        match message:
            case Chunk(sentence) | Finished(sentence) | Unspeakable(sentence) if (
                sentence.number < self._head
            ):
                self._pass_back(message)
            case Chunk():
                self._hold(message)
            case Finished(sentence) | Unspeakable(sentence):
                track = self._track(sentence)
                track.waiting.append(message)
                track.whole = True
            case LastSentence(count):
                self._count = count
            case SendUpTo():
                self._send = message
            case SaveUpTo(ms):
                self._save_limit_ms = max(self._save_limit_ms, ms)
            case BufferReady(buffer):
                self._buffer = buffer
            case SkipTo() | SpeakAgain():
                if self._buffer is not None:
                    self._buffer.tell(message)
            case _GoOn():
                self._going_on = False
        self._release()
        self._allow_more()

    def _track(self, sentence: Sentence) -> _Track:
        return self._tracks.setdefault(sentence.number, _Track(deque()))

    def _hold(self, chunk: Chunk) -> None:
        # Crumbs are joined while they wait: limits count time, a mailbox counts messages.
        track = self._track(chunk.sentence)
        track.waiting_ms += duration_ms(chunk.pcm)
        waiting = track.waiting
        if waiting and isinstance(last := waiting[-1], Chunk):
            joined = last.pcm + chunk.pcm
            if duration_ms(joined) <= MAX_CHUNK_MS:
                waiting[-1] = Chunk(chunk.sentence, joined, last.words + chunk.words)
                return
        waiting.append(chunk)

    def _release(self) -> None:
        """Pass on whatever is next in order, as far as it is wanted, but not all at once."""
        for _ in range(self.batch):
            track = self._tracks.get(self._head)
            if track is None or not track.waiting or not self._wanted(track.waiting[0]):
                break
            self._pass_on(track, track.waiting.popleft())
        else:
            self._go_on_next_turn()
        if self._head == self._count and not self._ended:
            self._ended = True
            self._owner.tell(EndOfAudio(self._head))

    def _go_on_next_turn(self) -> None:
        if not self._going_on:
            self._going_on = True
            self.after(0, _GoOn())

    def _wanted(self, piece: Chunk | Finished | Unspeakable) -> bool:
        # The end of a sentence always is: only then can it be sent and saved, and make room.
        return not isinstance(piece, Chunk) or self._played_ms < self._limit_ms()

    def _limit_ms(self) -> float:
        return min(self._send.ms, self._save_limit_ms)

    def _pass_on(self, track: _Track, piece: Chunk | Finished | Unspeakable) -> None:
        match piece:
            case Chunk(pcm=pcm):
                self._tell_outputs(_play(piece, track.passed_on))
                track.passed_on += 1
                track.waiting_ms -= duration_ms(pcm)
                self._played_ms += duration_ms(pcm)
            case Finished(rest=rest):
                self._tell_outputs(_play(piece, track.passed_on))
                self._played_ms += duration_ms(rest)
                self._next_sentence(None)
            case Unspeakable(sentence, reason):
                self._tell_outputs(Gap(sentence, reason))
                self._next_sentence(piece)

    def _next_sentence(self, hole: Unspeakable | None) -> None:
        del self._tracks[self._head]
        self._head += 1
        if hole is None or hole.retryable is None:
            self._owner.tell(Made(self._head, self._count, audible=hole is None))
        else:
            self._owner.tell(
                Made(
                    self._head,
                    self._count,
                    audible=False,
                    failed=hole.reason,
                    retryable=hole.retryable,
                    outage=hole.outage,
                )
            )

    def _pass_back(self, piece: Chunk | Finished | Unspeakable) -> None:
        match piece:
            case Chunk() | Finished():
                self._recorder.tell(_play(piece, 0))
            case Unspeakable(sentence, reason):
                self._recorder.tell(Gap(sentence, reason))

    def _allow_more(self) -> None:
        if self._buffer is None:
            return
        waiting_ms = sum(track.waiting_ms for track in self._tracks.values())
        upto = self._told.sentence
        if self._played_ms + waiting_ms < self._limit_ms():
            upto = max(upto, self._head + self._ahead)
        due_at = self._due_at()
        if upto > self._told.sentence or abs(due_at - self._told.due_at) >= STEP_SECONDS:
            self._told = SpeakUpTo(upto, due_at)
            self._buffer.tell(self._told)

    def _due_at(self) -> float:
        """When the listener has heard all that is there without a break."""
        ready_ms = self._played_ms - self._send.received_ms
        number = self._head
        while (track := self._tracks.get(number)) is not None:
            ready_ms += track.waiting_ms
            if not track.whole:
                break
            number += 1
        return self._send.dry_at + ready_ms / 1_000

    def _tell_outputs(self, message: Play | Gap) -> None:
        for output in self._outputs:
            output.tell(message)


def _play(piece: Chunk | Finished, number: int) -> Play:
    if isinstance(piece, Chunk):
        return Play(piece.sentence, number, piece.pcm, final=False, words=piece.words)
    return Play(
        piece.sentence,
        number,
        piece.rest,
        final=True,
        words=piece.words,
        spoken_by=piece.spoken_by,
    )
