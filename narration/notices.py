"""What a user is told of scenes that are narrated in the background, as it stands on the wire.

Names and fields are the protocol's (docs/protocol.md).  `seq` grows from notice to notice of
a user, also when the server was started again; `sent_at` is in seconds since 1970.
"""

from __future__ import annotations

import msgspec

__all__ = ["Notice", "TTSFailed", "TTSProgress", "TTSReady", "TTSStopped"]


class _Notice(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    story_id: int
    scene_id: int
    auto_play: bool
    seq: int = 0
    sent_at: float = 0.0


class TTSProgress(_Notice, frozen=True, kw_only=True, tag="tts_progress"):
    """So many sentences are ready, of so many if that is known.

    The first one comes when the first sentence can be heard: the session
    `session_id` can be listened to from now on.
    """

    session_id: str
    sentences_done: int
    total_sentences: int | None


class TTSReady(_Notice, frozen=True, kw_only=True, tag="tts_ready"):
    """All of the scene's audio is stored: `chunk_count` sentences, and so many holes."""

    chunk_count: int
    holes: int
    duration_ms: float


class TTSFailed(_Notice, frozen=True, kw_only=True, tag="tts_failed"):
    """The scene could not be narrated; what was spoken is kept.

    `retryable`: it may well work if it is asked for again.
    """

    message: str
    retryable: bool


class TTSStopped(_Notice, frozen=True, kw_only=True, tag="tts_stopped"):
    """The narration was called off; what was spoken is kept."""


Notice = TTSProgress | TTSReady | TTSFailed | TTSStopped
