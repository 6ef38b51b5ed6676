"""Nobody who listens runs dry while the voice could have spoken in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal

import pytest

from actors.base import ask, start, stop
from actors.listener import Attach, Pause, Resume
from actors.plan import Background
from actors.session import NarrationSession
from narration.audio import BYTES_PER_MS
from narration.config import SessionConfig
from narration.events import AudioChunk, Event
from narration.speech import Audio
from narration.speech.scheduler import Claim
from narration.story import NarrationState
from tests.actors.conftest import Probe
from tests.actors.fakes import Listener, MemoryArchive, Model, Voice, plan
from tests.virtual_time import run

MS_PER_CHAR = 65
CHUNK_MS = 500
Act = tuple[float, Literal["pause", "resume"]]


class Speaker(Voice):
    """Takes `rtf` times as long as it speaks; the first few sentences it knows already."""

    def __init__(self, rtf: float, *, known: int = 0, streams: bool = False) -> None:
        super().__init__()
        self.rtf, self.known, self.streams = rtf, known, streams

    async def speak(self, text: str, claim: Claim | None = None) -> AsyncGenerator[Audio]:
        self.asked.append(text)
        chunks = len(text) * MS_PER_CHAR // CHUNK_MS
        seconds = (
            0.0 if len(self.asked) <= self.known else chunks * CHUNK_MS / 1_000 * self.rtf
        )
        if not self.streams:
            await asyncio.sleep(seconds)
        for _ in range(chunks):
            if self.streams:
                await asyncio.sleep(seconds / chunks)
            yield Audio(bytes(CHUNK_MS * BYTES_PER_MS))


class Player(Listener):
    """Plays what it gets, and counts the seconds in which it had nothing to play."""

    def __init__(self) -> None:
        super().__init__()
        self.dry_seconds = 0.0
        self.plays = True
        self._has_seconds = 0.0
        self._at: float | None = None

    def send(self, events: Sequence[Event]) -> int:
        self.go_on()
        for event in events:
            if isinstance(event, AudioChunk):
                self._has_seconds += event.duration_ms / 1_000
                if self._at is None:
                    self._at = asyncio.get_running_loop().time()
        return super().send(events)

    def go_on(self) -> None:
        """Up to now."""
        if self._at is None:
            return
        now = asyncio.get_running_loop().time()
        passed, self._at = now - self._at, now
        if self.plays:
            self.dry_seconds += max(passed - self._has_seconds, 0.0)
            self._has_seconds = max(self._has_seconds - passed, 0.0)

    def heard(self) -> set[int]:
        """The sentences of which the end has come."""
        return {
            e.sentence_number for e in self.events if isinstance(e, AudioChunk) and e.final
        }


def story_of(lengths: Sequence[int]) -> str:
    return " ".join("A" + " bcdef" * ((length - 2) // 6) + "." for length in lengths)


async def dry_seconds(
    lengths: Sequence[int], voice: Voice, acts: Sequence[Act] = (), **config: Any
) -> float:
    """How long a listener who says nothing but `acts` has nothing to hear."""
    player, model = Player(), Model(story_of(lengths), pace=0.0, piece=50)
    session = start(
        NarrationSession,
        plan(model, voice, MemoryArchive()),
        SessionConfig(**config),
        Probe(),
    )
    await ask(session, Attach(player, "pcm", 0))
    loop = asyncio.get_running_loop()
    for at, act in acts:
        await asyncio.sleep(at - loop.time())
        player.go_on()
        player.plays = act == "resume"
        session.tell(Resume() if player.plays else Pause())
    while len(player.heard()) < len(lengths):
        await asyncio.sleep(1)
        assert loop.time() < 3_600
    await stop(session)
    return player.dry_seconds


@pytest.mark.parametrize("ahead", [20.0, 60.0, 120.0])
@pytest.mark.parametrize("resumed_at", [9.0, 20.0])
def test_not_after_a_pause(ahead: float, resumed_at: float) -> None:
    async def main() -> None:
        windows = dict.fromkeys(["send_ahead_seconds", "synthesis_ahead_seconds"], ahead) | {
            "save_ahead_seconds": 600.0
        }
        acts: list[Act] = [(8.0, "pause"), (resumed_at, "resume")]
        assert await dry_seconds([245] * 12, Speaker(0.05), acts, **windows) == 0

    run(main())


@pytest.mark.parametrize("rtf", [0.02, 0.3, 0.9])
@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("ahead", [2.0, 10.0, 20.0])
def test_not_while_the_voice_keeps_up(rtf: float, *, streams: bool, ahead: float) -> None:
    async def main() -> None:
        voice = Speaker(rtf, streams=streams)
        lengths = [140, 60, 150, 80, 130, 70, 150, 90] * 2
        assert (
            await dry_seconds(lengths, voice, synthesis_ahead_seconds=max(ahead, 10.0)) < 0.1
        )

    run(main())


def test_not_because_of_sentences_that_were_known_and_came_at_once() -> None:
    async def main() -> None:
        assert await dry_seconds([240] * 20, Speaker(1.0, known=8)) == 0

    run(main())


def test_not_because_a_short_sentence_is_in_no_hurry_and_the_long_one_behind_it_is() -> None:
    async def main() -> None:
        lengths = [150] * 3 + [30, 245] * 6
        assert await dry_seconds(lengths, Speaker(1.2)) < 3

    run(main())


@pytest.mark.parametrize("save_ahead", [2.0, 5.0, 10.0, 60.0])
def test_a_sentence_longer_than_any_room_is_spoken_in_the_background(
    save_ahead: float,
) -> None:
    async def main() -> None:
        archive = MemoryArchive()
        background = Background(auto_play=False, notify=Probe())
        model = Model(story_of([245] * 12), pace=0.0, piece=50)
        session = start(
            NarrationSession,
            plan(model, Speaker(0.05), archive, background=background),
            SessionConfig(save_ahead_seconds=save_ahead),
            Probe(),
        )
        loop = asyncio.get_running_loop()
        while archive.narration is None:
            await asyncio.sleep(1)
            assert loop.time() < 30, "the voice takes 10 s for all of it"
        assert archive.narration is NarrationState.COMPLETE
        await stop(session)

    run(main())
