"""What the listener is still to hear, in order: live audio, and what is heard again."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from actors.protocol import SKIPPED, Conclude, Gap, Play
from narration.audio import duration_ms
from narration.audio.pcm import slices
from narration.story import Beginning, RecordedSentence, Sentence

__all__ = ["Again", "File", "Playlist"]


class Again(NamedTuple):
    """A sentence that is to be read back, since its audio is not here.

    One that was not told yet must be told in the end, as audio or as a hole; `live_ms`
    is how long it is.
    """

    number: int
    untold: Sentence | None = None
    live_ms: float = 0.0


class File(NamedTuple):
    """A whole sentence's audio, in another format than PCM."""

    play: Play
    audio: bytes


Item = Play | File | Gap | Again | Conclude


class Playlist:
    """Live audio comes once, and in order.  What was taken from the list, or skipped, is
    read back when the listener wants to hear it (again).  So is every sentence that is
    to be a file.

    A list that is `sparing` keeps no live audio that would have to wait for other: it may
    be made long before it is heard.
    """

    def __init__(self, beginning: Beginning, *, sparing: bool = False) -> None:
        self.received_ms = 0.0
        """How much live audio has come in all."""
        self.starts_ms = dict(enumerate(beginning.starts_ms))
        """Where each sentence begins in the scene's audio."""
        self._before_ms = beginning.audio_ms
        self.expected = len(beginning.starts_ms)
        """The first sentence of which the end has not come yet."""
        self.live_ms = 0.0
        """How much live audio waits, of sentences that can be told."""
        self._items: deque[Item] = deque()
        self._replay: deque[Play | File | Gap] = deque()
        self._replayed = Again(-1)
        self._begun: list[Play] = []
        self._skip_to = 0
        self._maimed: int | None = None
        self._lengths_ms: dict[int, float] = {}
        self._files = False
        self._sparing = sparing
        self._spared = -1
        self.dropped = False
        """No audio is wanted any more."""

    @property
    def next_number(self) -> int:
        """The sentence that is to be heard next."""
        for item in (*self._replay, *self._items):
            match item:
                case Again(number, _, _) if number >= self._skip_to:
                    return number
                case File(Play(sentence), _) | Play(sentence) | Gap(sentence) if (
                    sentence.number >= self._skip_to
                ):
                    return sentence.number
                case _:
                    pass
        return max(self.expected, self._skip_to)

    def tell_files(self) -> None:
        """From now on sentences are told whole, each as a file."""
        self._files = True
        waiting, self._items = self._items, deque()
        self.live_ms = 0.0
        for item in waiting:
            if isinstance(item, Play):
                self._add_audio(item)
            else:
                self._items.append(item)

    def add(self, item: Play | Gap | Conclude) -> None:
        """Append what comes next.  What is to be skipped becomes a hole."""
        if isinstance(item, Conclude):
            self._items.append(item)
            return
        number = item.sentence.number
        self.starts_ms.setdefault(number, self._before_ms + self.received_ms)
        if isinstance(item, Play):
            length = duration_ms(item.pcm)
            self.received_ms += length
            self._lengths_ms[number] = self._lengths_ms.get(number, 0.0) + length
        if isinstance(item, Gap) or item.final:
            self.expected = number + 1
        if self.dropped:
            return
        if isinstance(item, Play):
            self._add_audio(item)
        else:
            self._add_gap(item)

    def _add_audio(self, play: Play) -> None:
        sentence = play.sentence
        unwanted = sentence.number < self._skip_to
        if self._sparing and self._items and not play.chunk:
            self._spared = sentence.number
        whole = self._files or sentence.number in (self._maimed, self._spared)
        if not (unwanted or whole):
            self._append(play)
        elif not play.final:
            self._maimed = sentence.number
        else:
            self._maimed = None
            length = self._lengths_ms[sentence.number]
            again = Again(sentence.number, sentence, length)
            self._append(Gap(sentence, SKIPPED) if unwanted else again)

    def _add_gap(self, gap: Gap) -> None:
        self._maimed = None
        number = gap.sentence.number
        begun = self._begun and self._begun[0].sentence.number == number
        if gap.reason == SKIPPED and number >= self._skip_to and not begun:
            self._read_back(gap)
        else:
            self._append(gap)

    def _read_back(self, gap: Gap) -> None:
        """A sentence was skipped in the making, and is wanted after all: whole."""
        while self._items and isinstance(last := self._items[-1], Play):
            if last.sentence.number != gap.sentence.number:
                break
            self.live_ms -= _live_ms(self._items.pop())
        self._append(Again(gap.sentence.number, gap.sentence))

    def _append(self, item: Item) -> None:
        self._items.append(item)
        self.live_ms += _live_ms(item)

    def peek(self) -> Item | None:
        """What comes next."""
        return self._replay[0] if self._replay else self._items[0] if self._items else None

    def pop(self) -> None:
        """It has been told."""
        if self._replay:
            self._replay.popleft()
            return
        item = self._items.popleft()
        self.live_ms -= _live_ms(item)
        if isinstance(item, Play) and not item.final:
            self._begun.append(item)
        elif isinstance(item, Play | Gap):
            self._begun.clear()

    def waits_for(self, number: int) -> bool:
        """Whether that sentence is to be read back now."""
        item = self.peek()
        return isinstance(item, Again) and item.number == number

    def replay(self, recorded: RecordedSentence | None, file: bytes | None) -> None:
        """What the `Again` at the head has come to."""
        item = self._items.popleft()
        self.live_ms -= _live_ms(item)
        if isinstance(item, Again):
            self._replayed = item
        if recorded is None:
            if isinstance(item, Again) and item.untold is not None:
                self._replay.append(Gap(item.untold, "its audio could not be read back"))
            return
        sentence, whole = recorded.sentence, recorded.skipped is None
        if not self._files:
            parts = list(slices(recorded.pcm)) or [b""] * whole
            last = len(parts) - 1
            for number, pcm in enumerate(parts):
                final, words = whole and number == last, () if number else recorded.words
                self._replay.append(Play(sentence, number, pcm, final, words))
        elif file is not None:
            whole_sentence = Play(sentence, 0, recorded.pcm, True, recorded.words)
            self._replay.append(File(whole_sentence, file))
        if recorded.skipped is not None:
            self._replay.append(Gap(sentence, recorded.skipped))
        elif not self._replay:
            self._replay.append(Gap(sentence, "its audio could not be encoded"))

    def skip_ahead(self, target: int) -> None:
        """Hear `target` next, and nothing before it."""
        self._skip_to = target
        if self._replayed.number < target:
            self._end_replay()
        items: deque[Item] = deque()
        if self._begun and self._begun[0].sentence.number < target:
            self._maimed = self._begun[0].sentence.number
            self._begun.clear()
        for item in self._items:
            match item:
                case Again(number, untold, _) if number < target:
                    if untold is not None:
                        items.append(Gap(untold, SKIPPED))
                case Play(sentence) if sentence.number < target:
                    self._maimed = None if item.final else sentence.number
                    if item.final:
                        items.append(Gap(sentence, SKIPPED))
                case Gap(sentence) if sentence.number == self._maimed:
                    self._maimed = None
                    items.append(item)
                case _:
                    items.append(item)
        self._items = items
        self._count()

    def go_back(self, target: int) -> None:
        """Hear `target` next, and all that follows it, again."""
        self._skip_to = target
        self._end_replay()
        live: deque[Item] = deque([*self._begun, *self._items])
        self._begun.clear()
        self._items.clear()
        self.live_ms = 0.0
        untold: dict[int, Again] = {}
        while live and isinstance(item := live[0], Gap | Again):
            live.popleft()
            if isinstance(item, Again):
                if item.untold is not None and item.number < target:
                    self._append(Gap(item.untold, SKIPPED))
                elif item.untold is not None:
                    untold[item.number] = item
            elif item.sentence.number < target:
                self._append(item)
            else:
                untold[item.sentence.number] = Again(item.sentence.number, item.sentence)
        first = self.expected
        if live and isinstance(play := live[0], Play):
            first = play.sentence.number
        for number in range(target, first):
            self._append(untold.get(number, Again(number)))
        for item in live:
            if isinstance(item, Gap) and item.reason == SKIPPED:
                self._read_back(item)
            else:
                self._append(item)

    def drop(self) -> None:
        """No audio is wanted any more, now or later."""
        self.dropped = True
        self._replay.clear()
        self._begun.clear()
        self._items.clear()
        self.live_ms = 0.0

    def _end_replay(self) -> None:
        if self._replay:
            self._replay.clear()
            self._items.appendleft(self._replayed)

    def _count(self) -> None:
        self.live_ms = sum(map(_live_ms, self._items))


def _live_ms(item: Item) -> float:
    match item:
        case Play():
            return duration_ms(item.pcm)
        case Again():
            return item.live_ms
        case _:
            return 0.0
