"""Cuts text that comes token by token into the units that are spoken."""

from __future__ import annotations

import re

import msgspec

from narration.text.atoms import ATOM_AHEAD, ATOM_OPENERS, at_atom, end_of_hidden
from narration.text.characters import CLAUSE_MARKS, CLOSERS, END_MARKS, weight
from narration.text.ends import at_end_mark
from narration.text.interruption import INTERRUPTION, at_interruption
from narration.text.languages import language_for
from narration.text.lengths import (
    CLAUSE_SPACE,
    at_clause_mark,
    at_clause_space,
    cut_position,
)
from narration.text.lines import at_line_end, in_whole_line
from narration.text.pending import Pending
from narration.text.unit import SEPARATE, Kind, Unit
from narration.text.verdict import Cut, GoOn, Verdict
from narration.text.view import AHEAD, NeedMore, View
from narration.text.wide import at_bar, at_greek_question_mark

__all__ = ["CEILING", "Cutter"]

CEILING = 10_000
"""The longest unit where `max_sentence_length` is off, so that the buffer stays bounded."""

_MOST_HIDDEN = 5_000
"""So much of a story is lost at most behind a `<script>` that nothing ends."""

_ENDS = re.escape("".join(sorted(END_MARKS)))
_OPENERS = re.escape(ATOM_OPENERS)
_PLACES = re.compile(rf"[\n{_ENDS}{_OPENERS}|;]|{INTERRUPTION}")
_EARLY_PLACES = re.compile(
    rf"[\n{_ENDS}{_OPENERS}|{re.escape(CLAUSE_MARKS)}]|{CLAUSE_SPACE}|{INTERRUPTION}"
)
_CLOSERS = "".join(sorted(CLOSERS))


