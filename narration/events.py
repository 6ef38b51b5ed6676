"""What a listener is told: the events of a live session, as they stand on the wire.

Names and fields are the protocol's (docs/protocol.md).  `seq` counts from 1
without gaps within a session.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from narration.story import Word

__all__ = [
    "AudioChunk",
    "AudioFormat",
    "Connected",
    "Error",
    "Event",
    "GenerationComplete",
    "GenerationStarted",
    "GenerationStopped",
    "Paused",
    "Pong",
    "Resumed",
    "SentenceSkipped",
    "Skipped",
    "TextChunk",
]

AudioFormat = Literal["mp3", "opus", "wav", "pcm"]


class _Event(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    seq: int


class Connected(_Event, frozen=True, kw_only=True, tag="connected"):
    """The session's first event.

    A session that continues a scene tells what is new of it: its text begins at the
    character `text_start` of the scene, its audio with `first_sentence`.
    """

    session_id: str
    scene_id: int
    format: AudioFormat
    sample_rate: int
    text_start: int
    first_sentence: int


class GenerationStarted(_Event, frozen=True, kw_only=True, tag="generation_started"):
    """The model has been asked to write."""

    message: str


class TextChunk(_Event, frozen=True, kw_only=True, tag="text_chunk"):
    """The scene's next piece of text, as the model wrote it."""

    text: str


class AudioChunk(_Event, frozen=True, kw_only=True, tag="audio_chunk"):
    """A piece of a sentence's audio; a whole file in every format but `pcm`.

    `start` and `end` are the sentence's character range in the scene's text.
    `chunk_number` counts from 0 within the sentence; the last has `final`, and may
    hold no audio.  `duration_ms` is this chunk's, `start_ms` its place in the scene's audio.
    `words` are those whose times became known with this chunk, where the voice tells them.
    """

    audio: bytes | msgspec.UnsetType = msgspec.UNSET
    sentence_number: int
    sentence_text: str
    format: AudioFormat
    chunk_number: int
    final: bool
    start: int
    end: int
    start_ms: float
    duration_ms: float
    words: tuple[Word, ...] | msgspec.UnsetType = msgspec.UNSET


class SentenceSkipped(_Event, frozen=True, kw_only=True, tag="sentence_skipped"):
    """A hole, in its place in the order: this sentence has no audio, or no more of it."""

    sentence_number: int
    sentence_text: str
    start: int
    end: int
    reason: str


class Paused(_Event, frozen=True, kw_only=True, tag="paused"):
    """The listener holds; audio comes until the send-ahead window is full."""


class Resumed(_Event, frozen=True, kw_only=True, tag="resumed"):
    """The listener goes on."""


class Skipped(_Event, frozen=True, kw_only=True, tag="skipped"):
    """The listener is to hear `sentence_number` next.

    Audio of the sentences before it is to be dropped; with `again`, all that came before this
    event is, for it is sent again from `sentence_number` on.
    """

    sentence_number: int
    again: bool


class GenerationComplete(_Event, frozen=True, kw_only=True, tag="generation_complete"):
    """The scene is written, spoken and saved.  Lengths are in sentences and characters."""

    scene_id: int
    total_sentences: int
    total_length: int
    duration_ms: float
    finish_reason: Literal["stop", "length"]


class GenerationStopped(_Event, frozen=True, kw_only=True, tag="generation_stopped"):
    """The listener stopped the scene; what was written is saved."""

    scene_id: int
    total_length: int


class Error(_Event, frozen=True, kw_only=True, tag="error"):
    """Something went wrong.  With `scene_id`, the scene ends here, and its text is saved."""

    code: str
    message: str
    retryable: bool
    scene_id: int | msgspec.UnsetType = msgspec.UNSET


class Pong(_Event, frozen=True, kw_only=True, tag="pong"):
    """The answer to `ping`."""


Event = (
    Connected
    | GenerationStarted
    | TextChunk
    | AudioChunk
    | SentenceSkipped
    | Paused
    | Resumed
    | Skipped
    | GenerationComplete
    | GenerationStopped
    | Error
    | Pong
)
