"""Whatever a listener does, in whatever order: the story is whole, once, and in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from actors.base import figures, start, stopped
from actors.listener import (
    Attach,
    Detach,
    Farewell,
    Pause,
    Playback,
    Resume,
    Retire,
    Say,
    Skip,
    Stop,
    status,
)
from actors.plan import Background
from actors.protocol import SKIPPED
from actors.session import NarrationSession
from narration.audio import duration_ms
from narration.config import SessionConfig
from narration.errors import LLMError
from narration.events import (
    AudioChunk,
    AudioFormat,
    Error,
    Event,
    GenerationComplete,
    GenerationStopped,
    Pong,
    SentenceSkipped,
    Skipped,
    TextChunk,
)
from narration.notices import TTSFailed, TTSProgress, TTSReady
from narration.speech import Audio
from narration.speech.scheduler import Claim, Scheduler
from narration.story import Beginning, NarrationState, SceneState, Sentence
from narration.text import Cutter, clean
from tests.actors.conftest import Probe
from tests.actors.fakes import MemoryArchive, Model, Voice, plan, sound
from tests.virtual_time import VirtualLoop

T = TypeVar("T")

WORDS = ("lamp", "storm", "harbour", "keeper", "silence", "broken", "letter", "door")
NOTHING = "nothing to say"
BROKEN = "broken"
CRASHING = "door"
MUTE = "letter"
"""What the encoder cannot encode."""
CONFIG = SessionConfig(
    send_ahead_seconds=2, synthesis_ahead_seconds=4, worker_restarts=100, max_seconds=100_000
)


def a_story(seed: int, sentences: int) -> str:
    chosen = random.Random(seed)
    written = []
    for number in range(sentences):
        words = " ".join(chosen.choices(WORDS, k=chosen.randint(3, 9)))
        written.append(f"Number {number} has {words}.")
        if chosen.random() < 0.1:
            written.append("* * *\n\n")
    return " ".join(written)


class Socket:
    """One connection of the client's; it may be slow, and break at any event."""

    def __init__(self, client: Client, after: int, pace: float, breaks_after: int) -> None:
        self.client, self.next_seq, self.pace = client, after + 1, pace
        self.left = breaks_after
        self.has_room = True
        self.farewell: Farewell | None = None

    def send(self, events: Sequence[Event]) -> int:
        taken = 0
        for event in events:
            if self.pace and not self.has_room:
                break
            if not self.left or self.farewell is not None:
                raise ConnectionResetError("the socket is closed")
            self.left -= 1
            assert event.seq == self.next_seq
            self.next_seq += 1
            self.client.hears(event)
            self.has_room = False
            taken += 1
        return taken

    async def room(self) -> None:
        await asyncio.sleep(self.pace)
        if self.farewell is not None:
            raise ConnectionResetError("the socket is closed")
        self.has_room = True

    def leave(self, why: Farewell) -> None:
        self.farewell = why


async def encode(pcm: bytes, format: AudioFormat) -> bytes:
    await asyncio.sleep(0.05)
    if MUTE.encode() in pcm:
        raise ValueError("not of that")
    return format.encode() + pcm


class Disk(MemoryArchive):
    """Fails from one write on."""

    lasts = 10_000

    async def _write(self) -> None:
        self.lasts -= 1
        self.fails = self.lasts < 0
        await super()._write()


