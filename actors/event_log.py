"""All events of a session by their number, so that a listener can come back to any of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from actors.protocol import Play
from narration.audio import BYTES_PER_MS, SAMPLE_RATE, duration_ms
from narration.events import (
    AudioChunk,
    AudioFormat,
    Connected,
    Event,
    GenerationStarted,
    SentenceSkipped,
)
from narration.story import Beginning, Sentence

__all__ = ["EventLog"]

MAX_BATCH = 32
"""So many events are handed on at once; whoever is far behind must not hold up the others."""


class _Piece(NamedTuple):
    """Where the audio of an event lies in its sentence's PCM, in bytes."""

    start: int
    end: int


class _Run(NamedTuple):
    """How much of a sentence was told: chunks, and bytes of its PCM."""

    chunks: int
    bytes: int


_NO_RUN = _Run(0, 0)


class EventLog:
    """Keeps text and headers.  Audio is kept until `release`, and can be put back; what cannot
    be read back is kept for good (`pin`).
    """

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning
        self.done = len(beginning.starts_ms)
        """Sentences below this number were told, as audio or as holes."""
        self._run = _NO_RUN
        self._events: list[Event] = []
        self._audio: dict[int, bytes] = {}
        self._pinned: dict[int, bytes] = {}
        self._pieces: dict[int, _Piece] = {}
        self._audio_seqs: list[int] = []
        self._audio_ends_ms: list[float] = [0.0]

    @property
    def last_seq(self) -> int:
        return len(self._events)

    def add(self, event: Callable[[int], Event]) -> None:
        """Number an event, and keep it."""
        self._events.append(event(self.last_seq + 1))

    def greet(
        self, session_id: str, scene_id: int, format: AudioFormat, greeting: str
    ) -> None:
        """Number what every listener hears first."""
        self.add(
            lambda seq: Connected(
                seq=seq,
                session_id=session_id,
                scene_id=scene_id,
                format=format,
                sample_rate=SAMPLE_RATE,
                text_start=len(self._beginning.text),
                first_sentence=len(self._beginning.starts_ms),
            )
        )
        self.add(lambda seq: GenerationStarted(seq=seq, message=greeting))

    def add_audio(
        self, play: Play, audio: bytes, format: AudioFormat, start_ms: float
    ) -> None:
        """Number a piece of a sentence, whose audio begins at `start_ms` of the scene's."""
        sentence, length = play.sentence, duration_ms(play.pcm)
        chunk, start = self._run
        piece = _Piece(start, start + len(play.pcm))
        event = AudioChunk(
            seq=self.last_seq + 1,
            sentence_number=sentence.number,
            sentence_text=sentence.text,
            format=format,
            chunk_number=chunk,
            final=play.final,
            start=sentence.start,
            end=sentence.end,
            start_ms=round(start_ms + start / BYTES_PER_MS, 3),
            duration_ms=round(length, 3),
            words=play.words or UNSET,
        )
        self._events.append(event)
        self._audio[event.seq] = audio
        self._pieces[event.seq] = piece
        self._audio_seqs.append(event.seq)
        self._audio_ends_ms.append(self._audio_ends_ms[-1] + length)
        self._run = _NO_RUN if play.final else _Run(chunk + 1, piece.end)
        if play.final:
            self.done = max(self.done, sentence.number + 1)

    def add_hole(self, sentence: Sentence, reason: str) -> None:
        """Number a sentence that has no audio, or no more of it."""
        self.add(
            lambda seq: SentenceSkipped(
                seq=seq,
                sentence_number=sentence.number,
                sentence_text=sentence.text,
                start=sentence.start,
                end=sentence.end,
                reason=reason,
            )
        )
        self.break_off()
        self.done = max(self.done, sentence.number + 1)

    def break_off(self) -> None:
        """The sentence that was being told is not told to its end."""
        self._run = _NO_RUN

    def audio_ms(self, upto: int) -> float:
        """How much audio there is in the events up to that number."""
        return self._audio_ends_ms[bisect_right(self._audio_seqs, upto)]

    def batch(self, after: int) -> list[Event]:
        """The next events after that number, as far as their audio is at hand."""
        events: list[Event] = []
        for event in self._events[after : after + MAX_BATCH]:
            if not isinstance(event, AudioChunk):
                events.append(event)
            elif (audio := self._audio_of(event)) is not None:
                events.append(replace(event, audio=audio))
            else:
                break
        return events

    def missing(self, after: int) -> AudioChunk | None:
        """The next event after that number, if its audio is not at hand."""
        event = self._events[after] if after < self.last_seq else None
        if isinstance(event, AudioChunk) and self._audio_of(event) is None:
            return event
        return None

    def _audio_of(self, event: AudioChunk) -> bytes | None:
        return self._audio.get(event.seq, self._pinned.get(event.seq))

    def put_back(self, after: int, sentence: int, pcm: bytes, file: bytes | None) -> None:
        """Give the next event its audio, and those of its sentence that follow, if it is
        this sentence's that is missing.

        `pcm` is the sentence's; in other formats than PCM the audio is `file`.
        """
        first = self.missing(after)
        if first is None or first.sentence_number != sentence:
            return
        for event in islice(self._events, after, None):
            if not isinstance(event, AudioChunk):
                continue
            if event.sentence_number != sentence or self._audio_of(event) is not None:
                break
            start, end = self._pieces[event.seq]
            self._audio[event.seq] = pcm[start:end] if event.format == "pcm" else file or b""

    def pin(self, sentence: int, pcm: bytes) -> None:
        """What was told of a sentence so far came from `pcm`, which another recording has
        taken the place of: keep it.
        """
        for seq in self._audio_seqs:
            event = self._events[seq - 1]
            if isinstance(event, AudioChunk) and event.sentence_number == sentence:
                start, end = self._pieces[seq]
                self._pinned[seq] = pcm[start:end]
                self._audio.pop(seq, None)

    def release(self, upto: int, keep: int) -> None:
        """Let go of the audio up to that number, but for sentences from `keep` on."""
        for seq in [seq for seq in self._audio if seq <= upto]:
            event = self._events[seq - 1]
            if isinstance(event, AudioChunk) and event.sentence_number < keep:
                del self._audio[seq]
