"""Numbers what the listener is told, and sends it in that order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from actors.base import Actor, Message, Ref, Work
from actors.protocol import (
    Attach,
    Conclude,
    Concluded,
    Detach,
    Detached,
    DropAudio,
    EndOfText,
    Gap,
    Listener,
    Play,
    Say,
    SendUpTo,
    SequencerReady,
    Text,
)
from narration.audio import SAMPLE_RATE, duration_ms
from narration.events import (
    AudioChunk,
    AudioFormat,
    Connected,
    Event,
    GenerationStarted,
    SentenceSkipped,
    TextChunk,
)
from narration.story import Sentence

__all__ = ["Encode", "SocketWriter"]

logger = logging.getLogger(__name__)

Encode = Callable[[bytes, AudioFormat], Coroutine[Any, Any, bytes]]
"""Makes one self-contained file of a sentence's PCM, off the event loop."""


class _Sent(Message, frozen=True):
    audio_ms: float


class _SendFailed(Message, frozen=True):
    listener: Listener
    error: Exception


class _Encoded(Message, frozen=True):
    play: Play
    pcm: bytes
    file: bytes


class _EncodingFailed(Message, frozen=True):
    play: Play
    length_ms: float
    error: Exception


Command = (
    Text
    | EndOfText
    | Play
    | Gap
    | SequencerReady
    | Attach
    | Detach
    | Say
    | DropAudio
    | Conclude
    | _Sent
    | _SendFailed
    | _Encoded
    | _EncodingFailed
)


