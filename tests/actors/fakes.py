"""A scripted model, voice, archive and listener: real behaviour in the simplest way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from actors.listener import Farewell
from actors.plan import Plan, Voicing
from narration.audio import SAMPLE_RATE
from narration.errors import SpeechError, SpeechUnavailable
from narration.events import AudioChunk, AudioFormat, Event, SentenceSkipped, TextChunk
from narration.llm import Finish
from narration.speech import Audio
from narration.speech.scheduler import Claim
from narration.story import (
    Beginning,
    NarrationState,
    RecordedSentence,
    SceneState,
    Sentence,
    SpokenBy,
    Word,
)
from narration.text import Cutter

CHUNK_MS = 100
ENDED = Finish("stop")
STORY = " ".join(f"This is sentence number {i} of the story." for i in range(12))


class Model:
    """Writes a story in small pieces, `pace` seconds apart."""

    def __init__(
        self,
        story: str = STORY,
        pace: float = 0.01,
        piece: int = 4,
        end: Exception | Finish = ENDED,
    ) -> None:
        self.story, self.pace, self.piece, self.end = story, pace, piece, end
        self.written = 0
        self.running = 0

    async def stream(self) -> AsyncGenerator[str | Finish]:
        self.running += 1
        try:
            for i in range(0, len(self.story), self.piece):
                await asyncio.sleep(self.pace)
                self.written = min(i + self.piece, len(self.story))
                yield self.story[i : i + self.piece]
            if isinstance(self.end, Exception):
                raise self.end
            yield self.end
        finally:
            self.running -= 1


class Voice:
    """Speaks a sentence in `chunks` pieces of 100 ms, at an uneven pace.

    The samples of a piece spell the sentence and the piece's number, so that a test
    can tell what it hears.
    """

    def __init__(
        self,
        pace: float = 0.05,
        chunks: int = 5,
        broken: Sequence[str] = (),
        crashing: Sequence[str] = (),
        seed: int = 7,
        retryable: bool = True,
        outage: Sequence[str] = (),
        worded: bool = False,
        stand_in: SpokenBy | None = None,
    ) -> None:
        self.retryable, self.outage = retryable, outage
        self.worded, self.stand_in = worded, stand_in
        self.random = random.Random(seed)
        self.pace, self.chunks, self.broken, self.crashing = pace, chunks, broken, crashing
        self.asked: list[str] = []
        self.running = 0
        self.most_running = 0

    async def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
        self.asked.append(text)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            for number in range(self.chunks):
                await asyncio.sleep(self.random.uniform(0, 2 * self.pace))
                if number == self.chunks // 2:
                    self._fail(text)
                if self.worded:  # Services tell of a word before they send it.
                    yield Audio(b"", (word_of(text, number),))
                yield Audio(sound(text, number), (), self.stand_in)
        finally:
            self.running -= 1

    def _fail(self, text: str) -> None:
        if any(word in text for word in self.outage):
            raise SpeechUnavailable("voice", "no voice works", retryable=True)
        if any(word in text for word in self.broken):
            raise SpeechError("voice", "it broke off", retryable=self.retryable)
        if any(word in text for word in self.crashing):
            raise MemoryError("a bug in the voice")


def word_of(text: str, number: int) -> Word:
    """The word that is heard in a piece."""
    return Word(text.split()[number], number * CHUNK_MS, (number + 1) * CHUNK_MS)


def sound(text: str, number: int) -> bytes:
    """100 ms of samples that no other text or number has."""
    stamp = f"{text}|{number};".encode()
    size = SAMPLE_RATE * 2 * CHUNK_MS // 1_000
    return (stamp * (size // len(stamp) + 1))[:size]


class MemoryArchive:
    """Keeps a scene in memory, and can be told to fail or to be slow."""

    def __init__(self, pace: float = 0.001, fails: bool = False) -> None:
        self.pace, self.fails = pace, fails
        self.text = ""
        self.state: SceneState | None = None
        self.narration: NarrationState | None = None
        self.message: str | None = None
        self.audio: dict[int, bytes] = {}
        self.holes: dict[int, str] = {}
        self.broken: dict[int, bytes] = {}
        self.sentences: dict[int, Sentence] = {}
        self.words: dict[int, tuple[Word, ...]] = {}
        self.stand_ins: dict[int, SpokenBy] = {}
        self.saves: list[tuple[float, int]] = []

    async def save(self, text: str | None, sentences: Sequence[RecordedSentence]) -> None:
        await self._write()
        if text is not None:
            self.text = text
            self.saves.append((asyncio.get_running_loop().time(), len(text)))
        for recorded in sentences:
            self._keep(recorded)

    def _keep(self, recorded: RecordedSentence) -> None:
        number = recorded.sentence.number
        assert number not in self.audio
        self.sentences[number] = recorded.sentence
        self.words[number] = recorded.words
        if recorded.spoken_by is not None:
            self.stand_ins[number] = recorded.spoken_by
        if recorded.skipped is None:
            self.audio[number] = recorded.pcm
            self.holes.pop(number, None)
            self.broken.pop(number, None)
        else:
            self.holes[number] = recorded.skipped
            self.broken[number] = recorded.pcm

    async def load_sentence(self, number: int) -> RecordedSentence | None:
        await self._write()
        if number not in self.sentences:
            return None
        pcm = self.audio.get(number, self.broken.get(number, b""))
        words = self.words.get(number, ())
        return RecordedSentence(
            self.sentences[number], pcm, self.holes.get(number), words=words
        )

    async def finish_text(self, text: str, state: SceneState) -> None:
        await self._write()
        assert self.state is None
        self.text, self.state = text, state

    async def finish_narration(self, state: NarrationState, message: str | None) -> None:
        await self._write()
        assert self.narration is None
        self.narration, self.message = state, message

    @property
    def narrated(self) -> bool | None:
        return None if self.narration is None else self.narration is NarrationState.COMPLETE

    async def _write(self) -> None:
        await asyncio.sleep(self.pace)
        if self.fails:
            raise OSError("the disk is full")


class Listener:
    """Takes events, `pace` seconds each; hung up on, it raises."""

    def __init__(self, pace: float = 0.0) -> None:
        self.pace = pace
        self.events: list[Event] = []
        self.at: list[float] = []
        self.hung_up = False
        self._has_room = True
        self.left: Farewell | None = None
        self._left = asyncio.Event()

    def send(self, events: Sequence[Event]) -> int:
        if self.hung_up:
            raise ConnectionResetError("the socket is closed")
        if not self.pace:
            taken = events
        else:
            taken = events[: self._has_room]
            self._has_room = False
        for event in taken:
            self.events.append(event)
            self.at.append(asyncio.get_running_loop().time())
        return len(taken)

    async def room(self) -> None:
        await asyncio.sleep(self.pace)
        if self.hung_up:
            raise ConnectionResetError("the socket is closed")
        self._has_room = True

    def leave(self, why: Farewell) -> None:
        self.left = why
        self._left.set()

    async def ended(self) -> None:
        """Wait until the session has left this listener."""
        await asyncio.wait_for(self._left.wait(), 600)

    @property
    def text(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, TextChunk))

    @property
    def chunks(self) -> list[AudioChunk]:
        return [e for e in self.events if isinstance(e, AudioChunk)]

    @property
    def order(self) -> list[int]:
        """The numbers of sentences, as their audio or hole came."""
        return [
            e.sentence_number
            for e in self.events
            if isinstance(e, AudioChunk | SentenceSkipped)
        ]

    def audio(self) -> dict[int, bytes]:
        heard: dict[int, bytes] = {}
        for chunk in self.chunks:
            assert isinstance(chunk.audio, bytes)
            heard[chunk.sentence_number] = heard.get(chunk.sentence_number, b"") + chunk.audio
        return heard

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


async def no_encoding(pcm: bytes, format: AudioFormat) -> bytes:
    """Stands for an encoder that takes 50 ms; the file is its format and its samples."""
    await asyncio.sleep(0.05)
    return format.encode() + pcm


def plan(
    model: Model,
    voice: Voice | None,
    archive: MemoryArchive,
    *,
    rest_ms: Callable[[Sentence], int] = lambda _: 0,
    max_chars: int = 100_000,
    min_sentence_length: int = 20,
    **changes: Any,
) -> Plan:
    voicing = None
    if voice is not None:
        voicing = Voicing(
            synthesize=voice.speak,
            rest_ms=rest_ms,
            cutter=Cutter(min_sentence_length=min_sentence_length, first_unit_min=0),
            idle_ms=300,
        )
    return Plan(
        session_id=changes.get("session_id", "session-1"),
        user_id=changes.get("user_id", 1),
        story_id=1,
        scene_id=7,
        greeting="Writing",
        beginning=changes.get("beginning", Beginning()),
        source=model.stream(),
        max_chars=max_chars,
        voicing=voicing,
        background=changes.get("background"),
        archive=archive,
        encode=no_encoding,
        spares=changes.get("spares", lambda _: True),
    )
