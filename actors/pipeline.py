"""The actors of one session, as they hand on to each other what becomes of a scene."""

from __future__ import annotations

from typing import Any

from actors.base import Actor, ActorRef, MailboxFull, Ref
from actors.llm_reader import LLMReader
from actors.plan import Plan, Voicing
from actors.protocol import DropAudio, EndOfText, Text
from actors.recorder import Recorder
from actors.sentence_buffer import SentenceBuffer
from actors.sequencer import Sequencer
from actors.socket_writer import SocketWriter
from actors.tts_worker import Command as WorkerCommand
from actors.tts_worker import TTSWorker
from narration.config import SessionConfig

__all__ = ["Pipeline"]


class Pipeline:
    """Starts the session's children, and ends those that are not wanted any more.

    Args:
        session: whose children they are, and who is told what comes of them.
        plan: what they are to do.
        config: the bounds they keep to.
    """

    def __init__(self, session: Actor[Any], plan: Plan, config: SessionConfig) -> None:
        self._session = session
        self._voicing = plan.voicing
        self._config = config
        self._restarts = 0
        self._workers: list[ActorRef[WorkerCommand]] = []
        owner = session.actor_ref
        self.recorder = session.spawn(
            Recorder,
            plan.archive,
            plan.encode,
            plan.beginning,
            owner,
            config.save_ahead_seconds * 1_000,
        )
        self.writer = session.spawn(
            SocketWriter,
            plan.scene_id,
            plan.greeting,
            plan.beginning,
            owner,
            self.recorder,
            config,
            background=plan.background is not None,
            spares=plan.spares,
        )
        readers: list[Ref[Text | EndOfText]] = [self.writer, self.recorder]
        if plan.voicing is not None:
            self._sequencer = session.spawn(
                Sequencer,
                self.writer,
                self.recorder,
                owner,
                len(plan.beginning.starts_ms),
                config.sentences_ahead,
            )
            self._buffer = session.spawn(
                SentenceBuffer,
                plan.voicing.cutter,
                plan.beginning,
                self._sequencer,
                plan.voicing.idle_ms,
            )
            self._workers = [self._worker(plan.voicing) for _ in range(config.workers)]
            readers.insert(0, self._buffer)
        self._reader = session.spawn(LLMReader, plan.source, readers, owner, plan.max_chars)

    def stop_writing(self) -> None:
        """No more text is wanted."""
        self._session.dismiss(self._reader)

    def stop_speaking(self) -> None:
        """No more audio is wanted."""
        self.writer.tell(DropAudio())
        if self._voicing is not None:
            for worker in self._workers:
                self._session.dismiss(worker)
            self._session.dismiss(self._buffer)
            self._session.dismiss(self._sequencer)

    def replace(self, child: Any, error: BaseException) -> bool:
        """Start another in place of a worker that failed; False if that does not help."""
        # One whose mailbox, or the sequencer's, overflowed could not even report its hole.
        if self._voicing is None or isinstance(error, MailboxFull):
            return False
        if child not in self._workers or self._restarts >= self._config.worker_restarts:
            return False
        self._restarts += 1
        self._workers[self._workers.index(child)] = self._worker(self._voicing)
        return True

    def _worker(self, voicing: Voicing) -> ActorRef[WorkerCommand]:
        return self._session.spawn(
            TTSWorker,
            voicing.synthesize,
            voicing.rest_ms,
            self._buffer,
            self._sequencer,
            self._session.actor_ref,
            self._config.max_sentence_audio_ms,
        )
