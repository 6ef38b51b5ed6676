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
    Play,
    SaveUpTo,
    SendUpTo,
    SequencerReady,
    SpeakUpTo,
    Unspeakable,
)
from narration.audio import MAX_CHUNK_MS, duration_ms
from narration.story import Sentence

__all__ = ["Sequencer"]


class _GoOn(Message, frozen=True):
    """More is wanted than was passed on in the last turn."""


Command = (
    BufferReady | Chunk | Finished | Unspeakable | LastSentence | SendUpTo | SaveUpTo | _GoOn
)


class _Track(msgspec.Struct):
    """What has come of one sentence and was not passed on yet."""

    waiting: deque[Chunk | Finished | Unspeakable]
    passed_on: int = 0
    passed_on_ms: float = 0.0


class Sequencer(Actor[Command]):
    """The sentence at the head flows through as it comes; later ones wait.

    At most `ahead` sentences, the one at the head included, are in the making or
    waiting.  Audio is passed on only while both the listener and the disk take more.
    """

    def __init__(
        self,
        outputs: tuple[Ref[SequencerReady | Play | Gap], ...],
        session: Ref[EndOfAudio],
        ahead: int,
    ) -> None:
        super().__init__()
        self._outputs = outputs
        self._owner = session
        self._ahead = ahead
        self._buffer: Ref[SpeakUpTo] | None = None
        self._tracks: dict[int, _Track] = {}
        self._head = 0
        self._count: int | None = None
        self._ended = False
        self._played_ms = 0.0
        self._kept_ms = 0.0
        self._going_on = False
        self._send_limit_ms = 0.0
        self._save_limit_ms = 0.0

    def on_start(self) -> None:
        for output in self._outputs:
            output.tell(SequencerReady(self.actor_ref))

    def on_receive(self, message: Command) -> None:
        match message:
            case Chunk():
                self._hold(message)
            case Finished(sentence) | Unspeakable(sentence):
                self._track(sentence).waiting.append(message)
            case LastSentence(count):
                self._count = count
            case SendUpTo(ms):
                self._send_limit_ms = max(self._send_limit_ms, ms)
            case SaveUpTo(ms):
                self._save_limit_ms = max(self._save_limit_ms, ms)
            case BufferReady(buffer):
                self._buffer = buffer
                self._allow_more()
            case _GoOn():
                self._going_on = False
        self._release()

    def _track(self, sentence: Sentence) -> _Track:
        return self._tracks.setdefault(sentence.number, _Track(deque()))

    def _hold(self, chunk: Chunk) -> None:
        # Crumbs are joined while they wait: limits count time, a mailbox counts messages.
        waiting = self._track(chunk.sentence).waiting
        if waiting and isinstance(last := waiting[-1], Chunk):
            joined = last.pcm + chunk.pcm
            if duration_ms(joined) <= MAX_CHUNK_MS:
                waiting[-1] = Chunk(chunk.sentence, joined)
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
            self._owner.tell(EndOfAudio(self._head, self._kept_ms))

    def _go_on_next_turn(self) -> None:
        if not self._going_on:
            self._going_on = True
            self.after(0, _GoOn())

    def _wanted(self, piece: Chunk | Finished | Unspeakable) -> bool:
        # The end of a sentence always is: only then can it be sent and saved, and make room.
        limit_ms = min(self._send_limit_ms, self._save_limit_ms)
        return not isinstance(piece, Chunk) or self._played_ms < limit_ms

    def _pass_on(self, track: _Track, piece: Chunk | Finished | Unspeakable) -> None:
        match piece:
            case Chunk(sentence, pcm):
                self._tell_outputs(Play(sentence, track.passed_on, pcm, final=False))
                track.passed_on += 1
                track.passed_on_ms += duration_ms(pcm)
                self._played_ms += duration_ms(pcm)
            case Finished(sentence, rest):
                self._tell_outputs(Play(sentence, track.passed_on, rest, final=True))
                self._played_ms += duration_ms(rest)
                self._kept_ms += track.passed_on_ms + duration_ms(rest)
                self._next_sentence()
            case Unspeakable(sentence, reason):
                self._tell_outputs(Gap(sentence, reason))
                self._next_sentence()

    def _next_sentence(self) -> None:
        del self._tracks[self._head]
        self._head += 1
        self._allow_more()

    def _allow_more(self) -> None:
        if self._buffer is not None:
            self._buffer.tell(SpeakUpTo(self._head + self._ahead))

    def _tell_outputs(self, message: Play | Gap) -> None:
        for output in self._outputs:
            output.tell(message)
