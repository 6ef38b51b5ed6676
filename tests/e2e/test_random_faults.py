"""Many listeners at once, two voices that fail again and again in every way: nobody hangs, and
nobody loses a word without being told.

`FAULT_SCENES=1000 FAULT_SEED=3 pytest -s tests/e2e/test_random_faults.py` is a longer run, and
`-s` shows what happened in it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import numpy as np
import pytest
from aiohttp import web as http
from aiohttp.test_utils import TestServer

from actors.base import figures
from narration.speech.provider import Provider
from tests.patience import PATIENCE_SECONDS
from tests.speech_servers.base import (
    CHAR_MS,
    HARMLESS,
    RATE,
    Fault,
    SpeechServer,
    pitch_of,
    running,
)
from tests.speech_servers.kokoro import KokoroServer
from tests.speech_servers.openai import OpenAIServer
from tests.web.conftest import (
    Client,
    StartServer,
    audio_of,
    begin,
    connect,
    hear,
    message_of,
    new_story,
    of_type,
)
from tests.web.services import ModelServer
from web.keys import PROVIDERS

SCENES = int(os.environ.get("FAULT_SCENES", "200"))
SEED = os.environ.get("FAULT_SEED", "1")
LISTENERS = 8
FAILING = 0.2
HARMLESSLY = 0.1
MOST_KEPT = 100
"""Objects that may be left of a scene: caches fill, and aiohttp lets go of a socket that was
closed only when its next heartbeat is due.
"""

_FAULTS = [fault for fault in Fault if fault not in HARMLESS]
_HARMLESS = [fault for fault in HARMLESS if fault is not Fault.NONE]
_NOISE = random.Random(1).randbytes(RATE * 2 * 30)


class Storyteller(ModelServer):
    """Tells of each lamp another story, so that no sentence was spoken before."""

    def app(self) -> http.Application:
        app = http.Application()
        app.router.add_post("/v1/chat/completions", self._tell)
        return app

    async def _tell(self, request: http.Request) -> http.StreamResponse:
        asked = (await request.json())["messages"][-1]["content"]
        response = http.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in re.findall(r"lamp (\d+)", asked)[-1:]:
            for sentence in story(int(number)):
                await self._send(response, {"content": sentence}, None)
        await self._send(response, {}, "stop")
        await response.write(b"data: [DONE]\n\n")
        return response


def story(number: int) -> list[str]:
    dice = random.Random(number)
    names = dice.sample(
        ["Mara", "Tom", "Ada", "Ben", "Ivy", "Leo", "Nell"], dice.choice([5, 6])
    )
    return [f"{name} saw lamp {number} on stair {k}. " for k, name in enumerate(names)]


class Faulty(SpeechServer):
    """A voice of which some requests fail: which, and how, is the same in every run."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: Counter[Fault] = Counter()
        self.retry_after = "0.05"
        self._asked: Counter[str] = Counter()

    def _due(self, text: str, voice: str) -> Fault:
        self._asked[text] += 1
        dice = random.Random(f"{SEED} {type(self).__name__} {text} {self._asked[text]}")
        luck, fault = dice.random(), Fault.NONE
        if luck < FAILING:
            fault = dice.choice(_FAULTS)
        elif luck < FAILING + HARMLESSLY:
            fault = dice.choice(_HARMLESS)
        self.faults[fault] += 1
        del self.requests[:]
        return fault

    def sound(self, text: str, fault: Fault = Fault.NONE) -> bytes:
        # Made once: half a minute of noise takes its time.
        return _NOISE if fault is Fault.TOO_LONG else super().sound(text, fault)


class First(Faulty, OpenAIServer):
    pass


class Second(Faulty, KokoroServer):
    pass


