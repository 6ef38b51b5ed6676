"""What has come of a scene so far: its figures, and its audio as a file."""

from __future__ import annotations

import time

from narration.audio import FileEncoder, FileFormat, duration_ms
from narration.events import (
    AudioChunk,
    Error,
    Event,
    GenerationStopped,
    SentenceSkipped,
    TextChunk,
)

__all__ = ["Told"]


class Told:
    """Figures for a person.  What is sent again counts once."""

    def __init__(self, format: FileFormat | None) -> None:
        self.file = FileEncoder(format) if format else None
        self.troubles: list[str] = []
        """Why the scene is not whole."""
        self.reached: tuple[int, float] | None = None
        """The sentence that audio came of last, and how many milliseconds of it there are."""
        self._began = time.monotonic()
        self._first_audio: float | None = None
        self._text = ""
        self._audio_ms: dict[int, float] = {}
        self._kept_ms = 0.0
        self._spoken: set[int] = set()
        self._holes: set[int] = set()

    def take(self, event: Event) -> None:
        """Note what an event brings."""
        match event:
            case TextChunk():
                self._text += event.text
            case AudioChunk() if isinstance(event.audio, bytes):
                self._take_audio(event, event.audio)
            case SentenceSkipped():
                self._holes.add(event.sentence_number)
            case Error(code="voice_starting"):
                pass  # It may still come.
            case Error():
                self.troubles.append(event.message)
            case GenerationStopped():
                self.troubles.append("The scene was stopped at the server.")
            case _:
                pass

    def keep(self, pcm: bytes) -> None:
        """Add to what was heard, and to the file."""
        self._kept_ms += duration_ms(pcm)
        if self.file is not None:
            self.file.feed(pcm)

    def is_new(self, sentence: int) -> bool:
        """Whether nothing of it has come before."""
        return sentence not in self._audio_ms and sentence not in self._holes

    @property
    def words(self) -> str:
        """How much text there is."""
        return f"{len(self._text.split())} words"

    def summary(self) -> str:
        """The figures so far, in one line."""
        parts = [
            self.words,
            f"{len(self._spoken)} sentences spoken",
            f"{self._kept_ms / 1_000:.1f} s of audio",
        ]
        if self._first_audio is not None:
            parts.append(f"first audio after {self._first_audio:.2f} s")
        if holes := self._holes - self._spoken:
            parts.append(f"{len(holes)} sentences without audio")
        return ", ".join(parts)

    def seconds(self) -> float:
        """How long it has been told."""
        return time.monotonic() - self._began

    def _take_audio(self, chunk: AudioChunk, pcm: bytes) -> None:
        if pcm and self._first_audio is None:
            self._first_audio = self.seconds()
        number = chunk.sentence_number
        before = self._audio_ms.get(number, 0.0) if chunk.chunk_number else 0.0
        self._audio_ms[number] = before + duration_ms(pcm)
        self.reached = number, self._audio_ms[number]
        if chunk.final:
            self._spoken.add(number)
