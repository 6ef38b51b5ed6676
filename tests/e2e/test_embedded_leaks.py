"""After many scenes on the real model and voice, the server is as it was before."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer
from tests.web.conftest import following, message_of

pytestmark = pytest.mark.embedded

LATER = 10
"""So much may be opened later, and stay: a reader of the database, a thread of a pool."""
SCENES = 30
"""If one left a thing behind, so would they all."""


async def stopped_somewhere(
    http: aiohttp.ClientSession, url: str, story_id: int, dice: random.Random
) -> None:
    start = f"{url}/api/stories/{story_id}/scenes/generate-with-tts-stream"
    async with http.post(start) as response:
        session: dict[str, Any] = await response.json()
    stop = f"{url}/api/sessions/{session['session_id']}/stop"
    if dice.random() < 0.2:
        await asyncio.sleep(dice.uniform(0, 0.5))
        await http.post(stop)
        return
    how, patience = dice.choice(["socket", "http", "leave"]), dice.randrange(1, 40)
    query = dice.choice(["?format=pcm&audio=binary", "?format=mp3"])
    async with http.ws_connect(session["websocket_url"] + query, max_msg_size=0) as socket:
        async for _ in following(socket):
            patience -= 1
            if patience == 0 and how == "socket":
                await socket.send_json({"type": "stop"})
            elif patience == 0 and how == "http":
                await http.post(stop)
            elif patience == 0:
                # Leaving is not stopping: the text would be written to its end.
                await http.post(stop)
                return


async def scenes(url: str, count: int) -> None:
    dice = random.Random(7)
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/api/stories", json={"title": "Leaks"}) as response:
            story_id = (await response.json())["id"]
        for _ in range(count // 10):
            await asyncio.gather(
                *(stopped_somewhere(http, url, story_id, dice) for _ in range(10))
            )
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await _has_sessions(http, url):
                await asyncio.sleep(0.05)


async def encoder_is_there(url: str) -> None:
    """It starts when there is something to compress, and at the lowest priority."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with http.get(f"{url}/health/encoding") as response:
                if (await response.json())["works"]:
                    return
            await asyncio.sleep(0.05)


async def _has_sessions(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.get(f"{url}/health/actors") as response:
        return bool((await response.json())["sessions"].keys() > {"-"})


def _count(server: RealServer, what: str) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/{what}").iterdir()))


def test_scenes_stopped_at_random_leave_nothing_behind(tmp_path: Path) -> None:
    stays = ("NARRATION_SESSION__ENDED_SECONDS", "NARRATION_SESSION__GRACE_SECONDS")
    server = RealServer(tmp_path, **dict.fromkeys(stays, "2"))
    try:
        asyncio.run(scenes(server.url, 10))
        asyncio.run(encoder_is_there(server.url))
        children, threads = server.children(), _count(server, "task")
        files = _count(server, "fd")
        asyncio.run(scenes(server.url, SCENES))
        assert server.children() == children
        assert _count(server, "task") <= threads + LATER
        assert settled_files(server, files + LATER) <= files + LATER
    finally:
        server.end()


def settled_files(server: RealServer, wanted: int) -> int:
    """Open files and sockets, when connections kept for a next request have been closed."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (count := _count(server, "fd")) > wanted and time.monotonic() < end:
        time.sleep(0.2)
    return count


async def test_a_server_told_to_end_in_the_middle_of_a_scene_saves_it(tmp_path: Path) -> None:
    at_once = {"NARRATION_SERVER__DRAIN_SECONDS": "0"}
    server = await asyncio.to_thread(RealServer, tmp_path, **at_once)
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{server.url}/api/stories", json={"title": "x"}) as response:
            story_id = (await response.json())["id"]
        start = f"{server.url}/api/stories/{story_id}/scenes/generate-with-tts-stream"
        async with http.post(start) as response:
            session = await response.json()
        async with http.ws_connect(session["websocket_url"], max_msg_size=0) as socket:
            messages = [message_of(await socket.receive()) for _ in range(10)]
            ending = asyncio.create_task(asyncio.to_thread(server.end, signal.SIGTERM))
            messages += [message_of(raw) async for raw in socket]
        assert await ending == 0
    assert (messages[-1]["type"], messages[-1]["code"]) == ("error", "interrupted")
    assert "Traceback" not in await asyncio.to_thread(server.log)
