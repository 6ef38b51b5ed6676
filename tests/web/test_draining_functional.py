"""A server that is told to end: what its listeners hear, and what is left of their scenes."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pytest_aiohttp import AiohttpServer

from narration.audio import BYTES_PER_SAMPLE, decode
from narration.store import Store
from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer
from tests.web.conftest import audio_of, following, of_type
from tests.web.services import STORY, ModelServer, VoiceServer

SHUTDOWN_SECONDS = 6.0
START = "generate-with-tts-stream"
StartProcess = Callable[[float], Awaitable[RealServer]]


@pytest.fixture
async def start_process(
    aiohttp_server: AiohttpServer, model: ModelServer, voice: VoiceServer, tmp_path: Path
) -> AsyncIterator[StartProcess]:
    """Starts a server process, given its `drain_seconds`."""
    model_server = await aiohttp_server(model.app())
    voice_server = await aiohttp_server(voice.app())
    started: list[RealServer] = []

    async def go(drain_seconds: float) -> RealServer:
        settings = {
            "NARRATION_LLM__URL": f"http://127.0.0.1:{model_server.port}/v1",
            "NARRATION_LLM__MODEL": "scripted",
            "NARRATION_SPEECH__PROVIDERS__OPENAI__URL": f"http://127.0.0.1:{voice_server.port}/v1",
            "NARRATION_SPEECH__CHAIN": "[openai]",
            "NARRATION_SPEECH__PROVIDERS__OPENAI__VOICE": "v",
            "NARRATION_SERVER__DRAIN_SECONDS": str(drain_seconds),
            "NARRATION_SERVER__SHUTDOWN_SECONDS": str(SHUTDOWN_SECONDS),
        }
        started.append(await asyncio.to_thread(RealServer, tmp_path, **settings))
        return started[-1]

    yield go
    model.hold.set()
    for server in started:
        await asyncio.to_thread(server.end, signal.SIGKILL)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def begun(http: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with http.post(f"{url}/api/stories", json={"title": "The lamp"}) as response:
        story_id = (await response.json())["id"]
    start = f"{url}/api/stories/{story_id}/scenes/{START}"
    async with http.post(start) as response:
        assert response.status == 201, await response.text()
        session: dict[str, Any] = await response.json()
    return session | {"start": start}


def listening(http: aiohttp.ClientSession, session: dict[str, Any], after: int = 0) -> Any:
    url = f"{session['websocket_url']}?format=pcm&audio=binary&after={after}"
    return http.ws_connect(url, max_msg_size=0)


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


async def up_to_audio(socket: Any) -> list[Any]:
    heard = []
    async for message in following(socket):
        heard.append(message)
        if message["type"] == "audio_chunk" and message["final"]:
            break
    return heard


async def test_a_scene_that_is_nearly_done_comes_whole_and_all_but_new_ones_goes_on(
    start_process: StartProcess, http: aiohttp.ClientSession, model: ModelServer
) -> None:
    model.text = STORY * 5
    server = await start_process(60)
    session = await begun(http, server.url)
    async with listening(http, session) as socket:
        heard = await up_to_audio(socket)
        model.hold.clear()
    ending = asyncio.create_task(asyncio.to_thread(server.end, signal.SIGTERM))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with http.get(f"{server.url}/health/ready") as response:
                if response.status == 503:
                    break
            await asyncio.sleep(0.01)
    async with http.post(session["start"]) as response:
        assert (response.status, bool(response.headers["Retry-After"])) == (503, True)
        error = (await response.json())["error"]
        assert (error["code"], "shutting down" in error["message"]) == ("overloaded", True)
    async with http.get(f"{server.url}/health") as response:
        assert response.status == 200
    async with listening(http, session, heard[-1]["seq"]) as socket:
        model.hold.set()
        heard += [message async for message in following(socket)]
        assert socket.close_code == 1000
    assert heard[-1]["type"] == "generation_complete"
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    assert "".join(m["text"] for m in of_type(heard, "text_chunk")) == model.text
    assert await ending == 0
    assert "Traceback" not in server.log()


@pytest.mark.parametrize(
    ("how", "drain_seconds"),
    [(signal.SIGTERM, 0.3), (signal.SIGINT, 600), (signal.SIGHUP, 0.3)],
)
async def test_a_longer_one_is_saved_as_far_as_it_came_and_its_listener_told(
    start_process: StartProcess,
    http: aiohttp.ClientSession,
    model: ModelServer,
    tmp_path: Path,
    how: signal.Signals,
    drain_seconds: float,
) -> None:
    model.text = STORY * 20
    server = await start_process(drain_seconds)
    session = await begun(http, server.url)
    async with listening(http, session) as socket:
        heard = await up_to_audio(socket)
        model.hold.clear()
        ending = asyncio.create_task(asyncio.to_thread(server.end, how))
        heard += [message async for message in following(socket)]
        assert socket.close_code == 1000
    assert await ending == 0
    assert "Traceback" not in server.log()
    await asyncio.wait_for(model.all_closed.wait(), PATIENCE_SECONDS)
    last, scene_id = heard[-1], session["scene_id"]
    assert (last["type"], last["code"], last["scene_id"]) == ("error", "interrupted", scene_id)
    assert last["retryable"]
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    store = await Store.open(tmp_path / "narration.db")
    try:
        user = await store.user("local")
        scene = await store.scene(user, scene_id)
        sentences = await store.sentences(user, scene_id)
        stored = {
            one.number: await store.sentence_recording(user, scene_id, one.number)
            for one in sentences
            if one.duration_ms
        }
    finally:
        await store.close()
    shown = "".join(m["text"] for m in of_type(heard, "text_chunk"))
    assert (scene.text, scene.state) == (shown, "interrupted")
    audio = audio_of(heard)
    whole = {m["sentence_number"] for m in of_type(heard, "audio_chunk") if m["final"]}
    assert whole <= stored.keys()
    for number in whole:
        one = stored[number]
        pause = bytes(one.rest_samples * BYTES_PER_SAMPLE)
        assert await asyncio.to_thread(decode, one.audio) + pause == audio[number]


async def test_while_another_program_holds_the_file_listeners_are_told_and_the_server_ends(
    start_process: StartProcess,
    http: aiohttp.ClientSession,
    model: ModelServer,
    tmp_path: Path,
) -> None:
    model.text = STORY * 20
    server = await start_process(0)
    sessions = [await begun(http, server.url) for _ in range(8)]

    async def hear(session: dict[str, Any]) -> tuple[Any, int | None, float]:
        async with listening(http, session) as socket:
            await everybody_listens.wait()
            heard = [message async for message in following(socket)]
            return heard[-1], socket.close_code, time.monotonic()

    everybody_listens = asyncio.Barrier(len(sessions) + 1)
    listeners = [asyncio.create_task(hear(session)) for session in sessions]
    await everybody_listens.wait()
    with closing(connect(tmp_path / "narration.db")) as backup:
        await asyncio.to_thread(backup.execute, "BEGIN IMMEDIATE")
        began = time.monotonic()
        status = await asyncio.to_thread(server.end, signal.SIGTERM)
        took = time.monotonic() - began
        heard = await asyncio.gather(*listeners)
    assert status == 0
    assert "Traceback" not in server.log()
    assert took < SHUTDOWN_SECONDS + 6, "one write after the other would take minutes"
    for last, code, at in heard:
        assert (last["type"], last["code"], code) == ("error", "interrupted", 1000)
        assert at - began < SHUTDOWN_SECONDS, "before the time is up"
