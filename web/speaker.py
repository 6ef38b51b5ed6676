"""Gives a player its samples just in time, so that it can be held, and knows what is heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from narration.audio import BYTES_PER_MS, BYTES_PER_SAMPLE

__all__ = ["Place", "Sounds", "Speaker"]

LEAD_MS = 300
"""What the player is given ahead: so long it sounds on when it is held or skips."""

KEPT_MS = 120_000
"""What may be heard again when the server has nothing more to send."""


class Sounds(Protocol):
    """What makes the sound."""

    def play(self, pcm: memoryview) -> int | None:
        """Take some of it; returns how many bytes, or None if it has ended."""
        ...


class Place(msgspec.Struct, frozen=True):
    """So far into a sentence, and into the scene."""

    sentence: int
    position_ms: float
    scene_ms: float


class _Piece(msgspec.Struct, frozen=True):
    place: Place
    """Where it begins."""

    pcm: bytes


class Speaker:
    """A queue in front of a player; `clock` tells seconds.

    The player itself says nothing.  It is taken to sound as fast as time goes by, and no
    further than it was given samples; while it takes none, it is taken to stand still.
    """

    def __init__(
        self, player: Sounds, clock: Callable[[], float], keep: Callable[[bytes], None]
    ) -> None:
        self.paused = False
        self.broken = False
        """Whether the player has ended by itself."""
        self._player = player
        self._clock = clock
        self._keep = keep
        self._queue: deque[_Piece] = deque()
        self._received: dict[int, list[_Piece]] = {}
        self._next: int | None = None
        # In bytes since the start: what the player was given, how much of it was heard, and
        # what was where.
        self._given = 0
        self._heard = 0.0
        self._given_at: deque[tuple[int, Place]] = deque()
        self._stuck = False
        self._time = clock()

    @property
    def empty(self) -> bool:
        """Whether all there is was given to the player."""
        return not self._queue

    @property
    def place(self) -> Place | None:
        """What is heard now; None if nothing was since the start, or since a skip."""
        found = None
        for given, place in self._given_at:
            if given > self._heard:
                break
            into_ms = (self._heard - given) / BYTES_PER_MS
            found = Place(
                place.sentence, place.position_ms + into_ms, place.scene_ms + into_ms
            )
        return found

    @property
    def sentence(self) -> int | None:
        """The sentence that is heard, or comes next."""
        place = self.place
        return self._next if place is None else place.sentence

    def add(self, sentence: int, chunk: int, pcm: bytes, scene_ms: float) -> None:
        """Audio that comes after what was added before; chunks count within a sentence."""
        pieces = self._received.setdefault(sentence, [])
        if chunk == 0:
            pieces.clear()
        position_ms = sum(len(piece.pcm) for piece in pieces) / BYTES_PER_MS
        piece = _Piece(Place(sentence, position_ms, scene_ms), pcm)
        pieces.append(piece)
        self._queue.append(piece)
        self._forget()
        self.advance()

    def hold(self, paused: bool) -> None:
        """Fall silent, or go on from there."""
        self.paused = paused
        self.advance()

    def skip(self, sentence: int, *, again: bool) -> None:
        """Drop what comes before `sentence`; with `again` all, for it is added again."""
        kept = () if again else [p for p in self._queue if p.place.sentence >= sentence]
        self._go_on_with(sentence, kept)

    def skip_to(self, sentence: int) -> None:
        """On to a sentence, forwards or back, with what was added already."""
        if sentence <= (self.sentence or 0):  # Back over a hole, not into it.
            sentence = max((n for n in self._received if n <= sentence), default=sentence)
        numbers = [n for n in sorted(self._received) if n >= sentence]
        self._go_on_with(sentence, [p for n in numbers for p in self._received[n]])

    def take_rest(self) -> bytes:
        """What was not given to the player."""
        rest = b"".join(piece.pcm for piece in self._queue)
        self._queue.clear()
        return rest

    def advance(self) -> None:
        """Let time go by: give the player what it is due.  To be called all the time."""
        now = self._clock()
        passed_ms, self._time = (now - self._time) * 1_000, now
        if not self._stuck:
            self._heard = min(self._heard + passed_ms * BYTES_PER_MS, self._given)
        while len(self._given_at) > 1 and self._given_at[1][0] <= self._heard:
            self._given_at.popleft()
        self._stuck = False
        while self._queue and not (self.paused or self._stuck or self.broken):
            due = int(self._heard + LEAD_MS * BYTES_PER_MS) - self._given
            due -= due % BYTES_PER_SAMPLE
            if due <= 0:
                break
            self._give(due)

    def _give(self, due: int) -> None:
        piece = self._queue.popleft()
        taken = self._player.play(memoryview(piece.pcm)[:due]) if piece.pcm else 0
        if taken is None:
            self.broken = True
            self._queue.appendleft(piece)
            return
        if taken:
            self._given_at.append((self._given, piece.place))
            self._given += taken
            self._keep(piece.pcm[:taken])
        self._stuck = taken < min(due, len(piece.pcm))
        if taken < len(piece.pcm):
            place, into_ms = piece.place, taken / BYTES_PER_MS
            begins = Place(
                place.sentence, place.position_ms + into_ms, place.scene_ms + into_ms
            )
            self._queue.appendleft(_Piece(begins, piece.pcm[taken:]))

    def _go_on_with(self, sentence: int, pieces: Iterable[_Piece]) -> None:
        self._queue = deque(pieces)
        # What the player has still sounds, but it is not where we are any more.
        self._given_at.clear()
        self._next = sentence
        self.advance()

    def _forget(self) -> None:
        sizes = {n: sum(len(p.pcm) for p in pieces) for n, pieces in self._received.items()}
        for number in sorted(sizes)[:-1]:
            if sum(sizes.values()) <= KEPT_MS * BYTES_PER_MS:
                break
            del self._received[number], sizes[number]
