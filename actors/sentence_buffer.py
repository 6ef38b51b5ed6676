"""Gathers text into sentences, and deals them to idle workers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from actors.base import Actor, Message, Ref
from actors.protocol import (
    BufferReady,
    EndOfText,
    Idle,
    LastSentence,
    Speak,
    SpeakUpTo,
    Text,
    Unspeakable,
)
from narration.story import Sentence
from narration.text import Cutter, Unit, clean

__all__ = ["NOTHING_TO_SAY", "SentenceBuffer"]

NOTHING_TO_SAY = "nothing to say"
"""Why a row of asterisks has no audio."""


class _LookAgain(Message, frozen=True):
    """Time to see whether the model has paused after a whole sentence."""


Command = Text | EndOfText | Idle | SpeakUpTo | _LookAgain


class SentenceBuffer(Actor[Command]):
    """Holds what is not yet dealt: at most the text of one scene.

    A sentence that looks complete is dealt after `idle_ms` without text, though
    only the next word could prove that it is.
    """

    def __init__(
        self,
        cutter: Cutter,
        sequencer: Ref[BufferReady | LastSentence | Unspeakable],
        idle_ms: int,
    ) -> None:
        super().__init__()
        self._cutter = cutter
        self._sequencer = sequencer
        self._idle_seconds = idle_ms / 1_000
        self._ready: deque[Sentence] = deque()
        self._cut = 0
        self._limit = 0
        self._workers: deque[Ref[Speak]] = deque()
        self._last_text_at = 0.0
        self._watching = False

    def on_start(self) -> None:
        self._sequencer.tell(BufferReady(self.actor_ref))

    def on_receive(self, message: Command) -> None:
        match message:
            case Text(text):
                self._take(self._cutter.feed(text))
                self._watch_for_a_pause()
            case EndOfText():
                self._take(self._cutter.flush())
                self._sequencer.tell(LastSentence(self._cut))
            case Idle(worker):
                self._workers.append(worker)
                self._deal()
            case SpeakUpTo(sentence):
                self._limit = max(self._limit, sentence)
                self._deal()
            case _LookAgain():
                self._look_again()

    def _take(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self._ready.append(_sentence(self._cut, unit))
            self._cut += 1
        self._deal()

    def _deal(self) -> None:
        while self._ready and self._ready[0].number < self._limit:
            if not self._ready[0].spoken:
                self._sequencer.tell(Unspeakable(self._ready.popleft(), NOTHING_TO_SAY))
            elif self._workers:
                self._workers.popleft().tell(Speak(self._ready.popleft()))
            else:
                return

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


def _sentence(number: int, unit: Unit) -> Sentence:
    return Sentence(
        number=number,
        text=unit.text,
        spoken=clean(unit.text),
        start=unit.start,
        end=unit.end,
        paragraph_end=unit.paragraph_end,
    )
