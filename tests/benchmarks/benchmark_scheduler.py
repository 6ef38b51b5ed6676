"""What the order at a voice is worth: earliest deadline against first come, on the same load.

Eight listeners hear one scene after another from one voice that does one request at a
time and 1.3 times what eight listeners need.  Whole sessions run, on a virtual clock;
only the model, the voice, the disk and the ears are scripted.  Every other listener
reports where it is.

Run in the project's folder: `PYTHONPATH=. python tests/benchmarks/benchmark_scheduler.py`.
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
import zlib
from collections.abc import AsyncGenerator, Sequence
from operator import gt, lt
from statistics import fmean, quantiles
from typing import NamedTuple

from actors.base import ActorRef, start, stop
from actors.listener import Attach, Farewell, Playback
from actors.plan import Plan, Voicing
from actors.session import Command, NarrationSession
from narration.audio import BYTES_PER_MS
from narration.config import SessionConfig
from narration.events import AudioChunk, AudioFormat, Event
from narration.llm import Finish
from narration.speech import Audio
from narration.speech.scheduler import Claim, Scheduler
from narration.story import NarrationState, RecordedSentence, SceneState
from narration.text import Cutter
from tests.virtual_time import run

LISTENERS = 8
CAPACITY = 1.3
SCENES = 2
SEEDS = range(10)
LOADS = {"one after another, within a minute": 60.0, "nearly all at once": 2.0}
"""Within how many seconds the listeners come."""
RTF = 1 / (LISTENERS * CAPACITY)
MS_PER_CHAR = 65
PIECE_MS = 400
CHARS_PER_SECOND = 160
REPORT_SECONDS = 0.5
PAUSE_MS = 120

ORDERS = ("first come", "earliest deadline")


class Heard(NamedTuple):
    """How a scene was for its listener."""

    first_audio: float
    underrun: float
    seconds: float


class Voice:
    """Speaks a text the same way, however often and whenever it is asked."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._scheduler = Scheduler("voice", 1)

    async def synthesize(self, text: str, claim: Claim) -> AsyncGenerator[Audio]:
        if self._order == "first come":
            # All are due when they come: so they are served as they come.
            claim = Claim(claim.who, asyncio.get_running_loop().time(), first=False)
        slowness = random.Random(zlib.crc32(text.encode())).uniform(0.8, 1.2)
        left_ms = round(len(text) * MS_PER_CHAR * slowness)
        async with self._scheduler.place(claim):
            while left_ms > 0:
                piece_ms = min(PIECE_MS, left_ms)
                await asyncio.sleep(piece_ms / 1_000 * RTF)
                yield Audio(bytes(piece_ms * BYTES_PER_MS))
                left_ms -= piece_ms


class Ears:
    """A listener's player, which plays what it has, and whether it `reports` where it is."""

    def __init__(self, reports: bool) -> None:
        self._time = asyncio.get_running_loop().time
        self._reports = reports
        self._begun_at = self._time()
        self._first_at = math.nan
        self._dry_at = math.nan
        self._underrun = self._seconds = 0.0
        self._sentences: list[tuple[float, int]] = []
        self.over: asyncio.Future[Farewell] = asyncio.get_running_loop().create_future()

    def send(self, events: Sequence[Event]) -> int:
        for event in events:
            if isinstance(event, AudioChunk):
                self._take(event)
        return len(events)

    async def room(self) -> None: ...

    def leave(self, why: Farewell) -> None:
        self.over.set_result(why)

    def _take(self, chunk: AudioChunk) -> None:
        now = self._time()
        if math.isnan(self._dry_at):
            self._first_at = self._dry_at = now
        self._underrun += max(now - self._dry_at, 0.0)
        self._dry_at = max(now, self._dry_at)
        if not chunk.chunk_number:
            self._sentences.append((self._dry_at, chunk.sentence_number))
        self._dry_at += chunk.duration_ms / 1_000
        self._seconds += chunk.duration_ms / 1_000

    async def report_to(self, session: ActorRef[Command]) -> None:
        while self._reports and not self.over.done():
            await asyncio.sleep(REPORT_SECONDS)
            now = self._time()
            playing = [one for one in self._sentences if one[0] <= now]
            if playing:
                began, number = playing[-1]
                session.tell(Playback(number, (min(now, self._dry_at) - began) * 1_000))

    def heard(self) -> Heard:
        return Heard(self._first_at - self._begun_at, self._underrun, self._seconds)


class Forgets:
    """A disk that is never read."""

    def save(
        self, text: str | None, sentences: Sequence[RecordedSentence]
    ) -> asyncio.Future[None]:
        return _done()

    async def load_sentence(self, number: int) -> RecordedSentence | None:
        return None

    def finish_text(self, text: str, state: SceneState) -> asyncio.Future[None]:
        return _done()

    def finish_narration(
        self, state: NarrationState, message: str | None
    ) -> asyncio.Future[None]:
        return _done()


