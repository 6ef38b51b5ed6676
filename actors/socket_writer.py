"""Numbers what the listener is told, and sends it: text at once, audio as it is needed."""

from __future__ import annotations

from collections.abc import Callable

from actors.base import Actor, Message, Ref, Work
from actors.listener import (
    Attach,
    Describe,
    Detach,
    Listener,
    Listening,
    Pause,
    Playback,
    Resume,
    Say,
    Skip,
)
from actors.outgoing import Outgoing
from actors.pace import Pace
from actors.playhead import Playhead
from actors.playlist import Again
from actors.protocol import (
    Conclude,
    Concluded,
    DropAudio,
    EndOfText,
    Gap,
    ListenedBy,
    Play,
    SendUpTo,
    SequencerReady,
    SkipTo,
    Text,
)
from actors.reading_back import Fetch, Fetched, Replaced, Stored
from narration.config import SessionConfig
from narration.events import Event, Paused, Resumed
from narration.story import Beginning

__all__ = ["SocketWriter"]


class _Room(Message, frozen=True):
    """The socket takes more."""

    listener: Listener


class _NoRoom(Message, frozen=True):
    listener: Listener
    error: Exception


class _LookAgain(Message, frozen=True):
    """The window may have opened."""


Command = (
    Text
    | EndOfText
    | Play
    | Gap
    | SequencerReady
    | Fetched
    | Replaced
    | Stored
    | Attach
    | Detach
    | Skip
    | Pause
    | Resume
    | Playback
    | Say
    | Describe
    | DropAudio
    | Conclude
    | _Room
    | _NoRoom
    | _LookAgain
)


