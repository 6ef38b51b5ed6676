"""Gathers text into sentences, and deals them to idle workers in order."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

import msgspec

from actors.base import Actor, Message, Ref, Work
from actors.protocol import (
    SKIPPED,
    BufferReady,
    CutOff,
    Due,
    EndOfText,
    Idle,
    LastSentence,
    Lost,
    SkipTo,
    Speak,
    SpeakAgain,
    SpeakUpTo,
    Text,
    Unspeakable,
)
from narration.story import Beginning, Sentence
from narration.text import Cutter, Unit, clean

__all__ = ["BROKE_OFF", "NOTHING_TO_SAY", "SentenceBuffer"]

NOTHING_TO_SAY = "nothing to say"
"""Why a row of asterisks has no audio."""

BROKE_OFF = "the text broke off here"
"""Why half a sentence has no audio."""

SOON_SECONDS = 10.0
"""What is due so soon, and the time that it takes to make it, is begun by every worker who is
idle, however much that makes in all.
"""

SLOW_RTF = 2.0
"""So slow a voice is taken to be at first: it may be, with two workers, and keep up."""

RTF_FADE = 0.5
"""So much is left of what was learnt from slower sentences, with each that is faster."""

SPOKEN_RTF = 0.05
"""What came faster was not spoken now, but is known from before."""

LEARNT_MS = 2_000
"""A shorter sentence says more of what a voice takes for any than of how fast it is."""

ROOM_STEP_MS = 2_000
"""The room is known to that."""

DUE_STEP_SECONDS, DUE_STEP_PART = 0.25, 0.25
"""A sentence that is due so much sooner, or later by so much of what is left until then, is
worth a message.
"""

MIN_WAIT_SECONDS = 0.05

MS_PER_CHAR = 65
"""About how long it takes to say a character."""


PIECE_CHARS = 500
"""Stored text is cut so much at a time, so that a long scene holds nobody up."""


class _GoOn(Message, frozen=True):
    """The next piece of stored text is to be cut."""


class _LookAgain(Message, frozen=True):
    """Time to see whether the model has paused after a whole sentence."""


class _Deal(Message, frozen=True):
    """A sentence is to be begun by now, however much is in the making."""


Worker = Ref[Speak | Due | CutOff]


class _InHand(msgspec.Struct):
    """A sentence that is in the making, since when, and by when its worker believes it due."""

    sentence: Sentence
    begun_at: float
    due_at: float


Command = (
    Text
    | EndOfText
    | Idle
    | Lost
    | SpeakUpTo
    | SpeakAgain
    | SkipTo
    | _GoOn
    | _LookAgain
    | _Deal
)


class SentenceBuffer(Actor[Command]):
    """Holds what is not yet dealt: at most the text of one scene.

    A sentence that looks complete is dealt after `idle_ms` without text, though
    only the next word could prove that it is.
    """

    def __init__(
        self,
        cutter: Cutter,
        beginning: Beginning,
        sequencer: Ref[BufferReady | LastSentence | Unspeakable],
        idle_ms: int,
    ) -> None:
        super().__init__()
        self._cutter = cutter
        self._beginning = beginning
        self._sequencer = sequencer
        self._idle_seconds = idle_ms / 1_000
        self._stored: deque[Text | EndOfText] = deque()
        self._ready: deque[Sentence] = deque()
        self._again: deque[Sentence] = deque()
        self._first = self._cut = len(beginning.starts_ms)
        self._broken_from: int | None = None
        self._limit = self._skip_to = 0
        self._due_at = self._room_ms = 0.0
        self._idle: deque[Worker] = deque()
        self._in_hand: dict[Worker, _InHand] = {}
        self._rtf = SLOW_RTF
        self._last_text_at = 0.0
        self._watching = False
        self._widest_ms = 0.0
        self._dealing: Work | None = None
        self._deal_at = 0.0

    def on_start(self) -> None:
        self._due_at = self.now()
        self._sequencer.tell(BufferReady(self.actor_ref))
        text = self._beginning.text
        for start in range(self._beginning.spoken_chars, len(text), PIECE_CHARS):
            self._stored.append(Text(text[start : start + PIECE_CHARS]))
        if self._stored:
            self._go_on()

    def on_receive(self, message: Command) -> None:
        match message:
            case Text() | EndOfText() if self._stored:
                self._stored.append(message)
            case Text(text):
                self._cut_on(text)
            case EndOfText(whole):
                self._end(whole)
            case Idle(worker):
                if (made := self._in_hand.pop(worker, None)) is not None:
                    self._learn(made)
                self._idle.append(worker)
                self._deal()
            case Lost(worker):
                self._in_hand.pop(worker, None)
            case SpeakUpTo(sentence, due_at, room_ms):
                self._limit = max(self._limit, sentence)
                self._due_at, self._room_ms = due_at, room_ms
                self._widest_ms = max(self._widest_ms, room_ms)
                self._deal()
                self._tell_when_due()
            case SpeakAgain(sentence):
                self._again.appendleft(sentence)  # The latest is waited for.
                self._deal()
            case SkipTo(sentence):
                self._skip_to = sentence
                for worker in (*self._idle, *self._in_hand):
                    worker.tell(CutOff(sentence))
                self._deal()
            case _GoOn():
                self._go_on()
            case _LookAgain():
                self._look_again()
            case _Deal():
                self._dealing = None
                self._deal()

    def _cut_on(self, text: str) -> None:
        self._take(self._cutter.feed(text))
        self._watch_for_a_pause()

    def _go_on(self) -> None:
        """Cut one piece of what was there before, and what came after it in its turn."""
        match self._stored.popleft():
            case Text(text):
                self._cut_on(text)
            case EndOfText(whole):
                self._end(whole)
        if self._stored:
            self.after(0, _GoOn())

    def _end(self, whole: bool) -> None:
        if not whole:
            self._take(self._cutter.poll())
            self._broken_from = self._cut
        self._take(self._cutter.flush())
        self._sequencer.tell(LastSentence(self._cut))

    def _take(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self._ready.append(self._sentence(unit))
            self._cut += 1
        self._deal()

    def _sentence(self, unit: Unit) -> Sentence:
        before = self._beginning.spoken_chars
        silent = self._broken_from is not None or unit.kind == "markup"
        return Sentence(
            number=self._cut,
            text=unit.text,
            spoken="" if silent else clean(unit.text),
            start=before + unit.start,
            end=before + unit.end,
            paragraph_end=unit.paragraph_end,
        )

    def _deal(self) -> None:
        while self._again and self._idle:
            self._hand(self._again.popleft(), self.now())
        while self._ready and self._ready[0].number < self._limit:
            if (reason := self._hole(self._ready[0])) is not None:
                self._sequencer.tell(Unspeakable(self._ready.popleft(), reason))
            elif self._idle and self._is_wanted(self._ready[0]):
                sentence = self._ready.popleft()
                self._hand(sentence, self._due(sentence))
            else:
                return

    def _is_wanted(self, sentence: Sentence) -> bool:
        """Whether what is in the making leaves room for it, or it must be begun now so as not
        to be late.  What is once begun is made to its end, so that it has to be counted whole.
        """
        making_ms = sum(_spoken_ms(one.sentence) for one in self._in_hand.values())
        # The longest that there ever is room for must do for a sentence that is longer.
        needs_ms = min(_spoken_ms(sentence), max(self._widest_ms - ROOM_STEP_MS, 0.0))
        if self._room_ms > 0 and making_ms + needs_ms <= self._room_ms:
            return True
        seconds = self._seconds_until_late(sentence)
        if seconds > 0:
            self._deal_in(seconds)
        return seconds <= 0

    def _seconds_until_late(self, sentence: Sentence) -> float:
        """How long it, and all that follow, can wait: a long one may have to be begun before a
        short one ahead of it would have to be.
        """
        due_at, seconds = self._due(sentence), math.inf
        for one in self._ready:
            if one.number >= self._limit:
                break
            takes = self._rtf * _spoken_ms(one) / 1_000
            seconds = min(seconds, due_at - takes - SOON_SECONDS - self.now())
            due_at += _spoken_ms(one) / 1_000
        return seconds

    def _deal_in(self, seconds: float) -> None:
        seconds = max(seconds, MIN_WAIT_SECONDS)
        deal_at = self.now() + seconds
        if self._dealing is None or deal_at < self._deal_at:
            if self._dealing is not None:
                self._dealing.cancel()
            self._dealing, self._deal_at = self.after(seconds, _Deal()), deal_at

    def _learn(self, made: _InHand) -> None:
        """How long the voice takes, with retries and the wait for its turn."""
        seconds = self.now() - made.begun_at
        rtf = seconds * 1_000 / max(_spoken_ms(made.sentence), LEARNT_MS)
        if rtf >= SPOKEN_RTF and made.sentence.number >= self._skip_to:
            self._rtf = max(rtf, RTF_FADE * self._rtf)

    def _hole(self, sentence: Sentence) -> str | None:
        if sentence.number < self._skip_to:
            return SKIPPED
        if sentence.spoken:
            return None
        broken = self._broken_from is not None and sentence.number >= self._broken_from
        return BROKE_OFF if broken else NOTHING_TO_SAY

    def _hand(self, sentence: Sentence, due_at: float) -> None:
        worker = self._idle.popleft()
        self._in_hand[worker] = _InHand(sentence, self.now(), due_at)
        first = sentence.number == self._first
        worker.tell(Speak(sentence, due_at, first=first))

    def _due(self, sentence: Sentence) -> float:
        """When its listener runs dry: after what there is, and what is in the making."""
        making = (one.sentence for one in self._in_hand.values())
        before = (other for other in making if other.number < sentence.number)
        return self._due_at + sum(map(_spoken_ms, before)) / 1_000

    def _tell_when_due(self) -> None:
        now = self.now()
        for worker, one in self._in_hand.items():
            due_at = self._due(one.sentence)
            later = DUE_STEP_PART * max(one.due_at - now, 0.0)
            if due_at <= one.due_at - DUE_STEP_SECONDS or due_at - one.due_at > later:
                one.due_at = due_at
                worker.tell(Due(one.sentence.number, due_at))

    def _watch_for_a_pause(self) -> None:
        # One timer that looks again, not one a token.
        self._last_text_at = self.now()
        if not self._watching:
            self._watching = True
            self.after(self._idle_seconds, _LookAgain())

    def _look_again(self) -> None:
        remaining = self._last_text_at + self._idle_seconds - self.now()
        if remaining > 0:
            self.after(remaining, _LookAgain())
        else:
            self._watching = False
            self._take(self._cutter.poll())


def _spoken_ms(sentence: Sentence) -> float:
    """About how long its audio will be."""
    return len(sentence.spoken) * MS_PER_CHAR
