"""Saves a scene as it comes: its text about once a second, each sentence's audio once."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from actors.base import Actor, Message, Ref
from actors.protocol import (
    Close,
    Closed,
    EndOfText,
    Gap,
    Play,
    SaveFailed,
    SaveUpTo,
    SequencerReady,
    Text,
)
from narration.audio import duration_ms
from narration.story import SceneState, Sentence

__all__ = ["Archive", "Recorder"]

SAVE_TEXT_SECONDS = 0.5
"""How far the saved text may be behind the text that was shown, plus one write."""


class Archive(Protocol):
    """Where one scene is kept."""

    async def save_text(self, text: str) -> None: ...

    async def save_sentence(self, sentence: Sentence, pcm: bytes) -> None: ...

    async def skip_sentence(self, sentence: Sentence, reason: str) -> None: ...

    async def finish(self, text: str, state: SceneState, *, narrated: bool) -> None: ...


class _Saved(Message, frozen=True):
    audio_ms: float


class _SaveText(Message, frozen=True):
    pass


class _Failed(Message, frozen=True):
    error: Exception


Command = Text | EndOfText | Play | Gap | SequencerReady | Close | _Saved | _SaveText | _Failed
_Job = tuple[str, float, Callable[[], Awaitable[None]]]


class Recorder(Actor[Command]):
    """One write at a time.  Audio beyond `ahead_ms` waiting for the disk is not taken."""

    def __init__(
        self, archive: Archive, session: Ref[Closed | SaveFailed], ahead_ms: int
    ) -> None:
        super().__init__()
        self._archive = archive
        self._owner = session
        self._ahead_ms = ahead_ms
        self._sequencer: Ref[SaveUpTo] | None = None
        self._text: list[str] = []
        self._dirty = False
        self._pcm = bytearray()
        self._saved_ms = 0.0
        self._jobs: deque[_Job] = deque()
        self._busy = False
        self._closing = False

    def on_receive(self, message: Command) -> None:
        match message:
            case Text(text):
                self._note(text)
            case EndOfText():
                pass  # The session says when, and how, the scene is over.
            case Play():
                self._collect(message)
            case Gap(sentence, reason):
                self._pcm.clear()
                self._add(
                    f"saving the hole at sentence {sentence.number}",
                    lambda: self._archive.skip_sentence(sentence, reason),
                )
            case SequencerReady(sequencer):
                self._sequencer = sequencer
                self._allow_more()
            case Close():
                self._close(message)
            case _SaveText():
                self._save_text()
            case _Saved(audio_ms):
                self._saved(audio_ms)
            case _Failed(error):
                self._failed(error)

    def _note(self, text: str) -> None:
        self._text.append(text)
        if not self._dirty:
            self._dirty = True
            self.after(SAVE_TEXT_SECONDS, _SaveText())

    def _save_text(self) -> None:
        self._dirty = False
        if not self._closing:
            self._add("saving text", lambda: self._archive.save_text(self._whole_text()))

    def _whole_text(self) -> str:
        self._text = ["".join(self._text)]
        return self._text[0]

    def _collect(self, play: Play) -> None:
        self._pcm += play.pcm
        if play.final:
            sentence, pcm = play.sentence, bytes(self._pcm)
            self._pcm.clear()
            self._add(
                f"saving sentence {sentence.number}",
                lambda: self._archive.save_sentence(sentence, pcm),
                duration_ms(pcm),
            )

    def _close(self, close: Close) -> None:
        self._closing = True
        self._add(
            "closing the scene",
            lambda: self._archive.finish(
                self._whole_text(), close.state, narrated=close.narrated
            ),
        )

    def _add(
        self, label: str, save: Callable[[], Awaitable[None]], audio_ms: float = 0.0
    ) -> None:
        self._jobs.append((label, audio_ms, save))
        self._save_on()

    def _save_on(self) -> None:
        if self._jobs and not self._busy:
            self._busy = True
            label, audio_ms, save = self._jobs.popleft()
            self.pipe_to_self(save(), lambda _: _Saved(audio_ms), _Failed, label=label)

    def _saved(self, audio_ms: float) -> None:
        self._busy = False
        self._saved_ms += audio_ms
        if audio_ms:
            self._allow_more()
        if self._closing and not self._jobs:
            self._owner.tell(Closed(len(self._whole_text())))
        self._save_on()

    def _failed(self, error: Exception) -> None:
        self._busy = False
        self._owner.tell(SaveFailed(error))
        self._save_on()

    def _allow_more(self) -> None:
        if self._sequencer is not None:
            self._sequencer.tell(SaveUpTo(self._saved_ms + self._ahead_ms))
