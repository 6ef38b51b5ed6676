"""The messages actors exchange, by the link they travel.

Data (`Message`) is handled in order.  `Control` overtakes data, so a limit is
absolute ("up to 1200 ms in all"), never "200 ms more": a limit repeated,
reordered or overtaken does no harm.  Every piece of audio says which sentence it is of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from actors.base import Control, Message, Ref
from actors.listener import Listener
from narration.errors import ServiceError
from narration.events import Event
from narration.story import (
    NarrationState,
    SceneState,
    Sentence,
    SpokenBy,
    Word,
)

__all__ = [
    "SKIPPED",
    "BufferReady",
    "Chunk",
    "Close",
    "CloseFailed",
    "Closed",
    "Conclude",
    "Concluded",
    "CutOff",
    "DropAudio",
    "Due",
    "EndOfAudio",
    "EndOfText",
    "EndText",
    "Finished",
    "Gap",
    "Idle",
    "LastSentence",
    "ListenedBy",
    "Lost",
    "Made",
    "Play",
    "Record",
    "SaveFailed",
    "SaveUpTo",
    "SendUpTo",
    "SequencerReady",
    "SkipTo",
    "Speak",
    "SpeakAgain",
    "SpeakUpTo",
    "Text",
    "Unspeakable",
    "WritingFailed",
    "Written",
]

SKIPPED = "skipped by the listener"
"""Why a sentence is a hole that nobody wanted to hear."""

# LLMReader -> SentenceBuffer, SocketWriter, Recorder


class Text(Message, frozen=True):
    """The scene's next piece of text."""

    text: str


class EndOfText(Message, frozen=True):
    """No more text follows.  If it is not `whole`, it broke off, maybe in mid-sentence."""

    whole: bool


# LLMReader -> Session


class Written(Message, frozen=True):
    """The model ended the scene, by itself or at its token limit."""

    finish_reason: Literal["stop", "length"]


class WritingFailed(Message, frozen=True):
    """The model broke off; the text before stands."""

    error: ServiceError


# SentenceBuffer -> TTSWorker


class Speak(Control, frozen=True):
    """Speak this; the listener runs dry at `due_at` (seconds on the loop's clock).

    `first`: it is the session's first.
    """

    sentence: Sentence
    due_at: float
    first: bool = False


class Due(Control, frozen=True):
    """The sentence in hand is wanted at another time than was thought."""

    sentence: int
    due_at: float


class CutOff(Control, frozen=True):
    """Sentences with a number below this are not wanted any more.  The latest word counts."""

    below: int


# TTSWorker -> SentenceBuffer


class Idle(Control, frozen=True):
    """A worker has nothing to do."""

    worker: Ref[Speak | Due | CutOff]


class Lost(Control, frozen=True):
    """A worker has failed, and is no more."""

    worker: Ref[Speak | Due | CutOff]


# SentenceBuffer -> Sequencer


class BufferReady(Control, frozen=True):
    """The buffer waits to be told how far it may deal out sentences."""

    buffer: Ref[SpeakUpTo | SkipTo | SpeakAgain]


class LastSentence(Message, frozen=True):
    """The scene has this many sentences."""

    count: int


# Sequencer -> SentenceBuffer


class SpeakUpTo(Control, frozen=True):
    """Deal out sentences with a number below this, as long as those in the making come to less
    than `room_ms`; one always may be.

    At `due_at` (seconds on the loop's clock) the listener has heard all there is so far.
    """

    sentence: int
    due_at: float
    room_ms: float


# TTSWorker (SentenceBuffer, where there is nothing to say) -> Sequencer


class Chunk(Message, frozen=True):
    """A piece of a sentence's audio, and words whose times became known with it."""

    sentence: Sentence
    pcm: bytes
    words: tuple[Word, ...] = ()


