"""Where an actor's messages wait: a lane for control, which overtakes, and one for data."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
from pykka import messages
from pykka._envelope import Envelope

__all__ = ["Control", "Mailbox", "MailboxFull", "Message"]


class Message(msgspec.Struct, frozen=True):
    """Base of everything an actor can be told.  Handled in order of arrival."""


class Control(Message, frozen=True):
    """A message that overtakes waiting data."""


class MailboxFull(Exception):
    """Data was sent beyond the limit its receiver had announced: a broken protocol."""


class Mailbox:
    """Pykka's inbox, in two lanes.  `put` may be called from any thread.

    Control always fits.  Data fits while fewer than `limit` messages wait.
    """

    __slots__ = ("_clock", "_control", "_data", "_limit", "_wake", "peak")

    def __init__(self, limit: int) -> None:
        self._control: deque[tuple[float, Envelope[Any]]] = deque()
        self._data: deque[tuple[float, Envelope[Any]]] = deque()
        self._limit = limit
        self._wake: Callable[[], None] = _nobody
        self._clock: Callable[[], float] = _no_time
        self.peak = 0

    def attach(self, wake: Callable[[], None], clock: Callable[[], float]) -> None:
        """Name the owner: `wake` is called when something arrives, `clock` gives seconds."""
        self._wake = wake
        self._clock = clock

    def put(self, envelope: Envelope[Any], /) -> None:
        """Take in a message.

        Raises:
            MailboxFull: it is data, and there is no room.
        """
        if isinstance(envelope.message, (Control, messages._ActorStop)):
            self._control.append((self._clock(), envelope))
        elif len(self._data) < self._limit:
            self._data.append((self._clock(), envelope))
        else:
            kind = type(envelope.message).__name__
            raise MailboxFull(f"no room for {kind}: {self._limit} messages are waiting")
        self._wake()

    def put_outcome(self, envelope: Envelope[Any]) -> None:
        """Take in the outcome of the owner's own work, which it has bounded itself."""
        self._data.append((self._clock(), envelope))
        self._wake()

    def get(self) -> Envelope[Any]:
        """The next message: control before data, each in order of arrival."""
        return (self._control or self._data).popleft()[1]

    def empty(self) -> bool:
        return not (self._control or self._data)

    def __len__(self) -> int:
        return len(self._control) + len(self._data)

    def oldest_seconds(self) -> float:
        """How long the message has waited that has waited longest; 0 if none does."""
        heads = [lane[0][0] for lane in (self._control, self._data) if lane]
        return self._clock() - min(heads) if heads else 0.0

    def note_peak(self) -> None:
        """See how many messages wait: at the beginning of a turn, that is when most do."""
        self.peak = max(self.peak, len(self._control) + len(self._data))


def _nobody() -> None:
    pass


def _no_time() -> float:
    return 0.0