class SocketWriter(Actor[Command]):
    """Events get their numbers when a listener is ready to take them, and are kept, so that
    a listener who comes back gets all that came after.

    Audio is sent up to `send_ahead_seconds` beyond the playhead, and taken from the
    sequencer up to `synthesis_ahead_seconds` beyond it; in the `background`, all there is.
    """

    def __init__(
        self,
        scene_id: int,
        greeting: str,
        beginning: Beginning,
        session: Ref[Concluded | ListenedBy],
        recorder: Ref[Fetch],
        config: SessionConfig,
        *,
        background: bool,
        has_time: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._scene_id = scene_id
        self._greeting = greeting
        self._beginning = beginning
        self._owner = session
        self._recorder = recorder
        self._config = config
        self._background = background
        self._has_time = has_time
        self._sequencer: Ref[SendUpTo | SkipTo] | None = None
        self._fetching: set[tuple[int, bool]] = set()
        # Whom it is told to.
        self._listener: Listener | None = None
        self._cursor = 0
        self._waiting_for_room: Work | None = None
        # Where he is.
        self._playhead = Playhead()
        self._paused = False
        self._looking: Work | None = None
        self._look_at = 0.0

    def on_start(self) -> None:
        background = self._background
        self._pace = Pace(
            self._playhead,
            self._config,
            self.now(),
            unbound=background,
            has_time=self._has_time,
        )
        self._outgoing = Outgoing(
            self._beginning, self._playhead, self._pace, sparing=background
        )
        self._log, self._playlist = self._outgoing.log, self._outgoing.playlist

    def on_receive(self, message: Command) -> Listening | None:
        match message:
            case Text(text):
                self._outgoing.add_text(text)
                self._send_on()
                return None  # Text moves no window.
            case Play() | Gap() | Conclude():
                self._playlist.add(message)
            case SequencerReady(sequencer):
                self._sequencer = sequencer
            case Fetched():
                self._fetched(message)
            case Replaced(sentence, pcm):
                self._outgoing.replaced(sentence, pcm)
            case Stored(sentence):
                self._outgoing.stored(sentence)
            case Attach():
                self._attach(message)
            case Detach(listener) if listener is self._listener:
                self._lose_listener()
                self._owner.tell(ListenedBy(None))
            case Skip(sentence):
                self._skip(sentence)
            case Pause():
                self._pause(True)
            case Resume():
                self._pause(False)
            case Playback(sentence, position_ms):
                self._playhead.report(sentence, position_ms, self.now())
            case Say(event):
                self._outgoing.answer(event)
            case Describe():
                return self._describe()
            case DropAudio():
                self._outgoing.drop_audio()
            case _Room(listener) if listener is self._listener:
                self._waiting_for_room = None
            case _NoRoom(listener, error) if listener is self._listener:
                self._broke(error)
            case _LookAgain():
                self._looking = None
            case Detach() | _Room() | _NoRoom():
                pass  # Of a listener who is not ours any more.
            case EndOfText():
                pass  # The last event says how the scene ended.
        self._send_on()
        self._allow_more()
        return None

    # The listener

    def _attach(self, attach: Attach) -> None:
        if not self._outgoing.accepts(attach.format):
            attach.listener.leave("other_format")
        elif attach.after > self._log.last_seq:
            attach.listener.leave("unknown_seq")
        else:
            if self._listener is not None:
                self._listener.leave("replaced")
                self._lose_listener()
            self._outgoing.choose(attach.format or "mp3")
            self._listener, self._cursor = attach.listener, attach.after
            self._playhead.back_to(self._log.audio_ms(attach.after), self.now())
            self._play_or_hold()
        self._owner.tell(ListenedBy(self._listener))

    def _lose_listener(self) -> None:
        self._listener = None
        if self._waiting_for_room is not None:
            self._waiting_for_room.cancel()
            self._waiting_for_room = None
        self._play_or_hold()

    def _broke(self, error: Exception) -> None:
        if not isinstance(error, ConnectionError):
            raise error
        self._lose_listener()
        self._owner.tell(ListenedBy(None))
        self._allow_more()  # Whoever has gone is in no hurry.

    def _play_or_hold(self) -> None:
        if self._listener is None or self._paused:
            self._playhead.hold(self.now())
        else:
            self._playhead.play(self.now())

    # What the listener wants

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        self._play_or_hold()
        event = Paused if paused else Resumed
        self._outgoing.answer(lambda seq: event(seq=seq))

    def _skip(self, sentence: int | None) -> None:
        target = self._outgoing.skip(sentence, self.now())
        # In the background all is spoken, whatever one who listens to it wants to hear.
        if target is not None and self._sequencer is not None and not self._background:
            self._sequencer.tell(SkipTo(target))

    def _describe(self) -> Listening:
        now = self.now()
        return Listening(
            paused=self._paused,
            playhead=self._playhead.here(now),
            lead_ms=round(self._playhead.ahead_ms(now) + self._playlist.live_ms, 3),
            sentences_done=self._log.done,
        )

    # What is not here any more

    def _fetch(self, number: int, *, speak: bool) -> None:
        if (number, speak) not in self._fetching:
            self._fetching.add((number, speak))
            format = self._outgoing.format
            self._recorder.tell(Fetch(number, format, speak, self.actor_ref))

    def _fetched(self, fetched: Fetched) -> None:
        self._fetching.discard((fetched.fetch.sentence, fetched.fetch.speak))
        spoken = self._sequencer is not None
        self._outgoing.read_back(fetched, after=self._cursor, spoken=spoken)

    # Towards the socket

    def _send_on(self) -> None:
        if self._listener is None or self._waiting_for_room is not None:
            return
        is_behind = self._cursor < self._log.last_seq
        if not is_behind:
            self._number_what_is_new()
        events = self._log.batch(self._cursor)
        if events and not self._sent(self._listener, events):
            return
        if missing := self._log.missing(self._cursor):
            self._fetch(missing.sentence_number, speak=False)
        elif is_behind or self._cursor < self._log.last_seq:
            self._look_in(0.0)  # There may be more, but others shall have their turn.
        elif self._outgoing.concluded:
            self._owner.tell(Concluded())
            self._listener.leave("ended")
            self._lose_listener()

    def _number_what_is_new(self) -> None:
        self._outgoing.greet(self.session, self._scene_id, self._greeting)
        match self._outgoing.number(self.now()):
            case Again(number):
                self._fetch(number, speak=True)
            case "later":
                self._look_in(self._pace.seconds_until_sent(self.now()))
            case None:
                pass

    def _sent(self, listener: Listener, events: list[Event]) -> bool:
        """Whether the listener has taken all of them."""
        try:
            sent = listener.send(events)
        except ConnectionError as error:
            self._broke(error)
            return False
        if sent:
            self._cursor = events[sent - 1].seq
            # A sentence that is not whole cannot be read back yet.
            self._log.release(self._cursor, keep=self._playlist.expected)
        if sent < len(events):
            self._waiting_for_room = self.pipe_to_self(
                listener.room(),
                lambda _: _Room(listener),
                lambda error: _NoRoom(listener, error),
                label="waiting for the listener",
            )
        return sent == len(events)

    # The windows

    def _look_in(self, seconds: float | None) -> None:
        if seconds is None:
            return
        look_at = self.now() + seconds
        if self._looking is None or look_at < self._look_at:
            if self._looking is not None:
                self._looking.cancel()
            self._looking, self._look_at = self.after(seconds, _LookAgain()), look_at

    def _allow_more(self) -> None:
        if self._sequencer is None:
            return
        now, waiting_ms = self.now(), self._playlist.live_ms
        received_ms = self._playlist.received_ms
        if (news := self._pace.news(received_ms, waiting_ms, now)) is not None:
            self._sequencer.tell(news)
        self._look_in(self._pace.seconds_until_made(received_ms, waiting_ms, now))
