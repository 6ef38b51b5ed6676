"""A stored scene of 2,000 words on the embedded voice: when it is heard, what it blocks.

Run in the project's folder: `PYTHONPATH=. python tests/benchmarks/benchmark_narration.py`.
The server runs in this process, so that the event loop can be watched from within; the
voice has its own.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from narration.config import Config, LLMConfig, ServerConfig, StoreConfig
from tests.web.services import ModelServer
from web.server import serving

WORDS = 2_000
ROUNDS = 5
LOOK_SECONDS = 0.001


class LoopWatch:
    """How long the event loop let others wait at the most, and how much of its own work came
    in one piece at the most: on a busy machine the first is the longer one.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.longest_work = 0.0

    async def run(self) -> None:
        while True:
            began, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(LOOK_SECONDS)
            self.longest = max(self.longest, time.perf_counter() - began - LOOK_SECONDS)
            self.longest_work = max(self.longest_work, time.thread_time() - worked)


def a_text(seed: int) -> str:
    """Some 14 words a sentence, five sentences a paragraph, none of them twice."""
    sentences = [
        f"In room {seed}-{n} a lamp was burning low, and {n} letters lay under it unread."
        for n in range(WORDS // 14)
    ]
    paragraphs = [" ".join(sentences[i : i + 5]) for i in range(0, len(sentences), 5)]
    return "\n\n".join(paragraphs)


async def narrate(
    http: aiohttp.ClientSession, scene_id: int, socket: Any
) -> tuple[float, ...]:
    """Seconds until its first sentence can be heard, and until all is stored."""
    began = time.perf_counter()
    async with http.post(f"/api/scenes/{scene_id}/narration") as response:
        assert response.status == 201, await response.text()
    first = 0.0
    while True:
        notice = await socket.receive_json()
        first = first or time.perf_counter() - began
        if notice["type"] == "tts_ready":
            assert notice["holes"] == 0
            return first, time.perf_counter() - began, notice["duration_ms"] / 1_000
        assert notice["type"] == "tts_progress", notice


async def measure(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/stories", json={"title": "Measured"}) as response:
        story_id = (await response.json())["id"]
    async with http.post(f"/api/stories/{story_id}/scenes") as response:
        scene_id = (await response.json())["id"]
    async with http.get("/api/me") as response:
        url = (await response.json())["notifications_url"]
    async with http.ws_connect(url) as socket:
        for number in range(ROUNDS):
            await http.patch(f"/api/scenes/{scene_id}", json={"text": a_text(number)})
            await show(f"narration {number + 1}", http, scene_id, socket)
        await http.patch(f"/api/scenes/{scene_id}", json={"text": "."})
        await http.patch(f"/api/scenes/{scene_id}", json={"text": a_text(0)})
        await show("all of it stored", http, scene_id, socket)


async def show(name: str, http: aiohttp.ClientSession, scene_id: int, socket: Any) -> None:
    watch, cpu = LoopWatch(), _cpu_seconds()
    watching = asyncio.create_task(watch.run())
    first, whole, audio = await narrate(http, scene_id, socket)
    watching.cancel()
    sys.stdout.write(
        f"{name:18} first sentence {first * 1_000:6.0f} ms, "
        f"all {audio:5.0f} s of audio {whole:6.1f} s, "
        f"longest block {watch.longest * 1_000:5.1f} ms "
        f"({watch.longest_work * 1_000:4.1f} ms of work), "
        f"server's CPU {_cpu_seconds() - cpu:5.1f} s\n"
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with TestServer(ModelServer().app()) as model:
            config = Config(
                server=ServerConfig(port=0),
                store=StoreConfig(path=str(Path(folder) / "narration.db")),
                llm=LLMConfig(url=str(model.make_url("/v1")), model="scripted"),
            )
            async with serving(config) as url, aiohttp.ClientSession(url) as http:
                await measure(http)


if __name__ == "__main__":
    asyncio.run(main())
