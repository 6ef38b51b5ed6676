"""What has come of a scene's sentences, and what its user is told of that."""

from __future__ import annotations

from collections.abc import Callable

from actors.ending import Failure
from actors.protocol import Made
from narration.events import Error, Event
from narration.notices import TTSFailed, TTSProgress, TTSReady, TTSStopped

__all__ = ["Making", "Notices"]

HOPELESS = 3
"""So many sentences in a row that the voice could not speak: it will not speak the others."""

PROGRESS_SECONDS = 1.0
"""How often a user is told at most how far a scene has come."""


class Making:
    """Counts sentences as they are made, after those that were `before`."""

    def __init__(self, before: int) -> None:
        self._before = before
        self.made = before
        """Sentences below this number are there, as audio or as holes."""
        self.total: int | None = None
        self.audible = 0
        self.holes = 0
        """Those that the voice could not speak, or not to their end."""
        self._in_a_row = 0
        self._failure: Failure | None = None
        self._outage = False
        self._awaited = False

    def note(self, made: Made) -> None:
        self.made, self.total = made.made, made.total
        self.audible += made.audible
        if made.failed is None:
            # Where there was nothing to say, nothing is shown.
            self._in_a_row = 0 if made.audible else self._in_a_row
        else:
            self.holes += 1
            # A voice that has spoken, and refuses some sentences for good, may speak others.
            self._in_a_row += made.retryable or not self.audible
            self._failure = Failure("voice_failed", made.failed, made.retryable)

    def awaited(self, reason: str) -> Callable[[int], Event] | None:
        """What the listener is told when the voice has to be waited for: once, until one is
        heard again.
        """
        if self._awaited or self._outage:
            return None
        self._awaited = True
        message = f"The voice cannot speak yet, and is waited for.  {reason}"
        return lambda seq: Error(
            seq=seq, code="voice_starting", message=message, retryable=True
        )

    def outage(self, made: Made) -> Callable[[int], Event] | None:
        """What the listener is told when no voice works any more: once, until one is heard
        again; the text goes on meanwhile.
        """
        begins = made.outage and not self._outage
        if made.outage or made.audible:
            self._outage, self._awaited = made.outage, False
        if not begins:
            return None
        message = str(made.failed)
        return lambda seq: Error(
            seq=seq, code="voice_unavailable", message=message, retryable=True
        )

    @property
    def hopeless(self) -> Failure | None:
        """Why it is of no use to go on, if so."""
        return self._failure if self._in_a_row >= HOPELESS else None

    @property
    def failure(self) -> Failure | None:
        """Why there is nothing to hear of the scene, if the voice is to blame."""
        return None if self.audible or self._before else self._failure


class Notices:
    """What the user is told of a scene that is spoken in the background."""

    def __init__(
        self, session_id: str, story_id: int, scene_id: int, *, auto_play: bool
    ) -> None:
        self._session_id = session_id
        self._story_id = story_id
        self._scene_id = scene_id
        self._auto_play = auto_play
        self._told_at: float | None = None

    def progress(self, making: Making, now: float) -> TTSProgress | None:
        """The next notice, if it is time: the first one with the first audio."""
        if not making.audible:
            return None
        if self._told_at is not None and now - self._told_at < PROGRESS_SECONDS:
            return None
        self._told_at = now
        return TTSProgress(
            story_id=self._story_id,
            scene_id=self._scene_id,
            auto_play=self._auto_play,
            session_id=self._session_id,
            sentences_done=making.made,
            total_sentences=making.total,
        )

    def ready(self, making: Making, audio_ms: float) -> TTSReady:
        return TTSReady(
            story_id=self._story_id,
            scene_id=self._scene_id,
            auto_play=self._auto_play,
            chunk_count=making.audible,
            holes=making.holes,
            duration_ms=round(audio_ms, 3),
        )

    def failed(self, failure: Failure) -> TTSFailed:
        return TTSFailed(
            story_id=self._story_id,
            scene_id=self._scene_id,
            auto_play=self._auto_play,
            message=failure.message,
            retryable=failure.retryable,
        )

    def stopped(self) -> TTSStopped:
        return TTSStopped(
            story_id=self._story_id, scene_id=self._scene_id, auto_play=self._auto_play
        )
