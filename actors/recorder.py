"""Saves a scene as it comes: its text twice a second, each sentence's audio once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, Protocol

from actors.base import Actor, Message, Ref
from actors.protocol import (
    Close,
    Closed,
    CloseFailed,
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


class _Closed(Message, frozen=True):
    pass


class _Failed(Message, frozen=True):
    error: Exception
    closing: bool


Command = (
    Text
    | EndOfText
    | Play
    | Gap
    | SequencerReady
    | Close
    | _Saved
    | _SaveText
    | _Closed
    | _Failed
)


class _Job(NamedTuple):
    label: str
    save: Callable[[], Coroutine[Any, Any, None]]
    audio_ms: float
    closing: bool


class Recorder(Actor[Command]):
    """One write at a time.  Audio beyond `ahead_ms` waiting for the disk is not taken."""

    def __init__(
        self, archive: Archive, session: Ref[Closed | CloseFailed | SaveFailed], ahead_ms: int
    ) -> None:
        super().__init__()
        self._archive = archive
        self._owner = session
        self._ahead_ms = ahead_ms
        self._sequencer: Ref[SaveUpTo] | None = None
        self._text: list[str] = []
        self._text_due = False
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
                self._skip(sentence, reason)
            case SequencerReady(sequencer):
                self._sequencer = sequencer
                self._allow_more()
            case Close():
                self._close(message)
            case _SaveText():
                self._save_text()
            case _Saved(audio_ms):
                self._saved(audio_ms)
            case _Closed():
                self._owner.tell(Closed(len(self._whole_text())))
            case _Failed(error, closing):
                self._failed(error, closing)

    def _note(self, text: str) -> None:
        self._text.append(text)
        if not self._text_due:
            self._text_due = True
            self.after(SAVE_TEXT_SECONDS, _SaveText())

    def _save_text(self) -> None:
        # Due again only when it is its turn: on a slow disk saves must not pile up.
        async def save() -> None:
            self._text_due = False
            await self._archive.save_text(self._whole_text())

        if not self._closing:
            self._add("saving text", save)

    def _whole_text(self) -> str:
        self._text = ["".join(self._text)]
        return self._text[0]

    def _collect(self, play: Play) -> None:
        self._pcm += play.pcm
        self._allow_more()
        if play.final:
            sentence, pcm = play.sentence, bytes(self._pcm)
            self._pcm.clear()
            self._add(
                f"saving sentence {sentence.number}",
                lambda: self._archive.save_sentence(sentence, pcm),
                duration_ms(pcm),
            )

    def _skip(self, sentence: Sentence, reason: str) -> None:
        # Audio of a sentence that broke off is not kept, and makes room like what is.
        self._saved_ms += duration_ms(self._pcm)
        self._pcm.clear()
        self._allow_more()
        self._add(
            f"saving the hole at sentence {sentence.number}",
            lambda: self._archive.skip_sentence(sentence, reason),
        )

    def _close(self, close: Close) -> None:
        self._closing = True
        self._add(
            "closing the scene",
            lambda: self._archive.finish(
                self._whole_text(), close.state, narrated=close.narrated
            ),
            closing=True,
        )

    def _add(
        self,
        label: str,
        save: Callable[[], Coroutine[Any, Any, None]],
        audio_ms: float = 0.0,
        *,
        closing: bool = False,
    ) -> None:
        self._jobs.append(_Job(label, save, audio_ms, closing))
        self._save_on()

    def _save_on(self) -> None:
        if self._jobs and not self._busy:
            self._busy = True
            job = self._jobs.popleft()
            self.pipe_to_self(
                job.save(),
                lambda _: _Closed() if job.closing else _Saved(job.audio_ms),
                lambda error: _Failed(error, job.closing),
                label=job.label,
            )

    def _saved(self, audio_ms: float) -> None:
        self._busy = False
        self._saved_ms += audio_ms
        if audio_ms:
            self._allow_more()
        self._save_on()

    def _failed(self, error: Exception, closing: bool) -> None:
        self._busy = False
        self._owner.tell(CloseFailed(error) if closing else SaveFailed(error))
        self._save_on()

    def _allow_more(self) -> None:
        # What is gathered counts as done: a sentence can be saved only when it is whole.
        if self._sequencer is not None:
            done_ms = self._saved_ms + duration_ms(self._pcm)
            self._sequencer.tell(SaveUpTo(done_ms + self._ahead_ms))
