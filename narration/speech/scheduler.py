"""Decides whose sentence a voice speaks next: that of the listener who runs dry first."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import msgspec

from narration.speech.base import Audio, Speech, SpeechRequest

__all__ = [
    "FIRST_SECONDS",
    "OVERDUE_SECONDS",
    "PATIENCE_SECONDS",
    "Claim",
    "Decision",
    "Scheduler",
    "SchedulerFigures",
    "Speaking",
    "Waiting",
]

FIRST_SECONDS = 1.0
"""So close together, deadlines are equals: among them a session's first words go first."""

PATIENCE_SECONDS = 60.0
"""A claim that is due later than so long after it came counts as due then."""

OVERDUE_SECONDS = 10.0
"""A claim that was due earlier than so long before it came counts as due then."""

_DECISIONS_KEPT = 50


class Claim:
    """A sentence that wants to be spoken.  What it says may change while it waits.

    Args:
        who: tells operators whose it is.
        due_at: in seconds on the loop's clock, when its listener runs dry; may be past.
        first: nothing of its session was heard yet.
        on_wait: told why, when its listener has to wait since nobody can speak.
    """

    def __init__(
        self,
        who: str,
        due_at: float,
        first: bool,
        on_wait: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self.who = who
        self.on_wait = on_wait
        self.first = first
        self._due_at = due_at
        self._watchers: list[Callable[[], None]] = []

    @property
    def due_at(self) -> float:
        return self._due_at

    @due_at.setter
    def due_at(self, due_at: float) -> None:
        sooner, self._due_at = due_at < self._due_at, due_at
        if sooner:  # Who watches for a moment that is later now finds that out by then.
            for look in tuple(self._watchers):
                look()

    def presses(self, seconds: float) -> bool:
        """Whether it is due within so many seconds."""
        return self._due_at - seconds <= asyncio.get_running_loop().time()

    def pressing(self, seconds: float) -> asyncio.Future[None]:
        """Done once it is due within so many seconds, whenever that comes to be; to be
        cancelled by who does not wait for it any more.
        """
        loop = asyncio.get_running_loop()
        pressing: asyncio.Future[None] = loop.create_future()
        timer: asyncio.TimerHandle | None = None

        def look() -> None:
            nonlocal timer
            if pressing.done():
                return
            if self.presses(seconds):
                pressing.set_result(None)
                return
            if timer is not None:
                timer.cancel()
            due_at = self._due_at - seconds
            timer = loop.call_at(due_at, look) if math.isfinite(due_at) else None

        def forget(_: asyncio.Future[None]) -> None:
            self._watchers.remove(look)
            if timer is not None:
                timer.cancel()

        self._watchers.append(look)
        pressing.add_done_callback(forget)
        look()
        return pressing


class Speaking(msgspec.Struct, frozen=True):
    """A claim that has a slot, and for how long."""

    who: str
    seconds: float


class Waiting(msgspec.Struct, frozen=True):
    """A claim in the queue.  `due_seconds` from now, negative if past; None is never."""

    who: str
    due_seconds: float | None
    first: bool
    waited_seconds: float


class Decision(msgspec.Struct, frozen=True):
    """A slot that was given, `seconds_ago`, while `waiting` others went on waiting.

    `lead_seconds`: what the listener had left to hear then; negative if it was dry.
    """

    who: str
    seconds_ago: float
    lead_seconds: float | None
    first: bool
    waited_seconds: float
    waiting: int


class SchedulerFigures(msgspec.Struct, frozen=True):
    """A scheduler as operators see it.

    `allowed` are the slots that are given just now: fewer than `concurrency` while the
    service has too much to do.
    `waiting` are in the order they would be served, of `decisions` the latest is first;
    `granted` slots and `withdrawn` claims are counted since the server began.
    """

    name: str
    concurrency: int
    allowed: int
    busy: tuple[Speaking, ...]
    waiting: tuple[Waiting, ...]
    granted: int
    withdrawn: int
    longest_wait_seconds: float
    decisions: tuple[Decision, ...]


class _Turn:
    """A claim from its arrival until it leaves."""

    def __init__(self, claim: Claim, loop: asyncio.AbstractEventLoop) -> None:
        self.claim = claim
        self.arrived_at = loop.time()
        self.granted_at = math.nan
        self.granted: asyncio.Future[None] = loop.create_future()

    def grant(self, now: float) -> None:
        self.granted_at = now
        self.granted.set_result(None)

    def urgency(self) -> float:
        """When it counts as due: the least goes first."""
        earliest = self.arrived_at - OVERDUE_SECONDS
        latest = self.arrived_at + PATIENCE_SECONDS
        due_at = min(max(self.claim.due_at, earliest), latest)
        return due_at - FIRST_SECONDS if self.claim.first else due_at


class Scheduler:
    """The slots of one voice: so many requests as it works on at once.

    A free slot goes to the claim that is due first by then, of equals to the one that came
    first.  Nobody starves: a claim counts as due within `PATIENCE_SECONDS`, and later ones
    as due when they came or little before, so after a while they all come behind it.

    A service that is found to have too much to do gets fewer at once: half as many (`narrow`),
    and one more each time as many as it gets were spoken (`widen`).

    Args:
        name: whose slots these are, for operators.
        concurrency: how many there are.
    """

    def __init__(self, name: str, concurrency: int) -> None:
        if concurrency < 1:
            raise ValueError("a voice has at least one slot")
        self._name = name
        self._concurrency = concurrency
        self._allowed = float(concurrency)
        self._narrowed_at = -math.inf
        self._waiting: list[_Turn] = []
        self._busy: list[_Turn] = []
        self._granted = 0
        self._withdrawn = 0
        self._longest_wait = 0.0
        self._decisions: deque[tuple[float, Decision]] = deque(maxlen=_DECISIONS_KEPT)

    @property
    def has_free_slot(self) -> bool:
        """Whether whoever comes now need not wait."""
        return len(self._busy) < int(self._allowed)

    @property
    def is_waited_for(self) -> bool:
        """Whether somebody waits for a slot."""
        return bool(self._waiting)

    def narrow(self, asked_at: float) -> None:
        """The service had too much to do, with what it was asked at that time on the loop's
        clock.  What was under way when that was found out before is the same excess.
        """
        if asked_at > self._narrowed_at:
            self._narrowed_at = asyncio.get_running_loop().time()
            self._allowed = max(self._allowed / 2, 1.0)

    def widen(self) -> None:
        """The service has spoken a sentence."""
        if self._allowed < self._concurrency:
            self._allowed = min(self._allowed + 1 / self._allowed, float(self._concurrency))
            self._hand_out(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def place(self, claim: Claim) -> AsyncIterator[None]:
        """Wait for a slot and hold it.  Leaving gives it back; so does being cancelled."""
        turn = _Turn(claim, asyncio.get_running_loop())
        self._waiting.append(turn)
        self._hand_out(turn.arrived_at)
        try:
            await turn.granted
            yield
        finally:
            # Also if it was granted and cancelled in the same moment.
            self._leave(turn)

    async def speak(
        self, speech: Speech, request: SpeechRequest, claim: Claim
    ) -> AsyncGenerator[Audio]:
        """Have `speech` speak when it is the claim's turn; its time limits begin then."""
        async with self.place(claim), aclosing(speech.synthesize(request)) as audio:
            async for piece in audio:
                yield piece

    def figures(self) -> SchedulerFigures:
        """What it does now, and did last."""
        now = asyncio.get_running_loop().time()
        return SchedulerFigures(
            name=self._name,
            concurrency=self._concurrency,
            allowed=int(self._allowed),
            busy=tuple(
                Speaking(turn.claim.who, round(now - turn.granted_at, 3))
                for turn in self._busy
            ),
            waiting=tuple(
                Waiting(
                    turn.claim.who,
                    _until(turn.claim.due_at, now),
                    turn.claim.first,
                    round(now - turn.arrived_at, 3),
                )
                for turn in sorted(self._in_line(), key=_Turn.urgency)
            ),
            granted=self._granted,
            withdrawn=self._withdrawn,
            longest_wait_seconds=round(self._longest_wait, 3),
            decisions=tuple(
                msgspec.structs.replace(decision, seconds_ago=round(now - at, 3))
                for at, decision in reversed(self._decisions)
            ),
        )

    def _in_line(self) -> list[_Turn]:
        # One whose task was cancelled leaves the list only when the task runs next.
        return [turn for turn in self._waiting if not turn.granted.cancelled()]

    def _hand_out(self, now: float) -> None:
        """Give free slots to whoever is due first.  A slot given belongs to its new owner at
        once, so that nobody who comes in between can take it.
        """
        while len(self._busy) < int(self._allowed) and (line := self._in_line()):
            turn = min(line, key=_Turn.urgency)  # Of equals, the first in the list.
            self._waiting.remove(turn)
            self._busy.append(turn)
            turn.grant(now)
            self._note(turn, now, waiting=len(line) - 1)

    def _leave(self, turn: _Turn) -> None:
        if turn in self._busy:
            self._busy.remove(turn)
            self._hand_out(asyncio.get_running_loop().time())
        else:
            self._waiting.remove(turn)
            self._withdrawn += 1

    def _note(self, turn: _Turn, now: float, waiting: int) -> None:
        waited = now - turn.arrived_at
        self._granted += 1
        self._longest_wait = max(self._longest_wait, waited)
        decision = Decision(
            who=turn.claim.who,
            seconds_ago=0.0,
            lead_seconds=_until(turn.claim.due_at, now),
            first=turn.claim.first,
            waited_seconds=round(waited, 3),
            waiting=waiting,
        )
        self._decisions.append((now, decision))


def _until(due_at: float, now: float) -> float | None:
    return round(due_at - now, 3) if math.isfinite(due_at) else None
