"""One live narration of one scene: builds its pipeline, and decides how it ends."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal, NamedTuple

import msgspec

from actors.base import Actor, ActorRef, ChildFailed, MailboxFull, Message, Ref
from actors.llm_reader import LLMReader
from actors.protocol import (
    Attach,
    Close,
    Closed,
    CloseFailed,
    Conclude,
    Concluded,
    Describe,
    Detach,
    Detached,
    DropAudio,
    EndOfAudio,
    EndOfText,
    Listener,
    SaveFailed,
    Say,
    SessionStatus,
    Stop,
    Text,
    WritingFailed,
    Written,
)
from actors.recorder import Archive, Recorder
from actors.sentence_buffer import SentenceBuffer
from actors.sequencer import Sequencer
from actors.socket_writer import Encode, SocketWriter
from actors.tts_worker import Command as WorkerCommand
from actors.tts_worker import Synthesize, TTSWorker
from narration.config import SessionConfig
from narration.errors import Conflict, NotFound
from narration.events import Error, Event, GenerationComplete, GenerationStopped
from narration.llm import Finish
from narration.story import SceneState, Sentence
from narration.text import Cutter

__all__ = ["NarrationSession", "Plan", "Voicing"]

logger = logging.getLogger(__name__)


class Voicing(msgspec.Struct, frozen=True, kw_only=True):
    """How the text is spoken."""

    synthesize: Synthesize
    rest_ms: Callable[[Sentence], int]
    cutter: Cutter
    idle_ms: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one session is to do, and with what.  Without `voicing` it is text only."""

    session_id: str
    user_id: int
    story_id: int
    scene_id: int
    greeting: str
    source: AsyncGenerator[str | Finish]
    max_chars: int
    voicing: Voicing | None
    archive: Archive
    encode: Encode


class _NobodyCame(Message, frozen=True):
    pass


class _Failure(NamedTuple):
    """Why the scene ends otherwise than it should, as the listener is told."""

    code: Literal["llm_failed", "storage_failed", "scene_deleted", "internal"]
    message: str
    retryable: bool


Command = (
    Attach
    | Detach
    | Stop
    | Say
    | Describe
    | Written
    | WritingFailed
    | EndOfAudio
    | Closed
    | CloseFailed
    | SaveFailed
    | Concluded
    | Detached
    | ChildFailed
    | _NobodyCame
)


