"""One live narration of one scene: builds its pipeline, and decides how it ends."""

from __future__ import annotations

import logging
from typing import Any, Literal

from actors.base import Actor, ChildFailed, Message, Ref, Work
from actors.ending import (
    BROKEN,
    CUT_SHORT,
    DELETED,
    INTERRUPTED,
    TIMEOUT,
    UNSAVED,
    Ending,
    Failure,
)
from actors.listener import (
    Attach,
    Describe,
    Detach,
    Listening,
    Pause,
    Playback,
    Resume,
    Retire,
    Say,
    SessionStatus,
    Skip,
    Stop,
)
from actors.making import Making, Notices
from actors.pipeline import Pipeline
from actors.plan import Plan
from actors.protocol import (
    Close,
    Closed,
    CloseFailed,
    Conclude,
    Concluded,
    EndOfAudio,
    EndText,
    ListenedBy,
    Made,
    SaveFailed,
    WritingFailed,
    Written,
)
from actors.reports import Notify, SessionOver
from actors.tts_worker import VoiceAwaited
from narration.config import SessionConfig
from narration.errors import NotFound
from narration.notices import Notice
from narration.story import NarrationState, SceneState

__all__ = ["Command", "NarrationSession"]

logger = logging.getLogger(__name__)


class _WaitOver(Message, frozen=True):
    """Nobody came, or came back, in time."""


class _TimeUp(Message, frozen=True):
    """The session has lasted as long as it may."""


Command = (
    Attach
    | Detach
    | Stop
    | Skip
    | Pause
    | Resume
    | Playback
    | Say
    | Retire
    | Describe
    | Written
    | WritingFailed
    | VoiceAwaited
    | Made
    | EndOfAudio
    | Closed
    | CloseFailed
    | SaveFailed
    | Concluded
    | ListenedBy
    | ChildFailed
    | _WaitOver
    | _TimeUp
)


