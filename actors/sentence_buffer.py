"""Gathers text into sentences, and deals them to idle workers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from actors.base import Actor, Message, Ref
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


class _InHand(NamedTuple):
    """A sentence that is in the making, and since when."""

    sentence: Sentence
    begun_at: float


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
        self._will_deal = False

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
                self._will_deal = False
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
        if making_ms + _spoken_ms(sentence) <= self._room_ms:
            return True
        takes = self._rtf * _spoken_ms(sentence) / 1_000
        left = self._due(sentence) - self.now() - takes - SOON_SECONDS
        if left > 0 and not self._will_deal:
            self._will_deal = True
            self.after(max(left, MIN_WAIT_SECONDS), _Deal())
        return left <= 0

    def _learn(self, made: _InHand) -> None:
        """How long the voice takes, with retries and the wait for its turn."""
        seconds = self.now() - made.begun_at
        rtf = seconds * 1_000 / max(_spoken_ms(made.sentence), MS_PER_CHAR)
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
        self._in_hand[worker] = _InHand(sentence, self.now())
        first = sentence.number == self._first
        worker.tell(Speak(sentence, due_at, first=first))

    def _due(self, sentence: Sentence) -> float:
        """When its listener runs dry: after what there is, and what is in the making."""
        before = (s for s, _ in self._in_hand.values() if s.number < sentence.number)
        return self._due_at + sum(map(_spoken_ms, before)) / 1_000

    def _tell_when_due(self) -> None:
        for worker, (sentence, _) in self._in_hand.items():
            worker.tell(Due(sentence.number, self._due(sentence)))

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