class Finished(Message, frozen=True):
    """All of a sentence's audio has been told; `rest` is the pause that follows it.

    `spoken_by` is who stood in for the scene's voice, if somebody did.
    """

    sentence: Sentence
    rest: bytes
    words: tuple[Word, ...] = ()
    spoken_by: SpokenBy | None = None


class Unspeakable(Message, frozen=True):
    """A sentence has no audio, or no more of it.

    If it is the voice that failed, `retryable` says whether it may work another time, and
    `outage` that no voice works just now.
    """

    sentence: Sentence
    reason: str
    retryable: bool | None = None
    outage: bool = False


# SocketWriter -> Sequencer -> SentenceBuffer


class SkipTo(Control, frozen=True):
    """Sentences with a number below this are not to be spoken.  The latest word counts."""

    sentence: int


# Recorder -> Sequencer -> SentenceBuffer


class SpeakAgain(Control, frozen=True):
    """Speak a sentence after all that was skipped; only the recorder is to have it."""

    sentence: Sentence


# Sequencer -> SocketWriter


class SequencerReady(Control, frozen=True):
    """To the Recorder too: the sequencer waits to be told how much audio is wanted."""

    sequencer: Ref[SendUpTo | SkipTo | SaveUpTo | SpeakAgain]


class Play(Message, frozen=True):
    """The next piece of audio, in the order of the text.  The `final` one may be empty."""

    sentence: Sentence
    chunk: int
    pcm: bytes
    final: bool
    words: tuple[Word, ...] = ()


class Gap(Message, frozen=True):
    """A hole, in its place in the order."""

    sentence: Sentence
    reason: str


# Sequencer -> Recorder


class Record(Message, frozen=True):
    """All there is of a sentence: the pieces of its audio, and the pause (`rest`) after it.

    Of one that was not spoken to its end `skipped` says why.
    """

    sentence: Sentence
    pieces: tuple[bytes, ...]
    rest: bytes = b""
    skipped: str | None = None
    words: tuple[Word, ...] = ()
    spoken_by: SpokenBy | None = None


# Sequencer -> Session


class Made(Control, frozen=True):
    """A sentence has been passed on, the last of `made`, of `total` if that is known.

    `audible`: it was spoken to its end.  For the others see `Unspeakable`.
    """

    made: int
    total: int | None
    audible: bool
    failed: str | None = None
    retryable: bool = False
    outage: bool = False


class EndOfAudio(Message, frozen=True):
    """Every sentence has been passed on, or is a hole."""

    sentences: int


# SocketWriter -> Sequencer


class SendUpTo(Control, frozen=True):
    """The listener takes this much audio in all.

    Of that it had been passed `received_ms`, which will have been heard at `dry_at`
    (seconds on the loop's clock).
    """

    ms: float
    received_ms: float
    dry_at: float


# Recorder -> Sequencer


class SaveUpTo(Control, frozen=True):
    """The disk takes this much audio in all, of sentences that are whole."""

    ms: float


# Session -> Recorder and back


class EndText(Message, frozen=True):
    """Save the text: the scene has ended so."""

    state: SceneState


class Close(Message, frozen=True):
    """No more audio follows: the narration has ended so.  `message` is why it failed."""

    state: NarrationState
    message: str | None


class Closed(Message, frozen=True):
    """Text and audio are saved: so many characters, and ms."""

    length: int
    audio_ms: float


class CloseFailed(Message, frozen=True):
    """How the audio ended could not be saved."""

    error: Exception


class SaveFailed(Message, frozen=True):
    """The disk does not take what it is given."""

    error: Exception


# Session -> SocketWriter and back


class DropAudio(Control, frozen=True):
    """Audio not yet sent is not wanted any more."""


class Conclude(Message, frozen=True):
    """Send a last event, made from its sequence number."""

    event: Callable[[int], Event]


class Concluded(Control, frozen=True):
    """The last event has been sent; nobody listens any more."""


class ListenedBy(Control, frozen=True):
    """Who listens now.  Follows every loss, and every `Attach`, even of one who is refused."""

    listener: Listener | None
