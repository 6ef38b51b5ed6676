"""Numbers what the listener is told, and sends it: text at once, audio as it is needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from msgspec.structs import replace

from actors.base import Actor, Message, Ref, Work
from actors.event_log import EventLog
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
from actors.pace import Pace
from actors.playhead import Playhead
from actors.playlist import Again, File, Playlist
from actors.protocol import (
    SKIPPED,
    Conclude,
    Concluded,
    DropAudio,
    EndOfText,
    Fetch,
    Fetched,
    Gap,
    ListenedBy,
    Play,
    SendUpTo,
    SequencerReady,
    SkipTo,
    Text,
)
from narration.audio import duration_ms
from narration.config import SessionConfig
from narration.events import (
    AudioFormat,
    Event,
    Paused,
    Resumed,
    Skipped,
    TextChunk,
)
from narration.story import Beginning

__all__ = ["SocketWriter"]

MAX_EVENTS = 200_000
"""From here on nothing is answered, and nothing is skipped: every event is kept."""

MAX_ANSWERS = 1_000
"""So many answers wait for a listener who does not take them."""


class _Sent(Message, frozen=True):
    listener: Listener
    upto: int


class _SendFailed(Message, frozen=True):
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
    | _Sent
    | _SendFailed
    | _LookAgain
)


class SocketWriter(Actor[Command]):
    """Events get their numbers when a listener is ready to take them, and are kept, so that
    a listener who comes back gets all that came after.

    Text overtakes audio.  Audio is sent up to `send_ahead_seconds` beyond the playhead,
    and taken from the sequencer up to `synthesis_ahead_seconds` beyond it.
    """

    def __init__(
        self,
        scene_id: int,
        greeting: str,
        beginning: Beginning,
        session: Ref[Concluded | ListenedBy],
        recorder: Ref[Fetch],
        config: SessionConfig,
    ) -> None:
        super().__init__()
        self._scene_id = scene_id
        self._greeting = greeting
        self._owner = session
        self._recorder = recorder
        self._config = config
        self._sequencer: Ref[SendUpTo | SkipTo] | None = None
        # What is to be told.
        self._log = EventLog(beginning)
        self._text: list[str] = []
        self._answers: deque[Callable[[int], Event]] = deque()
        self._skipped: Skipped | None = None
        self._playlist = Playlist(beginning)
        self._fetching: set[tuple[int, bool]] = set()
        self._concluded = False
        # Whom it is told to.
        self._listener: Listener | None = None
        self._format: AudioFormat | None = None
        self._cursor = 0
        self._sending: Work | None = None
        # Where he is.
        self._playhead = Playhead()
        self._paused = False
        self._looking: Work | None = None
        self._look_at = 0.0

    def on_start(self) -> None:
        self._pace = Pace(self._playhead, self._config, self.now())

    def on_receive(self, message: Command) -> Listening | None:
        match message:
            case Text(text):
                self._text.append(text)
            case Play() | Gap() | Conclude():
                self._playlist.add(message)
            case SequencerReady(sequencer):
                self._sequencer = sequencer
            case Fetched():
                self._fetched(message)
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
                self._answer(event)
            case Describe():
                return self._describe()
            case DropAudio():
                self._playlist.drop()
            case _Sent(listener, upto) if listener is self._listener:
                self._sent(upto)
            case _SendFailed(listener, error) if listener is self._listener:
                self._broke(error)
            case _LookAgain():
                self._looking = None
            case Detach() | _Sent() | _SendFailed():
                pass  # Of a listener who is not ours any more.
            case EndOfText():
                pass  # The last event says how the scene ended.
        self._send_on()
        self._allow_more()
        return None

    # The listener

    def _attach(self, attach: Attach) -> None:
        if attach.format not in (None, self._format or attach.format):
            attach.listener.leave("other_format")
        elif attach.after > self._log.last_seq:
            attach.listener.leave("unknown_seq")
        else:
            if self._listener is not None:
                self._listener.leave("replaced")
                self._lose_listener()
            self._choose(attach.format or "mp3")
            self._listener, self._cursor = attach.listener, attach.after
            self._playhead.back_to(self._log.audio_ms(attach.after), self.now())
            self._play_or_hold()
        self._owner.tell(ListenedBy(self._listener))

    def _choose(self, format: AudioFormat) -> None:
        if self._format is None:
            self._format = format
            if format != "pcm":
                self._playlist.tell_files()

    def _lose_listener(self) -> None:
        self._listener = None
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        self._play_or_hold()

    def _broke(self, error: Exception) -> None:
        if not isinstance(error, ConnectionError):
            raise error
        self._lose_listener()
        self._owner.tell(ListenedBy(None))

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
        self._answer(lambda seq: event(seq=seq))

    def _answer(self, event: Callable[[int], Event]) -> None:
        if len(self._answers) < MAX_ANSWERS and self._log.last_seq < MAX_EVENTS:
            self._answers.append(event)

    def _skip(self, sentence: int | None) -> None:
        if self._playlist.dropped or self._log.last_seq >= MAX_EVENTS:
            return  # After a stop there is nothing to skip.
        now = self.now()
        here = self._playhead.here(now)
        following = self._playlist.next_number
        if sentence is None:
            sentence = (here.sentence_number if here else following) + 1
        if self._playhead.skip_within(sentence, now):
            self._playlist.skip_ahead(sentence)
            again = False
        else:
            restart = here is not None and here.sentence_number == sentence
            again = sentence < following or restart
            if again:
                self._playlist.go_back(sentence)
            else:
                self._playlist.skip_ahead(sentence)
            self._playhead.skip_all(now)
            self._log.break_off()
        if self._sequencer is not None:
            self._sequencer.tell(SkipTo(sentence))
        # Two skips that nobody was told of yet are one.
        again = again or (self._skipped is not None and self._skipped.again)
        self._skipped = Skipped(seq=0, sentence_number=sentence, again=again)

    def _describe(self) -> Listening:
        now = self.now()
        return Listening(
            paused=self._paused,
            playhead=self._playhead.here(now),
            lead_ms=round(self._playhead.ahead_ms(now) + self._playlist.live_ms, 3),
            sentences_done=self._log.done,
        )

    # From text and audio to events

    def _number_what_is_new(self) -> None:
        if self._concluded:
            return
        if not self._log.last_seq:
            format = self._format or "mp3"
            self._log.greet(self.session, self._scene_id, format, self._greeting)
        if self._skipped is not None:
            skipped, self._skipped = self._skipped, None
            self._log.add(lambda seq: replace(skipped, seq=seq))
        while self._answers:
            self._log.add(self._answers.popleft())
        if self._text:
            text = "".join(self._text)
            self._text.clear()
            self._log.add(lambda seq: TextChunk(seq=seq, text=text))
        while self._number_audio():
            pass

    def _number_audio(self) -> bool:
        """Tell the next piece of audio, if it is there and it is time for it."""
        match self._playlist.peek():
            case Gap(sentence, reason):
                self._playlist.pop()
                self._log.add_hole(sentence, reason)
            case Conclude(event):
                self._log.add(event)
                self._concluded = True
                return False
            case Play() | File() | Again() if not self._pace.may_send(self.now()):
                self._look_in(self._pace.seconds_until_sent(self.now()))
                return False
            case Play() as play:
                self._playlist.pop()
                self._place(play, play.pcm)
            case File(play, audio):
                self._playlist.pop()
                self._place(play, audio)
            case Again(number):
                self._fetch(number, speak=True)
                return False
            case None:
                return False
        return True

    def _place(self, play: Play, audio: bytes) -> None:
        number = play.sentence.number
        start_ms = self._playlist.starts_ms[number]
        self._log.add_audio(play, audio, self._format or "mp3", start_ms)
        self._playhead.sent(number, duration_ms(play.pcm), self.now())

    # What is not here any more

    def _fetch(self, number: int, *, speak: bool) -> None:
        if (number, speak) not in self._fetching:
            self._fetching.add((number, speak))
            format = self._format or "mp3"
            self._recorder.tell(Fetch(number, format, speak, self.actor_ref))

    def _fetched(self, fetched: Fetched) -> None:
        fetch, recorded = fetched.fetch, fetched.recorded
        self._fetching.discard((fetch.sentence, fetch.speak))
        if fetch.speak and self._playlist.waits_for(fetch.sentence):
            skipped = recorded is not None and recorded.skipped == SKIPPED
            if not skipped or self._sequencer is None:  # Else it is asked for again.
                self._playlist.replay(recorded, fetched.file)
        elif not fetch.speak:
            pcm = recorded.pcm if recorded is not None else b""
            self._log.put_back(self._cursor, fetch.sentence, pcm, fetched.file)

    # Towards the socket

    def _send_on(self) -> None:
        if self._listener is None or self._sending is not None:
            return
        if self._cursor == self._log.last_seq:
            self._number_what_is_new()
        if events := self._log.batch(self._cursor):
            self._send(self._listener, events)
        elif missing := self._log.missing(self._cursor):
            self._fetch(missing.sentence_number, speak=False)
        elif self._concluded:
            self._owner.tell(Concluded())
            self._listener.leave("ended")
            self._lose_listener()

    def _send(self, listener: Listener, events: list[Event]) -> None:
        upto = events[-1].seq
        self._sending = self.pipe_to_self(
            listener.send(events),
            lambda _: _Sent(listener, upto),
            lambda error: _SendFailed(listener, error),
            label="sending",
        )

    def _sent(self, upto: int) -> None:
        self._sending = None
        self._cursor = upto
        # A sentence that is not whole cannot be read back yet.
        self._log.release(upto, keep=self._playlist.expected)

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
        if self._pace.limit_ms(received_ms, waiting_ms, now) <= received_ms:
            self._look_in(self._pace.seconds_until_made(waiting_ms, now))
