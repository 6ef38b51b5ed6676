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
    Record,
    SaveUpTo,
    SendUpTo,
    SequencerReady,
    SkipTo,
    SpeakAgain,
    SpeakUpTo,
    Unspeakable,
)
from narration.audio import MAX_CHUNK_MS, duration_ms
from narration.story import Sentence, Word

__all__ = ["Sequencer"]


STEP_SECONDS = 0.25
"""The buffer is told anew when the listener runs dry so much sooner, or later by a part of
what is left until then: who has much in hand need not be known to the moment.
"""

STEP_PART = 0.25
ROOM_STEP_MS = 2_000.0
"""And when the room for more has changed so much."""


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
    """What has come of one sentence: what waits to be passed on, and the pieces of all of it,
    which are recorded when it is at its end.
    """

    waiting: deque[Chunk | Finished | Unspeakable]
    pieces: list[bytes]
    words: list[Word]
    passed_on: int = 0
    waiting_ms: float = 0.0
    whole: bool = False

    def take(self, chunk: Chunk) -> None:
        self.pieces.append(chunk.pcm)
        self.words.extend(chunk.words)

    def record(self, end: Finished | Unspeakable) -> Record:
        pieces = tuple(self.pieces)
        if isinstance(end, Unspeakable):
            words = tuple(self.words)
            return Record(end.sentence, pieces, skipped=end.reason, words=words)
        words = (*self.words, *end.words)
        return Record(end.sentence, pieces, end.rest, words=words, spoken_by=end.spoken_by)


class Sequencer(Actor[Command]):
    """The sentence at the head flows through as it comes; later ones wait.

    At most `ahead` sentences, the one at the head included, are in the making or
    waiting.  Audio is passed on only while both the listener and the disk take more, and
    once there is that much no further sentence is begun.

    A sentence is recorded when it is at its end.  Audio of one that was passed on before is
    for the recorder alone.
    """

    def __init__(
        self,
        writer: Ref[SequencerReady | Play | Gap],
        recorder: Ref[SequencerReady | Record],
        session: Ref[Made | EndOfAudio],
        first: int,
        ahead: int,
    ) -> None:
        super().__init__()
        self._writer = writer
        self._recorder = recorder
        self._owner = session
        self._ahead = ahead
        self._buffer: Ref[SpeakUpTo | SkipTo | SpeakAgain] | None = None
        self._tracks: dict[int, _Track] = {}
        self._head = first
        self._count: int | None = None
        self._ended = False
        self._played_ms = 0.0
        self._recorded_ms = 0.0
        self._again: dict[int, _Track] = {}
        self._going_on = False
        self._send = SendUpTo(0.0, 0.0, 0.0)
        self._save_limit_ms = 0.0
        self._told = SpeakUpTo(0, 0.0, 0.0)

    def on_start(self) -> None:
        self._send = SendUpTo(0.0, 0.0, self.now())
        self._writer.tell(SequencerReady(self.actor_ref))
        self._recorder.tell(SequencerReady(self.actor_ref))

    def on_receive(self, message: Command) -> None:
        match message:
            case Chunk(sentence) | Finished(sentence) | Unspeakable(sentence) if (
                sentence.number < self._head
            ):
                self._record_again(message)
                return
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
                return
            case _GoOn():
                self._going_on = False
        self._release()
        self._allow_more()

    def _track(self, sentence: Sentence) -> _Track:
        if (track := self._tracks.get(sentence.number)) is None:
            track = self._tracks[sentence.number] = _Track(deque(), [], [])
        return track

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
        return not isinstance(piece, Chunk) or self._room_ms(0.0) > 0

    def _room_ms(self, waiting_ms: float) -> float:
        """How much more the listener and the disk take, if so much waits.  The disk counts
        whole sentences: others cannot be saved.
        """
        for_listener = self._send.ms - self._played_ms
        return min(for_listener, self._save_limit_ms - self._recorded_ms) - waiting_ms

    def _pass_on(self, track: _Track, piece: Chunk | Finished | Unspeakable) -> None:
        match piece:
            case Chunk(pcm=pcm):
                self._writer.tell(_play(piece, track.passed_on))
                track.take(piece)
                track.passed_on += 1
                track.waiting_ms -= duration_ms(pcm)
                self._played_ms += duration_ms(pcm)
            case Finished(rest=rest):
                record = track.record(piece)
                self._recorded_ms += sum(map(duration_ms, (*record.pieces, rest)))
                self._recorder.tell(record)
                self._writer.tell(_play(piece, track.passed_on))
                self._played_ms += duration_ms(rest)
                self._next_sentence(None)
            case Unspeakable(sentence, reason):
                record = track.record(piece)
                self._recorded_ms += sum(map(duration_ms, record.pieces))
                self._recorder.tell(record)
                self._writer.tell(Gap(sentence, reason))
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

    def _record_again(self, piece: Chunk | Finished | Unspeakable) -> None:
        number = piece.sentence.number
        track = self._again.setdefault(number, _Track(deque(), [], []))
        if isinstance(piece, Chunk):
            track.take(piece)
        else:
            del self._again[number]
            self._recorder.tell(track.record(piece))

    def _allow_more(self) -> None:
        if self._buffer is None:
            return
        waiting_ms = sum(track.waiting_ms for track in self._tracks.values())
        upto = self._told.sentence
        room_ms = self._room_ms(waiting_ms)
        if room_ms > 0:
            upto = max(upto, self._head + self._ahead)
        due_at, told = self._due_at(), self._told
        step = max(STEP_SECONDS, STEP_PART * (told.due_at - self.now()))
        if (
            upto > told.sentence
            or told.due_at - due_at >= STEP_SECONDS
            or due_at - told.due_at >= step
            or abs(room_ms - told.room_ms) >= ROOM_STEP_MS
        ):
            self._told = SpeakUpTo(upto, due_at, room_ms)
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


def _play(piece: Chunk | Finished, number: int) -> Play:
    if isinstance(piece, Chunk):
        return Play(piece.sentence, number, piece.pcm, final=False, words=piece.words)
    return Play(
        piece.sentence,
        number,
        piece.rest,
        final=True,
        words=piece.words,
    )
