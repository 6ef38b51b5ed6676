"""How a session ends, and what its listener is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from narration.events import Error, Event, GenerationComplete, GenerationStopped

__all__ = [
    "BROKEN",
    "CUT_SHORT",
    "DELETED",
    "INTERRUPTED",
    "TIMEOUT",
    "UNSAVED",
    "Ending",
    "Failure",
]


class Failure(NamedTuple):
    """Why the scene ends otherwise than it should, as the listener is told."""

    code: Literal[
        "llm_failed",
        "storage_failed",
        "scene_deleted",
        "session_timeout",
        "interrupted",
        "voice_failed",
        "internal",
    ]
    message: str
    retryable: bool


INTERRUPTED = Failure(
    "interrupted", "The server is shutting down.  The scene can be continued.", True
)
CUT_SHORT = Failure("interrupted", "The server is shutting down.  The scene is saved.", False)
TIMEOUT = Failure(
    "session_timeout", "The session has lasted as long as one may; the text is saved.", True
)
BROKEN = Failure("internal", "The narration broke down.", True)
DELETED = Failure("scene_deleted", "The scene was deleted.", False)
UNSAVED = Failure("storage_failed", "The scene could not be saved completely.", False)


class Ending:
    """What has come of a scene so far, and the event that tells it.

    One that was `written` before is only spoken now.
    """

    def __init__(self, *, sentences: int, written: bool) -> None:
        self._written = written
        self.finish: Literal["stop", "length"] | None = None
        """Why the model ended the text, if it did."""
        self.failure: Failure | None = None
        self.stopped = False
        """The listener wanted no more."""
        self.sentences = sentences

    def event(self, scene_id: int, length: int, audio_ms: float) -> Callable[[int], Event]:
        """The last event of a scene of so many characters and ms, made from its number."""
        failure, finish, sentences = self.failure, self.finish, self.sentences
        # Who stopped the scene need not hear that the model had broken off.
        if failure is not None and not (self.stopped and failure.code == "llm_failed"):
            # A scene that is complete cannot be continued; but it can be spoken again.
            again = self._written or finish is None
            return lambda seq: Error(
                seq=seq,
                code=failure.code,
                message=failure.message,
                retryable=failure.retryable and again,
                scene_id=scene_id,
            )
        if self.stopped or finish is None:
            return lambda seq: GenerationStopped(
                seq=seq, scene_id=scene_id, total_length=length
            )
        return lambda seq: GenerationComplete(
            seq=seq,
            scene_id=scene_id,
            total_sentences=sentences,
            total_length=length,
            duration_ms=round(audio_ms, 3),
            finish_reason=finish,
        )
