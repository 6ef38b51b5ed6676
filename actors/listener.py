"""What a session and its listener have to say to each other.

The messages come from the web to the session, and those about listening go on to
the SocketWriter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from actors.base import ActorDeadError, ActorRef, Control, ask
from narration.events import AudioFormat, Event

__all__ = [
    "Attach",
    "Describe",
    "Detach",
    "Farewell",
    "Heard",
    "Listener",
    "Listening",
    "Pause",
    "Playback",
    "Resume",
    "Retire",
    "Say",
    "SessionStatus",
    "Skip",
    "Stop",
    "status",
]

Farewell = Literal["ended", "replaced", "expired", "unknown_seq", "other_format"]
"""Why a listener is left: the last event was sent; another listener took its place; the
session waited too long for it; it asked to go on after an event that never was, or in
another format than the session has."""


class Listener(Protocol):
    """Where a session's events go."""

    def send(self, events: Sequence[Event]) -> int:
        """Hand on as many of the events as the socket has room for; how many these were.

        Raises:
            ConnectionError: it is closed.
        """
        ...

    async def room(self) -> None:
        """Return when the socket has room again.

        Raises:
            ConnectionError: it is closed, or takes nothing for too long.
        """
        ...

    def leave(self, why: Farewell) -> None:
        """Nothing more comes; the socket is to be closed."""
        ...


class Attach(Control, frozen=True):
    """A listener has come, and wants every event after `after`.

    Its audio is to be of this format; None leaves the choice to the session, and
    once it is made, it is made.
    """

    listener: Listener
    format: AudioFormat | None
    after: int


class Detach(Control, frozen=True):
    """The listener has gone."""

    listener: Listener


class Stop(Control, frozen=True):
    """The listener wants no more; what was written is kept."""


class Skip(Control, frozen=True):
    """The listener wants to hear this sentence next; None is the one after the current."""

    sentence: int | None


class Pause(Control, frozen=True):
    """The listener's player holds."""


class Resume(Control, frozen=True):
    """The listener's player goes on."""


class Playback(Control, frozen=True):
    """The listener's player is so far into a sentence's audio."""

    sentence: int
    position_ms: float


class Say(Control, frozen=True):
    """Answer the listener with an event, made from its sequence number."""

    event: Callable[[int], Event]


class Retire(Control, frozen=True):
    """The server shuts down: save the scene as interrupted, and end.

    Said again, there is hardly any time left: the listener is told before it is saved.
    """


class Describe(Control, frozen=True):
    """Answer with what `status` asks for."""


class Heard(msgspec.Struct, frozen=True):
    """Where the listener is: so many milliseconds into a sentence's audio."""

    sentence_number: int
    position_ms: float


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """What a session's listener has, and has had.

    `lead_ms`: audio ready ahead of the playhead.  `sentences_done`: those of which all
    was sent, as audio or as a hole.
    """

    paused: bool = False
    playhead: Heard | None = None
    lead_ms: float = 0.0
    sentences_done: int = 0


class SessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it.

    It is `telling` when all is made and saved, and its listener has not heard all of it.
    `made`: how many sentences are there, as audio or as holes, of `total_sentences` if that
    is known.  `holes`: those that the voice could not speak.  In the `background` a scene
    that was written before is spoken whether or not somebody listens.
    """

    session_id: str
    story_id: int
    scene_id: int
    state: Literal["writing", "speaking", "saving", "telling", "ended"]
    listener: Literal["awaited", "connected", "away", "gone"]
    listening: Listening
    background: bool
    made: int
    total_sentences: int | None
    holes: int
    error: str | None
    retryable: bool | None
    """Whether it may well be otherwise the next time; None without an error."""


async def status(session: ActorRef[Any]) -> SessionStatus:
    """The session as its owner sees it.

    Raises:
        pykka.ActorDeadError: it has just ended.
    """
    facts: SessionStatus
    facts, listening = await ask(session, Describe())
    try:
        return msgspec.structs.replace(facts, listening=await listening)
    except ActorDeadError:
        return facts