class NarrationSession(Actor[Command]):
    """Ends when the scene is written, spoken and saved, or earlier:

    - stopped: model and voice are called off, the text so far is saved;
    - nobody listens (any more): the voice is called off, the text is written to its end;
    - the model breaks off: what it wrote is still spoken and saved;
    - a part of the pipeline fails: a worker is replaced, anything else ends the scene.
    """

    def __init__(self, plan: Plan, config: SessionConfig) -> None:
        super().__init__()
        self.session = plan.session_id
        self._plan = plan
        self._config = config
        self._listener: Literal["awaited", "connected", "gone"] = "awaited"
        self._heard_by: Listener | None = None
        self._finish: Literal["stop", "length"] | None = None
        self._failure: _Failure | None = None
        self._audio = EndOfAudio(0, 0.0)
        self._narrated = False
        self._speaking = plan.voicing is not None
        self._closing: SceneState | None = None
        self._closed = False
        self._workers: list[ActorRef[WorkerCommand]] = []
        self._restarts = 0

    def on_start(self) -> None:
        plan, config = self._plan, self._config
        self._writer = self.spawn(
            SocketWriter,
            plan.scene_id,
            plan.greeting,
            plan.encode,
            self.actor_ref,
            config.send_ahead_ms,
        )
        self._recorder = self.spawn(
            Recorder, plan.archive, self.actor_ref, config.save_ahead_ms
        )
        readers: list[Ref[Text | EndOfText]] = [self._writer, self._recorder]
        if plan.voicing is not None:
            self._sequencer = self.spawn(
                Sequencer,
                (self._writer, self._recorder),
                self.actor_ref,
                config.sentences_ahead,
            )
            self._buffer = self.spawn(
                SentenceBuffer, plan.voicing.cutter, self._sequencer, plan.voicing.idle_ms
            )
            self._workers = [self._spawn_worker(plan.voicing) for _ in range(config.workers)]
            readers.insert(0, self._buffer)
        self._reader = self.spawn(
            LLMReader, plan.source, readers, self.actor_ref, plan.max_chars
        )
        self.after(config.detached_seconds, _NobodyCame())

    def on_receive(self, message: Command) -> SessionStatus | None:
        match message:
            case Attach():
                self._attach(message)
            case Detach(listener) | Detached(listener) if listener is self._heard_by:
                self._writer.tell(Detach(listener))
                self._carry_on_alone()
            case _NobodyCame() if self._listener == "awaited":
                self._carry_on_alone()
            case Stop():
                self._stop_narrating()
            case Say():
                self._writer.tell(message)
            case Describe():
                return self._status()
            case Written(finish_reason):
                self._finish = finish_reason
                self._close_if_done()
            case WritingFailed(error):
                self._failure = _Failure("llm_failed", str(error), error.retryable)
                self._close_if_done()
            case EndOfAudio():
                self._audio, self._narrated, self._speaking = message, True, False
                self._close_if_done()
            case Closed(length):
                self._conclude(self._last_event(length))
            case SaveFailed(error):
                self._save_failed(error)
            case CloseFailed(error):
                self._save_failed(error)
                self._conclude(self._last_event(0))
            case Concluded():
                self.stop()
            case ChildFailed(child, error):
                self._child_failed(child, error)
            case Detach() | Detached() | _NobodyCame():
                pass  # Somebody came, and is still there.
        return None

    # The listener

    def _attach(self, attach: Attach) -> None:
        if self._listener != "awaited":
            raise Conflict(
                "this session takes no listener any more; its scene can be replayed"
            )
        self._listener, self._heard_by = "connected", attach.listener
        self._writer.tell(attach)

    def _carry_on_alone(self) -> None:
        """Nobody listens: speak no more, but let the text come to its end."""
        self._listener = "gone"
        self._stop_speaking()
        if self._closed:
            self.stop()
        else:
            self._close_if_done()

    # The end

    def _close_if_done(self) -> None:
        if self._speaking:
            return
        if self._failure is not None:
            self._close(SceneState.PARTIAL)
        elif self._finish is not None:
            self._close(SceneState.COMPLETE)

    def _stop_narrating(self) -> None:
        if self._listener == "awaited":
            # Who stopped it will not come to hear that it has stopped.
            self._listener = "gone"
        if self._closing is None:
            self.dismiss(self._reader)
            self._stop_speaking()
            self._close(SceneState.STOPPED)
        elif self._closed and self._listener == "gone":
            self.stop()

    def _stop_speaking(self) -> None:
        if self._speaking:
            self._speaking = False
            self._writer.tell(DropAudio())
            for worker in self._workers:
                self.dismiss(worker)
            self.dismiss(self._buffer)
            self.dismiss(self._sequencer)

    def _close(self, state: SceneState) -> None:
        if self._closing is None:
            self._closing = state
            self._recorder.tell(Close(state, narrated=self._narrated))

    def _conclude(self, event: Callable[[int], Event]) -> None:
        if self._closed:
            return
        self._closed = True
        if self._listener == "gone":
            self.stop()
        else:  # If it is still awaited, it may come yet and hear how the scene ended.
            self._writer.tell(Conclude(event))

    def _last_event(self, length: int) -> Callable[[int], Event]:
        scene_id, failure = self._plan.scene_id, self._failure
        stopped = self._closing is SceneState.STOPPED
        if failure is not None and not (stopped and failure.code == "llm_failed"):
            return lambda seq: Error(
                seq=seq,
                code=failure.code,
                message=failure.message,
                retryable=failure.retryable,
                scene_id=scene_id,
            )
        if stopped or self._finish is None:
            return lambda seq: GenerationStopped(
                seq=seq, scene_id=scene_id, total_length=length
            )
        finish, audio = self._finish, self._audio
        return lambda seq: GenerationComplete(
            seq=seq,
            scene_id=scene_id,
            total_sentences=audio.sentences,
            total_length=length,
            duration_ms=round(audio.duration_ms, 3),
            finish_reason=finish,
        )

    # Failures

    def _child_failed(self, child: Any, error: BaseException) -> None:
        voicing, allowed = self._plan.voicing, self._config.worker_restarts
        # One whose mailbox, or the sequencer's, overflowed could not even report its hole.
        lost = isinstance(error, MailboxFull)
        if voicing and child in self._workers and self._restarts < allowed and not lost:
            self._restarts += 1
            self._workers[self._workers.index(child)] = self._spawn_worker(voicing)
            return
        self._give_up(_Failure("internal", "The narration broke down.", retryable=True))
        if child == self._recorder:
            self._conclude(self._last_event(0))
        elif child == self._writer:
            self._listener = "gone"
            if self._closed:
                self.stop()

    def _save_failed(self, error: Exception) -> None:
        if isinstance(error, NotFound):
            self._give_up(_Failure("scene_deleted", "The scene was deleted.", retryable=False))
            return
        # Without its causes, which may quote the text.
        logger.error("session %s cannot save its scene: %s", self.session, error)
        message = "The scene could not be saved completely."
        self._give_up(_Failure("storage_failed", message, retryable=False))

    def _give_up(self, failure: _Failure) -> None:
        self._failure = failure
        self.dismiss(self._reader)
        self._stop_speaking()
        self._close(SceneState.PARTIAL)

    def _spawn_worker(self, voicing: Voicing) -> ActorRef[WorkerCommand]:
        return self.spawn(
            TTSWorker,
            voicing.synthesize,
            voicing.rest_ms,
            self._buffer,
            self._sequencer,
            self._config.max_sentence_audio_ms,
        )

    def _status(self) -> SessionStatus:
        writing = self._finish is None and self._failure is None
        state: Literal["writing", "speaking", "saving"] = "writing" if writing else "speaking"
        if self._closing is not None:
            state = "saving"
        return SessionStatus(
            session_id=self.session,
            story_id=self._plan.story_id,
            scene_id=self._plan.scene_id,
            state=state,
            listener=self._listener,
            error=self._failure[1] if self._failure else None,
        )