class Cutter:
    """Cuts one stream of text at a time.

    The units are the same whatever tokens the text comes in, and tile it: white
    space between units aside, nothing is lost and nothing added.

    Args:
        language: a BCP 47 code.  An unknown one is cut by script and punctuation.
        min_sentence_length: a shorter sentence is joined to its neighbour within the
            paragraph.  Where it is the paragraph's last, the sentence before it
            waits for it, if that is itself shorter than twice this length: at
            most this many characters, or until `poll`.
        max_sentence_length: no unit is longer, and no more than this is held back.
        first_unit_min: the first unit may be cut at a comma once so much of it is
            spoken, so that sound starts early.

    A length of 0 is off.  Both minima count a Chinese, Japanese or Korean
    character twice, since it takes as long to say as two or three letters.
    """

    def __init__(
        self,
        language: str = "en",
        min_sentence_length: int = 20,
        max_sentence_length: int = 250,
        first_unit_min: int = 15,
    ) -> None:
        self._language = language_for(language)
        self._min = min_sentence_length
        self._max = max_sentence_length or CEILING
        self._first_min = first_unit_min
        self._reset()

    def _reset(self) -> None:
        self._pending = Pending()
        self._next = 0  # In front of this place everything is decided.
        self._sentence = 0  # The present sentence; what stands in front of it waits.
        self._waits_for_short = False  # It is long enough, and waits for a short last one.
        self._early = self._first_min > 0  # Until the first unit that is no heading.
        self._hidden: re.Pattern[str] | None = None  # What ends the markup that we are in.
        self._hidden_left = 0

    def feed(self, text: str) -> list[Unit]:
        """Take the next token; return the units that it completes."""
        self._pending.add(text)
        return self._cut(final=False)

    def flush(self) -> list[Unit]:
        """Return the rest: the text is at its end.  Then the cutter is as new."""
        units = self._cut(final=True)
        rest = self._pending.text
        if rest:
            ended = rest.rstrip().rstrip(_CLOSERS)[-1:] in END_MARKS
            kind: Kind = "markup" if self._hidden else "sentence" if ended else "tail"
            units.append(self._take(Cut(len(rest), len(rest), kind)))
        if units:
            units[-1] = msgspec.structs.replace(units[-1], paragraph_end=True)
        self._reset()
        return units

    def poll(self) -> list[Unit]:
        """Return a unit that looks complete, for a stream that has paused.

        It is decided as though the text ended here, and only where no word would be
        left behind; a word that may be unfinished (`Mr.`, `3.`, `J.`) stays.
        All that `poll` does is to make one boundary definite early: units still tile the text,
        and what follows is cut as behind any other boundary, even where it turns
        out to belong to the unit (a dialogue tag, a closing quotation mark).
        `paragraph_end` of such a unit may be false although a blank line comes later.
        """
        if not self._pending.text:
            return []
        try:
            verdict = self._decide(final=True)
        except NeedMore:
            verdict = None
        if isinstance(verdict, Cut) and not _has_word(self._pending.text[verdict.end :]):
            return [self._take(verdict)]
        if self._waits_for_short:
            return [self._take_waiting()]
        return []

    def _cut(self, *, final: bool) -> list[Unit]:
        units: list[Unit] = []
        while self._pending.text:
            try:
                verdict = self._decide(final)
            except NeedMore:
                verdict = None
            if verdict is None:
                if len(self._pending.text) <= self._max:
                    break
                units.append(self._force())
            elif isinstance(verdict, GoOn):
                self._go_on(verdict.resume)
            elif (unit := self._end_sentence(verdict)) is not None:
                units.append(unit)
        return units

    def _go_on(self, resume: int) -> None:
        text = self._pending.text
        if text[self._next] == "\n":
            self._pending.line = resume
        elif (line_feed := text.rfind("\n", self._next, resume)) >= 0:
            self._pending.line = line_feed + 1
        self._next = resume

    def _decide(self, final: bool) -> Verdict | None:
        """The verdict on the next place where a unit may end; None if there is none yet."""
        if self._hidden:
            return self._end_hidden(self._hidden)
        text = self._pending.text
        # What lies beyond the longest unit must not count: it may not have come yet.
        end = min(len(text), self._max + 1)
        found = (_EARLY_PLACES if self._early else _PLACES).search(text, self._next, end)
        place = end if found is None else found.start()
        self._next = place
        if self._waits_for_short and place - self._sentence > self._min:
            return Cut(self._sentence, self._sentence)  # What follows is not short.
        if found is None:
            return None
        char = text[place]
        ahead = ATOM_AHEAD if char in ATOM_OPENERS else AHEAD
        capped = place + ahead < end
        view = View(
            text,
            begin=self._sentence,
            end=place + ahead if capped else end,
            line=self._pending.line,
            complete=capped or (final and end == len(text)),
        )
        if char == "\n":
            return at_line_end(view, place)
        if in_whole_line(view):
            return GoOn(place + 1)
        if char in END_MARKS:
            return at_end_mark(view, place, self._language)
        if char in ATOM_OPENERS:
            return at_atom(view, place)
        if char == ";" and at_greek_question_mark(view, place):
            return Cut(place + 1, place + 1)
        if char in CLAUSE_MARKS:
            if not self._early:
                return GoOn(place + 1)
            return at_clause_mark(view, place, self._first_min)
        if char == " ":
            return at_clause_space(view, place, self._first_min)
        if char == "|":
            return at_bar(view, place)
        return at_interruption(view, place, self._language)

    def _end_sentence(self, cut: Cut) -> Unit | None:
        """Give the unit out, or let it wait if it is short."""
        text = self._pending.text
        if self._sentence:
            short = weight(text[self._sentence : cut.end].strip()) < self._min
            separate = cut.kind in SEPARATE
            last = cut.paragraph and short
            if separate or (self._waits_for_short and not last):
                return self._take_waiting()  # This place comes up again.
        length = weight(text[: cut.end].rstrip())
        if cut.paragraph or cut.kind in ("clause", "markup"):
            return self._take(cut)
        shortest = min(self._min, self._first_min) if self._early else self._min
        waits = length < 2 * self._min and not self._pending.first
        if length >= shortest and not waits:
            return self._take(cut)
        self._sentence = cut.end
        self._waits_for_short = length >= shortest
        self._next = cut.resume
        if cut.resume > cut.end:
            self._pending.line = cut.resume
        return None

    def _end_hidden(self, end: re.Pattern[str]) -> Verdict | None:
        found = end.search(self._pending.text, 0, self._max)
        return None if found is None else Cut(found.end(), found.end(), "markup")

    def _hide(self, end: re.Pattern[str], most: int) -> Unit:
        unit = self._take(Cut(self._max, self._max, "markup"))
        if most > self._max:
            self._hidden, self._hidden_left = end, most - self._max
        return unit

    def _force(self) -> Unit:
        """The text is longer than a unit may be."""
        if self._hidden:
            return self._hide(self._hidden, self._hidden_left)
        if 0 < self._sentence <= self._max:
            return self._take_waiting()
        text = self._pending.text[: self._max + 1]
        if 0 < self._next < len(text) and text[self._next] in ATOM_OPENERS:
            return self._take(Cut(self._next, self._next, "forced"))
        if self._next == 0 and (end := end_of_hidden(text)) is not None:
            return self._hide(end, _MOST_HIDDEN)
        position, kind = cut_position(self._pending.text, self._max, self._language)
        return self._take(Cut(position, position, kind))

    def _take_waiting(self) -> Unit:
        return self._take(Cut(self._sentence, self._sentence))

    def _take(self, cut: Cut) -> Unit:
        left = len(self._pending.text) - cut.resume
        unit = self._pending.take(cut.end, cut.kind, paragraph_end=cut.paragraph)
        self._next = max(0, len(self._pending.text) - left)
        self._sentence = 0
        self._waits_for_short = False
        self._hidden = None
        self._early = self._early and cut.kind in SEPARATE
        return unit


def _has_word(text: str) -> bool:
    return any(char.isalnum() for char in text)