@asynccontextmanager
async def narration(start_server: StartServer) -> AsyncIterator[tuple[Client, First, Second]]:
    """The server, and its two voices."""
    limits = {
        "concurrency": 4,
        "first_audio_seconds": 0.4,
        "stall_seconds": 0.4,
        "sentence_seconds": 1.5,
    }
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(First()))
        second = await stack.enter_async_context(running(Second()))
        teller = await stack.enter_async_context(TestServer(Storyteller().app()))
        client = await start_server(
            llm={"url": str(teller.make_url("/v1"))},
            speech={
                "providers": {
                    "first": {"type": "openai", "url": first.url, **limits},
                    "second": {
                        "type": "kokoro",
                        "url": second.url,
                        "response_format": "wav",
                        **limits,
                    },
                },
                "retries": 1,
                "retry_seconds": 0.02,
                "max_retry_seconds": 0.2,
                "breaker_failures": 3,
                "breaker_seconds": 0.1,
                "outage_seconds": 1.0,
            },
            session={
                "send_ahead_seconds": 60,
                "synthesis_ahead_seconds": 60,
                "ended_seconds": 2,
            },
            text={"pause_between_sentences_ms": 0},
        )
        yield client, first, second


async def check_scene(
    client: Client, number: int, ends: Counter[str], *, hurried: bool
) -> None:
    """Hear one scene, and check that its listener gets all of it or is told of holes."""
    session = await begin(client, await new_story(client), f"Tell of lamp {number}.")
    query = "audio=binary&format=pcm"
    # One who has always heard all that there is waits for every sentence.  To one who says
    # nothing of it there is time.
    heard = await (hear if hurried else hear_in_peace)(client, session, query)
    told = story(number)
    text = "".join(told)
    assert [message["seq"] for message in heard] == list(range(1, len(heard) + 1))
    assert heard[-1]["type"] == "generation_complete"
    assert "".join(chunk["text"] for chunk in of_type(heard, "text_chunk")) == text
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        scene = await response.json()
    assert (scene["text"], scene["state"]) == (text, "complete")
    holes = {hole["sentence_number"]: hole for hole in of_type(heard, "sentence_skipped")}
    assert len(holes) == len(of_type(heard, "sentence_skipped"))
    chunks = of_type(heard, "audio_chunk")
    whole = [chunk["sentence_number"] for chunk in chunks if chunk["final"]]
    assert sorted([*whole, *holes]) == list(range(len(told))), (
        "neither whole nor a hole, or both"
    )
    order = [
        message["sentence_number"]
        for message in heard
        if message["type"] in ("audio_chunk", "sentence_skipped")
    ]
    assert order == sorted(order)
    for sentence, pcm in audio_of(heard).items():
        check_sound(pcm, told[sentence].strip(), part=sentence in holes)
    for sentence, hole in holes.items():
        assert hole["reason"]
        ends["part" if sentence in audio_of(heard) else "hole"] += 1
    ends["whole"] += len(whole)


async def hear_in_peace(client: Client, session: dict[str, Any], query: str) -> list[Any]:
    async with connect(client, session, query) as socket:
        heard = [message_of(message) async for message in socket]
        assert socket.close_code == 1000
    return heard


def check_sound(pcm: bytes, text: str, *, part: bool) -> None:
    """It is this sentence that is heard: no noise, no other, and not for much too long."""
    samples = np.frombuffer(pcm, "<i2").astype(int)
    expected = RATE * CHAR_MS / 1_000 * len(text)
    # The noise goes on for half a minute.  While a voice is not known some of it passes.
    assert len(samples) < RATE * (3.5 + 0.18 * len(text)), "much too long"
    if part:
        return
    assert len(samples) > 0.3 * expected, "much too short"
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    near = np.abs(hertz / pitch_of(text) - 1) < 0.05
    clean = spectrum[near].sum() / spectrum.sum()
    assert clean > 0.9, f"{1 - clean:.0%} of {len(samples) / expected:.0%} is something else"