class NarrationSession(Actor[Command]):
    """Lives apart from its listener, who may come, go and come back.

    The text ends when the model ends it, or the listener, or a failure.  The audio ends
    when all of the text is spoken, or when it is not wanted any more: after a stop, or
    when nobody has listened for `grace_seconds`.  After both the last event is sent, and
    the session stays for `ended_seconds`, for a listener who has lost the connection.

    In the background all is spoken, whether or not anybody listens, and the user is told.

    A worker that fails is replaced; anything else that fails ends the scene.
    """

    def __init__(self, plan: Plan, config: SessionConfig, owner: Ref[SessionOver]) -> None:
        super().__init__()
        self.session = plan.session_id
        self._plan = plan
        self._config = config
        self._owner = owner
        self._listener: Literal["awaited", "connected", "away", "gone"] = "awaited"
        self._waiting: Work | None = None
        before, background = len(plan.beginning.starts_ms), plan.background
        self._ending = Ending(sentences=before, written=background is not None)
        self._making = Making(before)
        ids = plan.session_id, plan.story_id, plan.scene_id
        self._notices: Notices | None = None
        if background is not None:
            self._notices = Notices(*ids, auto_play=background.auto_play)
        self._speaking = plan.voicing is not None
        self._text_ended = self._narrated = False
        self._closing = self._saving = False
        self._closed: Closed | None = None
        self._over = self._retiring = False

    def on_start(self) -> None:
        self._pipeline = Pipeline(self, self._plan, self._config)
        self._recorder, self._writer = self._pipeline.recorder, self._pipeline.writer
        self._wait(self._config.grace_seconds)
        self.after(self._config.max_seconds, _TimeUp())

    def on_receive(self, message: Command) -> object:
        match message:
            case Attach():
                self._attach(message)
            case ListenedBy(listener):
                self._note_listener(present=listener is not None)
            case _WaitOver() if self._waiting is not None:
                self._waited_in_vain()
            case Stop():
                self._stop_narrating()
            case Detach() | Skip() | Pause() | Resume() | Playback() | Say():
                self._writer.tell(message)
            case Retire():
                self._retire()
            case _TimeUp():
                self._time_up()
            case Describe():
                return self._describe()
            case Written(finish_reason) if not self._text_ended:
                self._ending.finish = finish_reason
                self._end_text(SceneState.COMPLETE)
            case WritingFailed(error) if not self._text_ended:
                self._ending.failure = Failure("llm_failed", str(error), error.retryable)
                self._end_text(SceneState.PARTIAL)
            case VoiceAwaited(reason):
                if (news := self._making.awaited(reason)) is not None:
                    self._writer.tell(Say(news))
            case Made() if self._speaking:
                self._note_made(message)
            case EndOfAudio(sentences):
                self._ending.sentences, self._narrated, self._speaking = sentences, True, False
                if self._notices is not None and self._ending.failure is None:
                    self._ending.failure = self._making.failure
                self._close_if_done()
            case Closed():
                self._saving = False
                self._conclude(message)
            case SaveFailed(error):
                self._save_failed(error)
            case CloseFailed(error):
                self._saving = False
                self._save_failed(error)
                self._conclude(Closed(0, 0.0))
            case Concluded():
                self._end()
            case ChildFailed(child, error):
                self._child_failed(child, error)
            case _WaitOver():
                pass  # Somebody has come just now.
            case Written() | WritingFailed() | Made():
                pass  # The text, or the voice, was cut off just before.
        return None

    # The listener

    def _attach(self, attach: Attach) -> None:
        if self._listener == "gone":
            attach.listener.leave("expired")
        else:
            self._stop_waiting()  # The writer says who listens then.
            self._writer.tell(attach)

    def _note_listener(self, *, present: bool) -> None:
        if self._listener == "gone":
            return
        if present:
            self._stop_waiting()
            self._listener = "connected"
            return
        if self._listener == "connected":
            self._listener = "away"
        if self._closed is not None:
            self._end(self._config.grace_seconds)
        else:
            self._wait(self._config.grace_seconds)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._waiting = self.after(seconds, _WaitOver())

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _waited_in_vain(self) -> None:
        """Nobody listens: speak no more, but let the text come to its end."""
        if self._over:
            self.stop()
        elif self._notices is None:
            self._listener = "gone"
            self._stop_speaking()
            self._close_if_done()

    # The end

    def _end_text(self, state: SceneState) -> None:
        if not self._text_ended:
            self._text_ended = True
            self._recorder.tell(EndText(state))
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._text_ended and not self._speaking and not self._closing:
            self._closing = True
            self._recorder.tell(Close(*self._how_narrated()))

    def _how_narrated(self) -> tuple[NarrationState, str | None]:
        """And if it failed, why."""
        ending = self._ending
        failure = self._making.failure if self._narrated else ending.failure
        if failure is not None and failure.code == "voice_failed":
            return NarrationState.FAILED, failure.message
        if self._narrated:
            return NarrationState.COMPLETE, None
        if self._retiring and not ending.stopped:
            return NarrationState.INTERRUPTED, None
        if failure is not None and self._notices is not None and not ending.stopped:
            return NarrationState.FAILED, failure.message  # As its user is told.
        return NarrationState.STOPPED, None

    # The user, of what is spoken in the background

    def _note_made(self, made: Made) -> None:
        self._making.note(made)
        if (news := self._making.outage(made)) is not None:
            self._writer.tell(Say(news))
        if self._notices is None:
            return
        if (failure := self._making.hopeless) is not None:
            self._give_up(failure, SceneState.PARTIAL)
        else:
            self._notify(self._notices.progress(self._making, self.now()))

    def _notify_of_end(self, audio_ms: float) -> None:
        failure = self._ending.failure
        if self._notices is None or self._retiring or failure is DELETED:
            return  # Nobody needs to know, or it goes on when the server is there again.
        if self._ending.stopped:
            notice: Notice = self._notices.stopped()
        elif failure is not None:
            notice = self._notices.failed(failure)
        else:
            notice = self._notices.ready(self._making, audio_ms)
        self._notify(notice)

    def _notify(self, notice: Notice | None) -> None:
        if notice is not None and self._plan.background is not None:
            self._plan.background.notify.tell(Notify(self._plan.user_id, notice))

    def _conclude(self, closed: Closed) -> None:
        if self._closed is not None:
            if self._over and self._retiring:
                self.stop()
            return
        self._closed = closed
        self._notify_of_end(closed.audio_ms)
        self._writer.tell(self._conclusion(closed))
        if self._listener != "connected":
            self._end(self._config.grace_seconds)

    def _end(self, wait_seconds: float = 0.0) -> None:
        """All is told, or would be if somebody listened, for whom it waits so long."""
        if not self._over:
            self._over = True
            self._owner.tell(SessionOver(self.session))
        if self._listener == "connected":
            self._listener = "away"
        if (self._retiring and not self._saving) or self._listener == "gone":
            self.stop()
        else:
            self._wait(max(self._config.ended_seconds, wait_seconds))

    def _stop_narrating(self) -> None:
        if self._over or self._ending.stopped:
            return
        self._ending.stopped = True
        self._break_off(SceneState.STOPPED)

    def _time_up(self) -> None:
        if self._over or self._ending.failure is TIMEOUT:
            self.stop()
        else:
            self._give_up(TIMEOUT, SceneState.PARTIAL)
            # Whatever keeps it from its end then, keeps it no longer.
            self.after(self._config.grace_seconds, _TimeUp())

    def _give_up(self, failure: Failure, state: SceneState) -> None:
        self._ending.failure = failure
        self._break_off(state)

    def _retire(self) -> None:
        if self._retiring and self._closed is None:
            # There is hardly any time left: its listener is told before all is saved.
            self._saving, self._ending.failure = True, INTERRUPTED
            self._conclude(Closed(0, 0.0))
            return
        self._retiring = True
        if self._over:
            self.stop()
        elif not self._ending.stopped:
            whole = self._ending.finish is not None
            self._give_up(CUT_SHORT if whole else INTERRUPTED, SceneState.INTERRUPTED)

    def _break_off(self, state: SceneState) -> None:
        self._pipeline.stop_writing()
        self._stop_speaking()
        self._end_text(state)
        if self._closed is not None:  # Another last event was still to be sent.
            self._writer.tell(self._conclusion(self._closed))

    def _stop_speaking(self) -> None:
        self._speaking = False
        self._pipeline.stop_speaking()

    def _conclusion(self, closed: Closed) -> Conclude:
        event = self._ending.event(self._plan.scene_id, closed.length, closed.audio_ms)
        return Conclude(event)

    # Failures

    def _child_failed(self, child: Any, error: BaseException) -> None:
        if self._pipeline.replace(child, error):
            return
        if child == self._writer:
            self._listener = "gone"
        self._give_up(BROKEN, SceneState.PARTIAL)
        if child == self._recorder:
            self._conclude(Closed(0, 0.0))
        elif child == self._writer and self._closed is not None:
            self._end()

    def _save_failed(self, error: Exception) -> None:
        gone = isinstance(error, NotFound)
        if not gone:  # Without its causes, which may quote the text.
            logger.error("session %s cannot save its scene: %s", self.session, error)
        self._give_up(DELETED if gone else UNSAVED, SceneState.PARTIAL)

    def _describe(self) -> tuple[SessionStatus, Any]:
        failure = self._ending.failure
        facts = SessionStatus(
            session_id=self.session,
            story_id=self._plan.story_id,
            scene_id=self._plan.scene_id,
            state=self._state(),
            listener=self._listener,
            listening=Listening(),
            background=self._notices is not None,
            made=self._making.made,
            total_sentences=self._making.total,
            holes=self._making.holes,
            error=failure.message if failure else None,
            retryable=failure.retryable if failure else None,
        )
        return facts, self._writer.ask(Describe(), block=False)

    def _state(self) -> Literal["writing", "speaking", "saving", "telling", "ended"]:
        if self._over:
            return "ended"
        if self._closed is not None:
            return "telling"
        if not self._text_ended:
            return "writing"
        return "saving" if self._closing else "speaking"
