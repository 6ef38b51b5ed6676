"""The messages actors exchange, by the link they travel.

Data (`Message`) is handled in order.  `Control` overtakes data, so a limit is
absolute ("up to 1200 ms in all"), never "200 ms more": a limit repeated,
reordered or overtaken does no harm.  Every piece of audio says which sentence it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

from actors.base import Control, Message, Ref
from narration.errors import ServiceError
from narration.events import AudioFormat, Event
from narration.story import SceneState, Sentence

__all__ = [
    "Attach",
    "BufferReady",
    "Chunk",
    "Close",
    "CloseFailed",
    "Closed",
    "Conclude",
    "Concluded",
    "Describe",
    "Detach",
    "Detached",
    "DropAudio",
    "EndOfAudio",
    "EndOfText",
    "Finished",
    "Gap",
    "Idle",
    "LastSentence",
    "Listener",
    "Play",
    "SaveFailed",
    "SaveUpTo",
    "Say",
    "SendUpTo",
    "SequencerReady",
    "SessionStatus",
    "Speak",
    "SpeakUpTo",
    "Stop",
    "Text",
    "Unspeakable",
    "WritingFailed",
    "Written",
]

# LLMReader -> SentenceBuffer, SocketWriter, Recorder


class Text(Message, frozen=True):
    """The scene's next piece of text."""

    text: str


class EndOfText(Message, frozen=True):
    """No more text follows, whatever the reason."""


# LLMReader -> Session


class Written(Message, frozen=True):
    """The model ended the scene, by itself or at its token limit."""

    finish_reason: Literal["stop", "length"]


class WritingFailed(Message, frozen=True):
    """The model broke off; the text before stands."""

    error: ServiceError


# SentenceBuffer -> TTSWorker


class Speak(Message, frozen=True):
    sentence: Sentence


# TTSWorker -> SentenceBuffer


class Idle(Control, frozen=True):
    """A worker has nothing to do."""

    worker: Ref[Speak]


# SentenceBuffer -> Sequencer


class BufferReady(Control, frozen=True):
    """The buffer waits to be told how far it may deal out sentences."""

    buffer: Ref[SpeakUpTo]


class LastSentence(Message, frozen=True):
    """The scene has this many sentences."""

    count: int


# Sequencer -> SentenceBuffer


class SpeakUpTo(Control, frozen=True):
    """Deal out sentences with a number below this."""

    sentence: int


# TTSWorker (SentenceBuffer, where there is nothing to say) -> Sequencer


class Chunk(Message, frozen=True):
    sentence: Sentence
    pcm: bytes


class Finished(Message, frozen=True):
    """All of a sentence's audio has been told; `rest` is the pause that follows it."""

    sentence: Sentence
    rest: bytes


class Unspeakable(Message, frozen=True):
    """A sentence has no audio, or no more of it."""

    sentence: Sentence
    reason: str


# Sequencer -> SocketWriter, Recorder


class SequencerReady(Control, frozen=True):
    """The sequencer waits to be told how much audio is wanted."""

    sequencer: Ref[SendUpTo | SaveUpTo]


class Play(Message, frozen=True):
    """The next piece of audio, in the order of the text.  The `final` one may be empty."""

    sentence: Sentence
    chunk: int
    pcm: bytes
    final: bool


class Gap(Message, frozen=True):
    """A hole, in its place in the order."""

    sentence: Sentence
    reason: str


# Sequencer -> Session


class EndOfAudio(Message, frozen=True):
    """Every sentence has been played or is a hole."""

    sentences: int
    duration_ms: float


# SocketWriter -> Sequencer


class SendUpTo(Control, frozen=True):
    """The listener takes this much audio in all."""

    ms: float


# Recorder -> Sequencer


class SaveUpTo(Control, frozen=True):
    """The disk takes this much audio in all."""

    ms: float


# Session -> Recorder and back


class Close(Message, frozen=True):
    """Save what there is: the scene has ended so.  `narrated`: up to its last sentence."""

    state: SceneState
    narrated: bool


class Closed(Message, frozen=True):
    """The scene is saved."""

    length: int


class CloseFailed(Message, frozen=True):
    """The scene's last state could not be saved."""

    error: Exception


class SaveFailed(Message, frozen=True):
    """The disk does not take what it is given."""

    error: Exception


# Web -> Session -> SocketWriter


class Listener(Protocol):
    """Where a session's events go."""

    async def send(self, events: Sequence[Event]) -> None:
        """Return when the socket has taken them.

        Raises:
            ConnectionError: it cannot.
        """
        ...


class Attach(Control, frozen=True):
    """A listener has come, and wants its audio so."""

    listener: Listener
    format: AudioFormat


class Detach(Control, frozen=True):
    """The listener has gone."""

    listener: Listener


class Stop(Control, frozen=True):
    """The listener wants no more; what was written is kept."""


class Say(Control, frozen=True):
    """Answer the listener with an event, made from its sequence number."""

    event: Callable[[int], Event]


class Describe(Control, frozen=True):
    """Answer with a `SessionStatus`."""


class SessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it."""

    session_id: str
    story_id: int
    scene_id: int
    state: Literal["writing", "speaking", "saving"]
    listener: Literal["awaited", "connected", "gone"]
    error: str | None


# Session -> SocketWriter and back


class DropAudio(Control, frozen=True):
    """Audio not yet sent is not wanted any more."""


class Conclude(Message, frozen=True):
    """Send a last event, made from its sequence number."""

    event: Callable[[int], Event]


class Concluded(Message, frozen=True):
    """The last event has been sent."""


class Detached(Message, frozen=True):
    """The socket broke while it was sent to."""

    listener: Listener