class Client:
    """Keeps every event, and knows that the same number is the same event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def hears(self, event: Event) -> None:
        if event.seq <= len(self.events):
            assert event == self.events[event.seq - 1], "resumed, it is another event"
        else:
            assert event.seq == len(self.events) + 1, "an event is lost"
            self.events.append(event)


class Listening(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        asyncio.set_event_loop(self.loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(
        seed=st.integers(0, 10_000),
        sentences=st.one_of(st.integers(0, 3), st.integers(12, 40)),
        pace=st.sampled_from([0.0, 0.01, 0.2]),
        voice_pace=st.sampled_from([0.0, 0.05, 0.5]),
        disk_pace=st.sampled_from([0.001, 0.3]),
        fails=st.booleans(),
        format=st.sampled_from(["pcm", "mp3"]),
        chunks=st.sampled_from([6, 6, 45]),
        before=st.sampled_from([0, 0, 4]),
        crashing=st.sampled_from([(), (), (CRASHING,)]),
        disk_lasts=st.sampled_from([10_000] * 17 + [3, 12, 30]),
        awaited=st.booleans(),
        background=st.sampled_from([False, False, True]),
    )
    def begin(
        self,
        seed: int,
        sentences: int,
        pace: float,
        voice_pace: float,
        disk_pace: float,
        fails: bool,
        format: AudioFormat,
        chunks: int,
        before: int,
        crashing: tuple[str, ...],
        disk_lasts: int,
        awaited: bool,
        background: bool,
    ) -> None:
        if background:  # Then all of the text is there.
            fails, before = False, 0
        self.background = background
        self.user = Probe()
        self.format = format
        self.chunks = chunks
        story = " " * bool(before) + a_story(seed, sentences)
        end = LLMError("model", "broke off", retryable=True)
        self.model = Model(story, pace=pace, piece=7, **({"end": end} if fails else {}))
        self.fails = fails
        self.voice = Voice(voice_pace, chunks, [BROKEN], crashing, seed)
        self.crashing = crashing
        self.scheduler = Scheduler("voice", 1)
        self.archive = Disk(pace=disk_pace)
        self.archive.lasts = disk_lasts
        self.disk_fails = disk_lasts < 10_000
        self.beginning = self._narrated_before(a_story(seed + 1, before))
        self.client = Client()
        self.socket: Socket | None = None
        self.stopped = self.retired = self.reported = False
        self.lead_ms = 0.0
        self.run(self._begin())
        if not awaited:
            self._connect(0)

    def _narrated_before(self, text: str) -> Beginning:
        """All but the last of these sentences were spoken, and one of them skipped."""
        cutter = Cutter(min_sentence_length=20, first_unit_min=0)
        units = [*cutter.feed(text), *cutter.flush()][:-1]
        starts, ms = [], 0.0
        for n, unit in enumerate(units):
            starts.append(ms)
            spoken = clean(unit.text)
            one = Sentence(n, unit.text, spoken, unit.start, unit.end, unit.paragraph_end)
            self.archive.sentences[n] = one
            if n == 1 or not spoken:
                self.archive.holes[n] = SKIPPED if spoken else NOTHING
                self.archive.broken[n] = b""
            else:
                self.archive.audio[n] = self._sound_of(unit.text)
                ms += duration_ms(self.archive.audio[n])
        self.archive.text = text
        return Beginning(
            text=text,
            spoken_chars=units[-1].end if units else 0,
            starts_ms=tuple(starts),
            audio_ms=ms,
        )

    async def _begin(self) -> None:
        in_background = Background(auto_play=True, notify=self.user)
        scripted = plan(
            self.model,
            self.voice,
            self.archive,
            beginning=self.beginning,
            background=in_background if self.background else None,
        )
        scripted = msgspec.structs.replace(scripted, encode=encode)
        assert scripted.voicing is not None
        voicing = msgspec.structs.replace(scripted.voicing, synthesize=self._synthesize)
        scripted = msgspec.structs.replace(scripted, voicing=voicing)
        self.session = start(NarrationSession, scripted, CONFIG, Probe())
        await asyncio.sleep(0)

    async def _synthesize(self, text: str, claim: Claim) -> AsyncGenerator[Audio]:
        async with self.scheduler.place(claim), aclosing(self.voice.speak(text)) as audio:
            async for pcm in audio:
                yield pcm

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.03, 0.3]))
    def a_moment_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from([1.0, 3.0, 8.0]))
    def time_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @rule(
        back=st.one_of(st.just(0), st.integers(0, 25), st.integers(0, 300)),
        pace=st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.05, 5.0]),
        breaks_after=st.sampled_from([0, 1, 5, 17] + [10_000] * 6),
    )
    def connects(self, back: int, pace: float, breaks_after: int) -> None:
        """Comes (back) with any number that it has, also while another socket is open."""
        after = max(len(self.client.events) - back, 0)
        self._connect(after, pace, breaks_after)

    def _connect(self, after: int, pace: float = 0.0, breaks_after: int = 10_000) -> None:
        self.socket = Socket(self.client, after, pace, breaks_after)
        first = not self.client.events
        self.session.tell(Attach(self.socket, self.format if first else None, after))
        self.run(asyncio.sleep(0))
        if self.session.is_alive():
            # He may have gone back, to before what he had heard.
            self.lead_ms = max(self.lead_ms, self._lead_ms())

    def _lead_ms(self) -> float:
        return self.run(status(self.session)).listening.lead_ms

    @precondition(lambda self: bool(self.client.events))
    @rule(other=st.booleans())
    def is_refused(self, other: bool) -> None:
        """Somebody asks for what cannot be; who listens is not disturbed."""
        format: AudioFormat = "wav" if other else self.format
        stranger = Socket(Client(), 0, 0.0, 0)
        self.session.tell(Attach(stranger, format, 0 if other else 1_000_000))
        self.session.tell(Detach(stranger))
        self.run(asyncio.sleep(0))
        if self.socket is not None:
            assert self.socket.farewell != "replaced"

    @precondition(lambda self: self.socket is not None)
    @rule()
    def disconnects(self) -> None:
        assert self.socket is not None
        self.session.tell(Detach(self.socket))
        self.run(asyncio.sleep(0))
        self.socket.left = 0
        self.socket = None

    @rule(
        sentences=st.lists(
            st.one_of(st.none(), st.integers(0, 12), st.integers(0, 40), st.just(1_000_000)),
            min_size=1,
            max_size=3,
        )
    )
    def skips(self, sentences: list[int | None]) -> None:
        for sentence in sentences:
            self.session.tell(Skip(sentence))
        self.run(asyncio.sleep(0))

    @rule(twice=st.booleans())
    def pauses(self, twice: bool) -> None:
        for _ in range(1 + twice):
            self.session.tell(Pause())
        self.run(asyncio.sleep(0))

    @rule()
    def resumes(self) -> None:
        self.session.tell(Resume())
        self.run(asyncio.sleep(0))

    @rule(sentence=st.integers(0, 16), position_ms=st.floats(0, 2_000))
    def reports(self, sentence: int, position_ms: float) -> None:
        self.reported = True  # Maybe that he is where he was long ago.
        self.session.tell(Playback(sentence, position_ms))
        self.run(asyncio.sleep(0))

    @precondition(lambda self: self.socket is not None)
    @rule()
    def pings(self) -> None:
        self.session.tell(Say(lambda seq: Pong(seq=seq)))
        self.run(asyncio.sleep(0))

    @precondition(lambda self: self.loop.time() > 8)
    @rule(really=st.sampled_from([False, False, True]))
    def stops(self, really: bool) -> None:
        if really:
            self.stopped = True
            self.session.tell(Stop())
            self.run(asyncio.sleep(0))

    @precondition(lambda self: self.loop.time() > 8)
    @rule(really=st.sampled_from([False, False, False, True]))
    def server_ends(self, really: bool) -> None:
        if really:
            self.stopped = self.retired = True
            self.session.tell(Retire())
            self.run(asyncio.sleep(0))

    @invariant()
    def what_waits_is_bounded(self) -> None:
        if self.session.is_alive() and not self.reported and not self.background:
            assert self._lead_ms() <= max(self.lead_ms, 4_000 + 4 * self.chunks * 100)

    def teardown(self) -> None:
        try:
            if hasattr(self, "session"):
                self._finish()
        finally:
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
            asyncio.set_event_loop(None)

    def _finish(self) -> None:
        expired = not self.session.is_alive() or self._listener() == "gone"
        if not expired:
            self.session.tell(Resume())
            self._connect(len(self.client.events))
        self.run(asyncio.wait_for(stopped(self.session), 10_000))
        self._nothing_is_left()
        if not expired:
            assert self.socket is not None
            assert self.socket.farewell == "ended" or self.retired
        if self.socket is not None and self.socket.farewell == "ended":
            self._text_is_whole()
            self._last_event_is_true()
            self._audio_is_in_order()
        self._archive_is_true()
        if self.background:
            self._user_knows()

    def _listener(self) -> str:
        return self.run(status(self.session)).listener

    def _nothing_is_left(self) -> None:
        assert (self.model.running, self.voice.running) == (0, 0)
        self.run(asyncio.sleep(0.001))
        assert figures() == []
        slots = self.run(self._slots())
        assert (slots.busy, slots.waiting) == ((), ())
        assert asyncio.all_tasks(self.loop) == set()

    async def _slots(self) -> Any:
        return self.scheduler.figures()

    def _text_is_whole(self) -> None:
        text = "".join(e.text for e in self.client.events if isinstance(e, TextChunk))
        if self.disk_fails:
            assert text.startswith(self._new_text())
        else:
            assert text == self._new_text()
        if not self._cut:
            assert text == self.model.story

    @property
    def _cut(self) -> bool:
        return self.stopped or self.disk_fails or self._hopeless

    @property
    def _hopeless(self) -> bool:
        """Whether a session in the background gave up."""
        last = self.user[-1].notice if self.user else None
        return isinstance(last, TTSFailed) and not self.disk_fails

    def _new_text(self) -> str:
        return self.archive.text[len(self.beginning.text) :]

    def _last_event_is_true(self) -> None:
        last = self.client.events[-1]
        if self._cut:  # Or it was stopped when all was told.
            assert isinstance(last, GenerationStopped | GenerationComplete | Error)
        elif self.fails:
            assert isinstance(last, Error)
            assert (last.code, last.scene_id) == ("llm_failed", 7)
        else:
            assert isinstance(last, GenerationComplete)
            assert last.total_sentences == len(self.archive.sentences)

    def _user_knows(self) -> None:
        notices = [told.notice for told in self.user]
        assert all(isinstance(it, TTSProgress) for it in notices[:-1])
        if self._hopeless:
            holes = self.archive.holes
            failed = [n for n, reason in holes.items() if reason not in (SKIPPED, NOTHING)]
            assert len(failed) >= 3 or not self.archive.audio
            assert self.archive.narration is NarrationState.FAILED
        elif not self._cut:
            last = notices[-1]
            assert isinstance(last, TTSReady)
            assert last.chunk_count >= len(self.archive.audio)
            assert self.archive.narration is NarrationState.COMPLETE
            assert SKIPPED not in self.archive.holes.values(), "it was made for others, too"
            assert len(notices) > 1 or not last.chunk_count

    def _audio_is_in_order(self) -> None:
        """Follow the events as a player would."""
        cursor, target, heard = len(self.beginning.starts_ms), 0, b""
        told = set(range(cursor))
        for event in self.client.events:
            match event:
                case Skipped(sentence_number=number, again=again):
                    target = number
                    if again:
                        cursor, heard = number, b""
                case SentenceSkipped(sentence_number=number):
                    if cursor < target == number:
                        cursor = target  # It was a hole before, and is one again.
                    assert number in (cursor, len(told)), "out of order, or twice"
                    told.add(number)
                    if number == cursor:
                        cursor, heard = number + 1, b""
                case AudioChunk(sentence_number=number):
                    if cursor < target and number != cursor:
                        cursor, heard = target, b""  # What would have been heard again.
                    assert number == cursor
                    assert isinstance(event.audio, bytes)
                    self._sounds_right(event, heard)
                    heard += event.audio
                    if event.final:
                        told.add(number)
                        assert heard == self._file(self._sound_of(event.sentence_text))
                        assert self._cut or number in self.archive.audio
                        cursor, heard = number + 1, b""
                case _:
                    pass
        if isinstance(self.client.events[-1], GenerationComplete):
            assert told == set(range(len(self.archive.sentences)))

    def _sounds_right(self, chunk: AudioChunk, before: bytes) -> None:
        assert isinstance(chunk.audio, bytes)
        whole = self._file(self._sound_of(chunk.sentence_text))
        assert whole[len(before) :].startswith(chunk.audio)
        if self.format == "pcm":
            assert chunk.duration_ms == pytest.approx(duration_ms(chunk.audio))

    def _sound_of(self, text: str) -> bytes:
        return b"".join(sound(clean(text), number) for number in range(self.chunks))

    def _file(self, pcm: bytes) -> bytes:
        return pcm if self.format == "pcm" else self.format.encode() + pcm

    def _archive_is_true(self) -> None:
        assert self.archive.text.startswith(self.beginning.text)
        assert self.model.story.startswith(self._new_text())
        if not self._cut:
            assert self._new_text() == self.model.story
            assert self.archive.state is (
                SceneState.PARTIAL if self.fails else SceneState.COMPLETE
            )
        for number, sentence in self.archive.sentences.items():
            assert sentence.text == self.archive.text[sentence.start : sentence.end]
            whole = self._sound_of(sentence.text)
            if number in self.archive.audio:
                assert self.archive.audio[number] == whole
            else:
                assert whole.startswith(self.archive.broken[number])
                fails = any(word in sentence.text for word in (BROKEN, *self.crashing))
                if not fails and sentence.spoken:
                    assert self.archive.holes[number] == SKIPPED
        numbers = sorted(self.archive.sentences)
        assert numbers == list(range(len(numbers)))


TestAnySequence = Listening.TestCase
TestAnySequence.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