class SocketWriter(Actor[Command]):
    """Text overtakes audio that waits to be encoded, and is never held back by it.

    Until a listener has come everything waits: the text of a scene, and
    `ahead_ms` of audio.  From then on so much may be under way to the socket.
    """

    def __init__(
        self,
        scene_id: int,
        greeting: str,
        encode: Encode,
        session: Ref[Concluded | Detached],
        ahead_ms: int,
    ) -> None:
        super().__init__()
        self._scene_id = scene_id
        self._greeting = greeting
        self._encode = encode
        self._owner = session
        self._ahead_ms = ahead_ms
        self._sequencer: Ref[SendUpTo] | None = None
        self._listener: Listener | None = None
        self._format: AudioFormat = "mp3"
        self._seq = 0
        self._early_text: list[str] = []
        self._waiting: deque[Play | Gap | Conclude] = deque()
        self._encoding: Work | None = None
        self._sentence_pcm = bytearray()
        self._audio_dropped = False
        self._events: deque[tuple[Event, float]] = deque()
        self._sending = False
        self._concluding = False
        self._placed_ms = 0.0
        self._sent_ms = 0.0

    def on_receive(self, message: Command) -> None:
        match message:
            case Text(text):
                self._show(text)
            case EndOfText():
                pass  # The last event says how the scene ended.
            case Play() | Gap() if self._audio_dropped:
                pass  # It was on its way when it was dropped.
            case Play() | Gap() | Conclude():
                self._waiting.append(message)
                self._package_on()
            case SequencerReady(sequencer):
                self._sequencer = sequencer
                self._allow_more()
            case Attach(listener, format):
                self._attach(listener, format)
            case Detach(listener) if listener is self._listener:
                self._listener = None
            case Say(event):
                self._answer(event)
            case DropAudio():
                self._drop_audio()
            case _Encoded() if self._encoding is None:
                pass  # Dropped.
            case _Encoded(play, pcm, file):
                self._encoded(play, pcm, file)
            case _EncodingFailed(play, length_ms, error) if self._encoding is not None:
                self._encoding_failed(play, length_ms, error)
            case _Sent(audio_ms):
                self._sent(audio_ms)
            case _SendFailed(listener, error):
                self._lose(listener, error)
            case Detach() | _EncodingFailed():
                pass  # Of a listener who is not ours; of audio that was dropped.

    # Towards events

    def _show(self, text: str) -> None:
        if self._seq:
            self._number(lambda seq: TextChunk(seq=seq, text=text))
        else:
            self._early_text.append(text)

    def _attach(self, listener: Listener, format: AudioFormat) -> None:
        self._listener, self._format = listener, format
        self._number(
            lambda seq: Connected(
                seq=seq,
                session_id=self.session,
                scene_id=self._scene_id,
                format=format,
                sample_rate=SAMPLE_RATE,
            )
        )
        self._number(lambda seq: GenerationStarted(seq=seq, message=self._greeting))
        if self._early_text:
            self._show("".join(self._early_text))
            self._early_text.clear()
        self._package_on()

    def _package_on(self) -> None:
        """Turn what waits into events, in its order, as far as the encoder has come."""
        while self._waiting and self._seq and self._encoding is None:
            match self._waiting.popleft():
                case Play() as play:
                    self._package(play)
                case Gap(sentence, reason):
                    self._skip(sentence, reason)
                case Conclude(event):
                    self._concluding = True
                    self._number(event)

    def _skip(self, sentence: Sentence, reason: str) -> None:
        # Audio of a sentence that broke off is not sent, and makes room like what is.
        self._sent_ms += duration_ms(self._sentence_pcm)
        self._sentence_pcm.clear()
        self._allow_more()
        self._number(
            lambda seq: SentenceSkipped(
                seq=seq,
                sentence_number=sentence.number,
                sentence_text=sentence.text,
                start=sentence.start,
                end=sentence.end,
                reason=reason,
            )
        )

    def _package(self, play: Play) -> None:
        if self._format == "pcm":
            self._place(play, play.chunk, play.pcm, play.pcm, final=play.final)
            return
        self._sentence_pcm += play.pcm
        self._allow_more()
        if play.final:
            pcm = bytes(self._sentence_pcm)
            self._sentence_pcm.clear()
            self._encoding = self.pipe_to_self(
                self._encode(pcm, self._format),
                lambda file: _Encoded(play, pcm, file),
                lambda error: _EncodingFailed(play, duration_ms(pcm), error),
                label=f"encoding sentence {play.sentence.number}",
            )

    def _encoded(self, play: Play, pcm: bytes, file: bytes) -> None:
        self._encoding = None
        self._place(play, 0, pcm, file, final=True)
        self._package_on()

    def _encoding_failed(self, play: Play, length_ms: float, error: Exception) -> None:
        logger.error("session %s cannot encode a sentence", self.session, exc_info=error)
        self._encoding = None
        self._sent_ms += length_ms
        self._skip(play.sentence, "its audio could not be encoded")
        self._package_on()

    def _place(
        self, play: Play, number: int, pcm: bytes, audio: bytes, *, final: bool
    ) -> None:
        sentence, length, start = play.sentence, duration_ms(pcm), self._placed_ms
        self._placed_ms += length
        self._number(
            lambda seq: AudioChunk(
                seq=seq,
                audio=audio,
                sentence_number=sentence.number,
                sentence_text=sentence.text,
                format=self._format,
                chunk_number=number,
                final=final,
                start=sentence.start,
                end=sentence.end,
                start_ms=round(start, 3),
                duration_ms=round(length, 3),
            ),
            length,
        )

    def _answer(self, event: Callable[[int], Event]) -> None:
        if not self._concluding:  # Nothing follows the last event.
            self._number(event)

    def _number(self, event: Callable[[int], Event], audio_ms: float = 0.0) -> None:
        self._seq += 1
        self._events.append((event(self._seq), audio_ms))
        self._send_on()

    # Towards the socket

    def _send_on(self) -> None:
        if not self._events or self._sending or self._listener is None:
            return
        self._sending = True
        listener = self._listener
        events = [event for event, _ in self._events]
        audio_ms = sum(ms for _, ms in self._events)
        self._events.clear()
        self.pipe_to_self(
            listener.send(events),
            lambda _: _Sent(audio_ms),
            lambda error: _SendFailed(listener, error),
            label="sending",
        )

    def _sent(self, audio_ms: float) -> None:
        self._sending = False
        if audio_ms:
            self._sent_ms += audio_ms
            self._allow_more()
        if self._concluding and not self._events:
            self._owner.tell(Concluded())
        self._send_on()

    def _lose(self, listener: Listener, error: Exception) -> None:
        if not isinstance(error, ConnectionError):
            raise error
        self._sending = False
        if listener is self._listener:
            self._listener = None
            self._owner.tell(Detached(listener))

    def _drop_audio(self) -> None:
        # What has a number already is sent: a gap in the numbers would look like a loss.
        self._audio_dropped = True
        self._waiting.clear()
        self._sentence_pcm.clear()
        if self._encoding is not None:
            self._encoding.cancel()
            self._encoding = None

    def _allow_more(self) -> None:
        # What is gathered counts as done: a file can be sent only when its sentence is whole.
        if self._sequencer is not None:
            done_ms = self._sent_ms + duration_ms(self._sentence_pcm)
            self._sequencer.tell(SendUpTo(done_ms + self._ahead_ms))