async def test_no_fault_hangs_a_scene_or_loses_a_sentence_silently(
    start_server: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    # pytest would keep what is logged, and errors have all that was around them.
    caplog.set_level(logging.ERROR, "narration")
    async with narration(start_server) as (client, first, second):
        ends: Counter[str] = Counter()
        openings: Counter[str] = Counter()
        watching = asyncio.create_task(_watch(client, openings))
        began = asyncio.get_running_loop().time()
        # What is opened once, and stays, is open after these.
        await _hear_all(client, range(SCENES // 4), ends)
        tasks, objects = await _left(client, first, second)
        await _hear_all(client, range(SCENES // 4, SCENES), ends)
        seconds = asyncio.get_running_loop().time() - began
        watching.cancel()
        await asyncio.wait({watching})
        tasks_later, objects_later = await _left(client, first, second)
        kept = (objects_later - objects) / (SCENES - SCENES // 4)
        show(client, (first, second), ends, openings, seconds, kept)
        if SCENES >= 200:
            assert set(first.faults) == set(Fault)
        assert tasks_later <= tasks
        assert kept < MOST_KEPT, "every scene leaves something behind"
        assert ends["whole"] > 0.8 * ends.total()


async def _hear_all(client: Client, numbers: Iterable[int], ends: Counter[str]) -> None:
    left = iter(numbers)

    async def listener(at: int) -> None:
        for number in left:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await check_scene(client, number, ends, hurried=at % 2 == 0)

    async with asyncio.TaskGroup() as listeners:
        for at in range(LISTENERS):
            listeners.create_task(listener(at))


def _providers(client: Client) -> dict[str, Provider]:
    assert client.app is not None
    return client.app[PROVIDERS].all


async def _watch(client: Client, openings: Counter[str]) -> None:
    """Count how often a voice is left alone, as operators could see it."""
    states: dict[str, str] = {}
    while True:
        for name, provider in _providers(client).items():
            state = provider.figures().breaker.state
            if state == "open" != states.get(name):
                openings[name] += 1
            states[name] = state
        await asyncio.sleep(0.01)


async def _left(client: Client, first: First, second: Second) -> tuple[Counter[str], int]:
    """The tasks and the objects there are when all sessions have gone."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(figures()) > 2 or first.open or second.open:
            await asyncio.sleep(0.02)
        while (await _compressing(client))["waiting"]:
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.1)  # aiohttp's own tasks for sockets that just closed.
    assert [figure.actor for figure in figures()] == ["Narrator", "Notifier"]
    client._responses.clear()  # Those to the test itself.
    gc.collect()
    return _tasks(), len(gc.get_objects())


async def _compressing(client: Client) -> dict[str, Any]:
    async with client.get("/health/encoding") as response:
        figures: dict[str, Any] = await response.json()
        return figures


def _tasks() -> Counter[str]:
    """What runs, but aiohttp's task for each connection that a client keeps open."""
    running = Counter(getattr(t.get_coro(), "__qualname__", "") for t in asyncio.all_tasks())
    del running["RequestHandler.start"]
    return running


def show(
    client: Client,
    servers: tuple[Faulty, ...],
    ends: Counter[str],
    openings: Counter[str],
    seconds: float,
    kept: float,
) -> None:
    """Print what happened."""
    lines = [f"{SCENES} scenes, {LISTENERS} at once, seed {SEED}: {seconds:.1f} s", ""]
    lines.append(f"{'fault':22}" + "".join(f"{type(one).__name__:>10}" for one in servers))
    for fault in Fault:
        counts = "".join(f"{one.faults[fault]:10}" for one in servers)
        lines.append(f"{fault.name.lower():22}{counts}")
    lines.append("")
    providers = _providers(client)
    counts_of = [one.figures().counts for one in providers.values()]
    for name in ("attempts", "succeeded", "retried", "failed_over", "skipped"):
        lines.append(f"{name:22}" + "".join(f"{getattr(one, name):10}" for one in counts_of))
    lines.append(f"{'left alone':22}" + "".join(f"{openings[name]:10}" for name in providers))
    lines.append("")
    lines += [f"{kind:22}{ends[kind]:10} sentences" for kind in ("whole", "part", "hole")]
    lines.append(f"{'objects kept':22}{kept:10.1f} a scene")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
