"""Saves a scene as it comes: what is new of its text and its audio, about once a second."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from actors.archive import Archive, Encode
from actors.base import Actor, Message, Ref, Work
from actors.protocol import (
    SKIPPED,
    Close,
    Closed,
    CloseFailed,
    EndOfText,
    EndText,
    Record,
    SaveFailed,
    SaveUpTo,
    SequencerReady,
    SpeakAgain,
    Text,
)
from actors.reading_back import Fetch, Fetched, Replaced, Stored
from actors.save_retries import SaveRetries
from narration.audio import duration_ms
from narration.story import (
    Beginning,
    NarrationState,
    RecordedSentence,
)

__all__ = ["Recorder"]

logger = logging.getLogger(__name__)

SAVE_SECONDS = 0.75
"""How far what is saved may be behind what was shown and told, plus one write."""


class _Saved(Message, frozen=True):
    sentences: tuple[RecordedSentence, ...]


class _Finished(Message, frozen=True):
    """The text has ended, in the archive too."""


class _SaveNow(Message, frozen=True):
    """What is new has waited long enough."""


class _Closed(Message, frozen=True):
    pass


class _TryAgain(Message, frozen=True):
    """What could not be saved has waited long enough."""


class _Write(NamedTuple):
    """What one write keeps: the end of the text, or what is new of it and of the audio, or
    the end of the narration.
    """

    end: EndText | None = None
    has_text: bool = False
    sentences: tuple[RecordedSentence, ...] = ()
    close: Close | None = None


class _Failed(Message, frozen=True):
    error: Exception
    write: _Write


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


class _Again(NamedTuple):
    """A sentence that is being spoken again: what was recorded of it, and who waits."""

    before: RecordedSentence
    fetches: list[Fetch]


Command = (
    Text
    | EndOfText
    | Record
    | SequencerReady
    | EndText
    | Close
    | Fetch
    | _Saved
    | _Finished
    | _SaveNow
    | _TryAgain
    | _Closed
    | _Failed
    | _Loaded
    | _NotLoaded
    | _Encoded
    | _NotEncoded
)


class Recorder(Actor[Command]):
    """One write at a time, of all that is new since the last one.  Audio beyond `ahead_ms`
    waiting for the disk is not taken.  What fails is saved again for a while, with what is
    new by then; only then the scene is given up.

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
        self._text_grown = False
        self._expected = len(beginning.starts_ms)
        self._waiting: list[RecordedSentence] = []
        self._waiting_ms = 0.0
        self._unsaved: dict[int, RecordedSentence] = {}
        self._spoken_again: dict[int, _Again] = {}
        self._to_be_stored: dict[int, list[Fetch]] = {}
        self._lengths_ms: dict[int, float] = {-1: beginning.audio_ms}
        self._counted_ms: dict[int, float] = {}
        self._saved_ms = 0.0
        self._allowed_ms = 0.0
        self._end: EndText | None = None
        self._close: Close | None = None
        self._is_closing = False
        self._timer: Work | None = None
        self._busy = False
        self._retries = SaveRetries()

    def on_receive(self, message: Command) -> None:
        match message:
            case Text(text):
                self._text.append(text)
                self._text_grown = True
                self._save_soon()
            case EndOfText():
                pass  # The session says how the text has ended.
            case Record():
                self._record(message)
            case SequencerReady(sequencer):
                self._sequencer = sequencer
                self._allow_more()
            case EndText():
                self._end = message
                self._save()
            case Close():
                self._close, self._is_closing = message, True
                self._save()
            case Fetch():
                self._fetch(message)
            case _SaveNow():
                self._timer = None
                self._save()
            case _TryAgain():
                self._busy = False
                self._save()
            case _Saved(sentences):
                self._saved(sentences)
            case _Finished():
                self._retries.worked()
                self._go_on()
            case _Closed():
                self._retries.worked()
                length = sum(map(len, self._text))
                self._owner.tell(Closed(length, sum(self._lengths_ms.values())))
                self._go_on()  # What is spoken again is saved later still.
            case _Failed(error, write):
                self._failed(error, write)
            case _Loaded(fetch, recorded):
                self._hand_out(fetch, recorded)
            case _NotLoaded(fetch, error):
                # One hole; what cannot be read is no reason to tell no more.
                number = fetch.sentence
                logger.error("session %s cannot read %d: %s", self.session, number, error)
                fetch.reply_to.tell(Fetched(fetch, None, None))
            case _Encoded(fetch, recorded, file):
                fetch.reply_to.tell(Fetched(fetch, recorded, file))
            case _NotEncoded(fetch, recorded, error):
                logger.error("session %s cannot encode", self.session, exc_info=error)
                fetch.reply_to.tell(Fetched(fetch, recorded, None))

    # Audio

    def _record(self, record: Record) -> None:
        number = record.sentence.number
        recorded = RecordedSentence(
            record.sentence,
            b"".join((*record.pieces, record.rest)),
            record.skipped,
            rest_bytes=len(record.rest),
            words=record.words,
            spoken_by=record.spoken_by,
        )
        in_order = number >= self._expected
        again = self._spoken_again.pop(number, None)
        if again is not None:
            recorded = _better(again.before, recorded)
        if in_order or record.skipped != SKIPPED:  # Else it is as it was: skipped, again.
            self._keep(recorded, in_order)
            if again is not None:
                self._replace(again)
        if again is not None:
            for fetch in again.fetches:
                self._pack(fetch, recorded)

    def _replace(self, again: _Again) -> None:
        number = again.before.sentence.number
        for fetch in again.fetches:
            fetch.reply_to.tell(Replaced(number, again.before.pcm))
        self._to_be_stored[number] = again.fetches

    def _keep(self, recorded: RecordedSentence, in_order: bool) -> None:
        number, length_ms = recorded.sentence.number, duration_ms(recorded.pcm)
        self._expected = max(self._expected, number + 1)
        self._lengths_ms[number] = length_ms
        self._unsaved[number] = recorded
        self._waiting.append(recorded)
        self._waiting_ms += length_ms
        if in_order:
            self._counted_ms[number] = length_ms
        self._save_soon()

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
        if (again := self._spoken_again.get(fetch.sentence)) is not None:
            again.fetches.append(fetch)
            return
        self._spoken_again[fetch.sentence] = _Again(recorded, [fetch])
        self._sequencer.tell(SpeakAgain(recorded.sentence))

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

    def _save_soon(self) -> None:
        # Else the voice would soon have to wait, or the listener is told that all is there.
        if self._waiting_ms >= self._ahead_ms / 2 or self._is_closing:
            self._save()
        elif self._timer is None and not self._busy:
            self._timer = self.after(SAVE_SECONDS, _SaveNow())

    def _save(self) -> None:
        """Begin the write that is due first; the next follows when it is done."""
        if self._busy:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (end := self._end) is not None:
            self._end, self._text_grown = None, False
            finish = self._archive.finish_text(self._whole_text(), end.state)
            self._write(finish, _Finished(), _Write(end=end, has_text=True))
        elif self._waiting or self._text_grown:
            # With audio goes its text: a crash must not leave one without the other.
            text = self._whole_text() if self._text_grown else None
            sentences = tuple(self._waiting)
            self._text_grown = False
            self._waiting.clear()
            self._waiting_ms = 0.0
            save = self._archive.save(text, sentences)
            write = _Write(has_text=text is not None, sentences=sentences)
            self._write(save, _Saved(sentences), write)
        elif (close := self._close) is not None:
            self._close = None
            finish = self._archive.finish_narration(close.state, close.message)
            self._write(finish, _Closed(), _Write(close=close))

    def _write(self, work: Awaitable[None], done: Command, write: _Write) -> None:
        self._busy = True
        self.pipe_to_self(
            work, lambda _: done, lambda error: _Failed(error, write), label="saving"
        )

    def _failed(self, error: Exception, write: _Write) -> None:
        if (seconds := self._retries.seconds_after(error, self.now())) is not None:
            self._take_back(write)
            self.after(seconds, _TryAgain())
            return
        self._owner.tell(CloseFailed(error) if write.close else SaveFailed(error))
        if self._close is not None and self._close.state is NarrationState.COMPLETE:
            self._close = Close(NarrationState.FAILED, "it could not be stored")
        self._go_on()

    def _take_back(self, write: _Write) -> None:
        """It is saved with what is new by then; of what was said twice the later counts."""
        self._end = self._end or write.end
        self._close = self._close or write.close
        self._text_grown |= write.has_text and self._end is None
        still = [one for one in write.sentences if self._is_unsaved(one)]
        self._waiting[:0] = still
        self._waiting_ms += sum(duration_ms(one.pcm) for one in still)

    def _is_unsaved(self, recorded: RecordedSentence) -> bool:
        """Whether no later one of the same sentence waits."""
        return self._unsaved.get(recorded.sentence.number) is recorded

    def _saved(self, sentences: Sequence[RecordedSentence]) -> None:
        for recorded in sentences:
            number = recorded.sentence.number
            self._saved_ms += self._counted_ms.pop(number, 0.0)
            if self._is_unsaved(recorded):
                del self._unsaved[number]
                for fetch in self._to_be_stored.pop(number, ()):
                    fetch.reply_to.tell(Stored(number))
        self._retries.worked()
        self._allow_more()
        self._go_on()

    def _go_on(self) -> None:
        self._busy = False
        if self._end is not None or self._close is not None:
            self._save()
        elif self._waiting or self._text_grown:
            self._save_soon()

    def _whole_text(self) -> str:
        self._text = ["".join(self._text)]
        return self._text[0]

    def _allow_more(self) -> None:
        limit_ms = self._saved_ms + self._ahead_ms
        if self._sequencer is not None and limit_ms > self._allowed_ms:
            self._allowed_ms = limit_ms
            self._sequencer.tell(SaveUpTo(limit_ms))


def _better(before: RecordedSentence, again: RecordedSentence) -> RecordedSentence:
    """What there is now of a sentence that broke off, and was spoken again.

    If that broke off earlier still, the longer one stays, as it does in the archive: so it
    is always one recording that is told, and read back.
    """
    if again.skipped is None or len(again.pcm) > len(before.pcm):
        return again
    return replace(before, skipped=again.skipped)
