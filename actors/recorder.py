"""Saves a scene as it comes: its text twice a second, each sentence's audio once."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple, Protocol

from actors.base import Actor, Message, Ref
from actors.protocol import (
    SKIPPED,
    Close,
    Closed,
    CloseFailed,
    EndOfText,
    EndText,
    Fetch,
    Fetched,
    Gap,
    Play,
    SaveFailed,
    SaveUpTo,
    SequencerReady,
    SpeakAgain,
    Text,
)
from narration.audio import duration_ms
from narration.events import AudioFormat
from narration.story import (
    Beginning,
    NarrationState,
    RecordedSentence,
    SceneState,
    Sentence,
    Word,
)

__all__ = ["Archive", "Encode", "Recorder"]

logger = logging.getLogger(__name__)

Encode = Callable[[bytes, AudioFormat], Coroutine[Any, Any, bytes]]
"""Makes one self-contained file of a sentence's PCM, off the event loop."""

SAVE_TEXT_SECONDS = 0.5
"""How far the saved text may be behind the text that was shown, plus one write."""


class Archive(Protocol):
    """Where one scene is kept."""

    def save(
        self, text: str | None, sentences: Sequence[RecordedSentence]
    ) -> asyncio.Future[None]:
        """Keep, in one write, `text` as all that was written so far (None: it has not grown),
        and sentences: each with its whole audio, in place of what may be there of it; or that
        it has none, or no more than this."""
        ...

    async def load_sentence(self, number: int) -> RecordedSentence | None: ...

    def finish_text(self, text: str, state: SceneState) -> asyncio.Future[None]: ...

    def finish_narration(
        self, state: NarrationState, message: str | None
    ) -> asyncio.Future[None]: ...


class _Saved(Message, frozen=True):
    audio_ms: float
    sentence: int | None


class _SaveText(Message, frozen=True):
    pass


class _Closed(Message, frozen=True):
    pass


class _Failed(Message, frozen=True):
    error: Exception
    closing: bool


class _Loaded(Message, frozen=True):
    fetch: Fetch
    recorded: RecordedSentence | None


class _NotLoaded(Message, frozen=True):
    fetch: Fetch
    error: Exception


class _Encoded(Message, frozen=True):
    fetch: Fetch
    recorded: RecordedSentence
    file: bytes


class _NotEncoded(Message, frozen=True):
    fetch: Fetch
    recorded: RecordedSentence
    error: Exception


Command = (
    Text
    | EndOfText
    | Play
    | Gap
    | SequencerReady
    | EndText
    | Close
    | Fetch
    | _Saved
    | _SaveText
    | _Closed
    | _Failed
    | _Loaded
    | _NotLoaded
    | _Encoded
    | _NotEncoded
)


class _Job(NamedTuple):
    label: str
    save: Callable[[], Coroutine[Any, Any, None]]
    audio_ms: float = 0.0
    sentence: int | None = None
    closing: bool = False


