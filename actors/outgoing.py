"""Turns a scene's text and audio into numbered events, as it becomes time for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from actors.event_log import EventLog
from actors.pace import Pace
from actors.playhead import Playhead
from actors.playlist import Again, File, Playlist
from actors.protocol import SKIPPED, Conclude, Gap, Play
from actors.reading_back import Fetched
from narration.audio import duration_ms
from narration.events import AudioFormat, Event, Skipped, TextChunk
from narration.story import Beginning

__all__ = ["Outgoing"]

MAX_EVENTS = 200_000
"""From here on nothing is answered, and nothing is skipped: every event is kept."""

MAX_ANSWERS = 1_000
"""So many answers wait for a listener who does not take them."""


class Outgoing:
    """Text overtakes audio, and what answers the listener overtakes text.

    Args:
        beginning: what there was of the scene before.
        playhead: where the listener is, who is sent what gets a number here.
        pace: whether it is time for more audio.
        sparing: see `Playlist`.
    """

    def __init__(
        self, beginning: Beginning, playhead: Playhead, pace: Pace, *, sparing: bool
    ) -> None:
        self.log = EventLog(beginning)
        self.playlist = Playlist(beginning, sparing=sparing)
        self.concluded = False
        """The last event has its number."""
        self._playhead = playhead
        self._pace = pace
        self._format: AudioFormat | None = None
        self._text: list[str] = []
        self._answers: deque[Callable[[int], Event]] = deque()
        self._skipped: Skipped | None = None
        self._replaced: set[int] = set()
        self._unstored: set[int] = set()

    @property
    def format(self) -> AudioFormat:
        return self._format or "mp3"

    def accepts(self, format: AudioFormat | None) -> bool:
        """Whether audio can be had in that format: once there is one, it stays."""
        return format in (None, self._format or format)

    def choose(self, format: AudioFormat) -> None:
        """Audio is to be of that format, unless one was chosen before."""
        if self._format is None:
            self._format = format
            if format != "pcm":
                self.playlist.tell_files()

    def add_text(self, text: str) -> None:
        self._text.append(text)

    def answer(self, event: Callable[[int], Event]) -> None:
        """Tell it as soon as may be, if there is room."""
        if len(self._answers) < MAX_ANSWERS and self.log.last_seq < MAX_EVENTS:
            self._answers.append(event)

    def skip(self, sentence: int | None, now: float) -> int | None:
        """Tell this sentence next, or the one after the current; None if that cannot be."""
        if self.playlist.dropped or self.log.last_seq >= MAX_EVENTS:
            return None  # After a stop there is nothing to skip.
        here = self._playhead.here(now)
        following = self.playlist.next_number
        if sentence is None:
            sentence = (here.sentence_number if here else following) + 1
        if self._playhead.skip_within(sentence, now):
            self.playlist.skip_ahead(sentence)
            again = False
        else:
            restart = here is not None and here.sentence_number == sentence
            again = sentence < following or restart
            if again:
                self.playlist.go_back(sentence)
            else:
                self.playlist.skip_ahead(sentence)
            self._playhead.skip_all(now)
            self.log.break_off()
        # Two skips that nobody was told of yet are one.
        again = again or (self._skipped is not None and self._skipped.again)
        self._skipped = Skipped(seq=0, sentence_number=sentence, again=again)
        return sentence

    def greet(self, session_id: str, scene_id: int, greeting: str) -> None:
        """Number what every listener hears first, if that was not done."""
        if not self.log.last_seq:
            self.log.greet(session_id, scene_id, self.format, greeting)

    def number(self, now: float) -> Again | Literal["later"] | None:
        """Number what is there and due.

        Answered with what the next event waits for: a sentence to be read back, or its
        time; None if it has not come yet.
        """
        if self.concluded:
            return None
        if self._skipped is not None:
            skipped, self._skipped = self._skipped, None
            self.log.add(lambda seq: replace(skipped, seq=seq))
        while self._answers:
            self.log.add(self._answers.popleft())
        if self._text:
            text = "".join(self._text)
            self._text.clear()
            self.log.add(lambda seq: TextChunk(seq=seq, text=text))
        while (item := self.playlist.peek()) is not None:
            match item:
                case Gap(sentence, reason):
                    self.playlist.pop()
                    self.log.add_hole(sentence, reason)
                case Conclude() if self._unstored:
                    return None  # It would say that all is there.
                case Conclude(event):
                    self.log.add(event)
                    self.concluded = True
                    return None
                case _ if not self._pace.may_send(now):
                    return "later"
                case Play() as play:
                    self.playlist.pop()
                    self._place(play, play.pcm, now)
                case File(play, audio):
                    self.playlist.pop()
                    self._place(play, audio, now)
                case Again() as again:
                    return again
        return None

    def _place(self, play: Play, audio: bytes, now: float) -> None:
        number = play.sentence.number
        start_ms = self.playlist.starts_ms[number]
        self.log.add_audio(play, audio, self.format, start_ms)
        self._playhead.sent(number, duration_ms(play.pcm), now)

    def read_back(self, fetched: Fetched, *, after: int, spoken: bool) -> None:
        """What was not here any more has come.

        Of what was told already, it is for the event `after` which the listener is.  What
        is told now must not be a hole that the listener made, if it can be `spoken`.
        """
        fetch, recorded = fetched.fetch, fetched.recorded
        skipped = recorded is not None and recorded.skipped == SKIPPED
        if not fetch.speak:
            # One that was read before it was replaced is not what is missing now.
            if not (skipped and fetch.sentence in self._replaced):
                pcm = recorded.pcm if recorded is not None else b""
                self.log.put_back(after, fetch.sentence, pcm, fetched.file)
        elif self.playlist.waits_for(fetch.sentence) and not (skipped and spoken):
            self.playlist.replay(recorded, fetched.file)  # Else it is asked for again.

    def replaced(self, sentence: int, before: bytes) -> None:
        """It was spoken again, and `before` cannot be read back any more."""
        self.log.pin(sentence, before)
        self._replaced.add(sentence)
        self._unstored.add(sentence)

    def stored(self, sentence: int) -> None:
        """What was spoken again of it is saved."""
        self._unstored.discard(sentence)

    def drop_audio(self) -> None:
        """No audio is wanted any more, nor waited for."""
        self.playlist.drop()
        self._unstored.clear()