def _done() -> asyncio.Future[None]:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


class Nobody:
    def tell(self, message: object) -> None: ...


def story(seeded: random.Random) -> str:
    """A scene of one to four minutes, with sentences of 2 to 30 words."""
    sentences: list[str] = []
    chars = seeded.randrange(1_000, 3_500)
    while sum(map(len, sentences)) < chars:
        count = min(max(round(seeded.lognormvariate(2.3, 0.6)), 2), 30)
        words = [("x" * round(seeded.triangular(1, 11, 4))) for _ in range(count)]
        sentences.append(" ".join(words).capitalize() + ".")
    return " ".join(sentences)


async def model(text: str) -> AsyncGenerator[str | Finish]:
    await asyncio.sleep(0.3)
    for begin in range(0, len(text), 4):
        await asyncio.sleep(4 / CHARS_PER_SECOND)
        yield text[begin : begin + 4]
    yield Finish("stop")


async def as_it_is(pcm: bytes, format: AudioFormat) -> bytes:
    return pcm


async def hear(name: str, text: str, voice: Voice, *, reports: bool) -> Heard:
    """One scene, from the request to the end of its audio."""
    plan = Plan(
        session_id=name,
        user_id=1,
        story_id=1,
        scene_id=1,
        greeting="",
        source=model(text),
        max_chars=100_000,
        voicing=Voicing(
            synthesize=voice.synthesize,
            rest_ms=lambda _: PAUSE_MS,
            cutter=Cutter(),
            idle_ms=300,
        ),
        archive=Forgets(),
        encode=as_it_is,
        spares=lambda _: True,
    )
    session = start(NarrationSession, plan, SessionConfig(), Nobody())
    ears = Ears(reports)
    session.tell(Attach(ears, "pcm", 0))
    reporting = asyncio.create_task(ears.report_to(session))
    assert await ears.over == "ended"
    await reporting
    await stop(session)
    return ears.heard()


async def evening(
    order: str, seed: int, *, join_within: float, scenes: int
) -> list[list[Heard]]:
    """What each listener heard."""
    seeded = random.Random(seed)
    voice = Voice(order)

    async def listen(number: int, joins: float, parts: list[tuple[float, str]]) -> list[Heard]:
        await asyncio.sleep(joins)
        heard = []
        for part, (pause, text) in enumerate(parts):
            name = f"{number}-{part}"
            heard.append(await hear(name, text, voice, reports=number % 2 == 0))
            await asyncio.sleep(pause)
        return heard

    listeners = [
        listen(
            number,
            seeded.uniform(0, join_within),
            [(seeded.uniform(1, 10), story(seeded)) for _ in range(scenes)],
        )
        for number in range(LISTENERS)
    ]
    return await asyncio.gather(*listeners)


class Figures(NamedTuple):
    """Of one load in one order, in seconds."""

    underrun: float
    worst: float
    mean: float
    p95: float
    longest: float


def measure(order: str, seed: int, *, join_within: float, scenes: int = SCENES) -> Figures:
    listeners = run(evening(order, seed, join_within=join_within, scenes=scenes))
    underruns = [sum(scene.underrun for scene in heard) for heard in listeners]
    first = [scene.first_audio for heard in listeners for scene in heard]
    p95 = quantiles(first, n=20, method="inclusive")[-1]
    return Figures(sum(underruns), max(underruns), fmean(first), p95, max(first))


def show(name: str, *cells: object) -> None:
    sys.stdout.write(f"{name:28}" + "".join(f"{cell:>12}" for cell in cells) + "\n")


def compare(name: str, join_within: float) -> None:
    sys.stdout.write(f"\n{name}\n")
    show("", "underrun,", "underrun,", "first", "first", "first")
    show("", "all", "worst", "audio,", "audio,", "audio,")
    show("seconds", "listeners", "listener", "mean", "p95", "max")
    found: dict[str, list[Figures]] = {order: [] for order in ORDERS}
    for seed in SEEDS:
        for order in ORDERS:
            found[order].append(measure(order, seed, join_within=join_within))
            show(f"{order}, seed {seed}", *(f"{value:.2f}" for value in found[order][-1]))
    come, due = (list(zip(*found[order], strict=True)) for order in ORDERS)
    for order, columns in zip(ORDERS, (come, due), strict=True):
        show(f"{order}, mean", *(f"{fmean(column):.2f}" for column in columns))
    pairs = list(zip(come, due, strict=True))
    ratios = (sum(a) / sum(b) if any(b) else math.inf for a, b in pairs)
    show("so many times less", *(f"{ratio:.1f}" for ratio in ratios))
    show("seeds with less", *(sum(map(gt, a, b)) for a, b in pairs))
    show("seeds with more", *(sum(map(lt, a, b)) for a, b in pairs))


def main() -> None:
    for name, join_within in LOADS.items():
        compare(name, join_within)


if __name__ == "__main__":
    main()