class Recorder(Actor[Command]):
    """One write at a time.  Audio beyond `ahead_ms` waiting for the disk is not taken.

    What was recorded can be fetched at any time, also while it waits to be saved.
    """

    def __init__(
        self,
        archive: Archive,
        encode: Encode,
        beginning: Beginning,
        session: Ref[Closed | CloseFailed | SaveFailed],
        ahead_ms: float,
    ) -> None:
        super().__init__()
        self._archive = archive
        self._encode = encode
        self._owner = session
        self._ahead_ms = ahead_ms
        self._sequencer: Ref[SaveUpTo | SpeakAgain] | None = None
        self._text: list[str] = [beginning.text]
        self._text_due = False
        self._text_saved = len(beginning.text)
        self._expected = len(beginning.starts_ms)
        self._gathered: dict[int, bytearray] = {}
        self._words: dict[int, tuple[Word, ...]] = {}
        self._unsaved: dict[int, RecordedSentence] = {}
        self._spoken_again: dict[int, list[Fetch]] = {}
        self._lengths_ms: dict[int, float] = {-1: beginning.audio_ms}
        self._saved_ms = 0.0
        self._jobs: deque[_Job] = deque()
        self._busy = False

    def on_receive(self, message: Command) -> None:
        match message:
            case Text(text):
                self._note(text)
            case EndOfText():
                pass  # The session says how the text has ended.
            case Play(sentence, final=final):
                self._gather(message)
                if final:
                    self._record(sentence, None, message)
            case Gap(sentence, reason):
                self._record(sentence, reason)
            case SequencerReady(sequencer):
                self._sequencer = sequencer
                self._allow_more()
            case EndText(state):
                self._end_text(state)
            case Close(state, reason):
                self._close(state, reason)
            case Fetch():
                self._fetch(message)
            case _SaveText():
                self._save_text()
            case _Saved(audio_ms, sentence):
                self._saved(audio_ms, sentence)
            case _Closed():
                self._closed()
            case _Failed(error, closing):
                self._failed(error, closing)
            case _Loaded(fetch, recorded):
                self._hand_out(fetch, recorded)
            case _NotLoaded(fetch, error):
                self._owner.tell(SaveFailed(error))
                fetch.reply_to.tell(Fetched(fetch, None, None))
            case _Encoded(fetch, recorded, file):
                fetch.reply_to.tell(Fetched(fetch, recorded, file))
            case _NotEncoded(fetch, recorded, error):
                logger.error("session %s cannot encode", self.session, exc_info=error)
                fetch.reply_to.tell(Fetched(fetch, recorded, None))

    # Text

    def _note(self, text: str) -> None:
        self._text.append(text)
        if not self._text_due:
            self._text_due = True
            self.after(SAVE_TEXT_SECONDS, _SaveText())

    def _save_text(self) -> None:
        # Due again only when it is its turn: on a slow disk saves must not pile up.
        async def save() -> None:
            self._text_due = False
            if (text := self._grown_text()) is not None:
                await self._archive.save(text, ())

        self._add(_Job("saving text", save))

    def _grown_text(self) -> str | None:
        """All of the text, if it has grown since it was saved."""
        text = self._whole_text()
        if len(text) <= self._text_saved:
            return None
        self._text_saved = len(text)
        return text

    def _end_text(self, state: SceneState) -> None:
        async def finish() -> None:
            text = self._whole_text()
            self._text_saved = len(text)
            await self._archive.finish_text(text, state)

        self._add(_Job("saving the whole text", finish))

    def _whole_text(self) -> str:
        self._text = ["".join(self._text)]
        return self._text[0]

    # Audio

    def _gather(self, play: Play) -> None:
        number = play.sentence.number
        self._gathered.setdefault(number, bytearray()).extend(play.pcm)
        if play.words:
            self._words[number] = self._words.get(number, ()) + play.words
        self._allow_more()

    def _record(
        self, sentence: Sentence, skipped: str | None, final: Play | None = None
    ) -> None:
        number = sentence.number
        recorded = RecordedSentence(
            sentence,
            bytes(self._gathered.pop(number, b"")),
            skipped,
            # The last piece is the pause, and nothing else.
            rest_bytes=0 if final is None else len(final.pcm),
            words=self._words.pop(number, ()),
            spoken_by=None if final is None else final.spoken_by,
        )
        in_order = number >= self._expected
        if in_order or skipped != SKIPPED:  # Else it is as it was: skipped, and skipped again.
            self._keep(recorded, in_order)
        for fetch in self._spoken_again.pop(number, ()):
            self._pack(fetch, recorded)

    def _keep(self, recorded: RecordedSentence, in_order: bool) -> None:
        sentence = recorded.sentence
        number, length_ms = sentence.number, duration_ms(recorded.pcm)
        self._expected = max(self._expected, number + 1)
        self._lengths_ms[number] = length_ms
        self._unsaved[number] = recorded

        async def save() -> None:
            # No audio of text that a crash would lose.
            text = self._grown_text() if sentence.end > self._text_saved else None
            await self._archive.save(text, [recorded])

        counted_ms = length_ms if in_order else 0.0
        self._add(_Job(f"saving sentence {number}", save, counted_ms, number))

    def _fetch(self, fetch: Fetch) -> None:
        if (recorded := self._unsaved.get(fetch.sentence)) is not None:
            self._hand_out(fetch, recorded)
            return
        self.pipe_to_self(
            self._archive.load_sentence(fetch.sentence),
            lambda recorded: _Loaded(fetch, recorded),
            lambda error: _NotLoaded(fetch, error),
            label=f"reading sentence {fetch.sentence} back",
        )

    def _hand_out(self, fetch: Fetch, recorded: RecordedSentence | None) -> None:
        skipped = recorded is not None and recorded.skipped == SKIPPED
        if recorded is None or not (skipped and fetch.speak) or self._sequencer is None:
            self._pack(fetch, recorded)
            return
        waiting = self._spoken_again.setdefault(fetch.sentence, [])
        if not waiting:
            self._sequencer.tell(SpeakAgain(recorded.sentence))
        waiting.append(fetch)

    def _pack(self, fetch: Fetch, recorded: RecordedSentence | None) -> None:
        if recorded is None or recorded.skipped is not None or fetch.format == "pcm":
            fetch.reply_to.tell(Fetched(fetch, recorded, None))
            return
        self.pipe_to_self(
            self._encode(recorded.pcm, fetch.format),
            lambda file: _Encoded(fetch, recorded, file),
            lambda error: _NotEncoded(fetch, recorded, error),
            label=f"encoding sentence {fetch.sentence}",
        )

    # The disk

    def _close(self, state: NarrationState, reason: str | None) -> None:
        async def save() -> None:
            await self._archive.finish_narration(state, reason)

        self._add(_Job("closing", save, closing=True))

    def _add(self, job: _Job) -> None:
        self._jobs.append(job)
        self._save_on()

    def _save_on(self) -> None:
        if self._jobs and not self._busy:
            self._busy = True
            job = self._jobs.popleft()
            self.pipe_to_self(
                job.save(),
                lambda _: _Closed() if job.closing else _Saved(job.audio_ms, job.sentence),
                lambda error: _Failed(error, job.closing),
                label=job.label,
            )

    def _saved(self, audio_ms: float, sentence: int | None) -> None:
        self._busy = False
        self._saved_ms += audio_ms
        if audio_ms:
            self._allow_more()
        waits = any(job.sentence == sentence for job in self._jobs)
        if sentence is not None and not waits:
            self._unsaved.pop(sentence, None)
        self._save_on()

    def _closed(self) -> None:
        self._busy = False
        length = sum(map(len, self._text))
        self._owner.tell(Closed(length, sum(self._lengths_ms.values())))
        self._save_on()  # What is spoken again is saved later still.

    def _failed(self, error: Exception, closing: bool) -> None:
        self._busy = False
        self._owner.tell(CloseFailed(error) if closing else SaveFailed(error))
        self._save_on()

    def _allow_more(self) -> None:
        # What is gathered counts as done: a sentence can be saved only when it is whole.
        if self._sequencer is not None:
            done_ms = self._saved_ms + duration_ms(self._gathered.get(self._expected, b""))
            self._sequencer.tell(SaveUpTo(done_ms + self._ahead_ms))
