"""A server that is killed at any moment loses no more than the last second, and says so.

`TEST_KILLS=20 python -m pytest -s tests/e2e/test_killed_server.py` kills it oftener.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer
from tests.web.conftest import message_of
from tests.web.services import STORY, ModelServer, VoiceServer

KILLS = int(os.environ.get("TEST_KILLS", "3"))
SCENES = 4
LAG_SECONDS = 1.0 + 1.5
"""What the server promises, and what a busy machine may add."""
"""Text that was on the screen for this long is on the disk."""


class Reader:
    """Hears one scene, and remembers when it read how much."""

    def __init__(self, session: dict[str, Any]) -> None:
        self.session = session
        self.text = ""
        self.seq = 0
        self.read: list[tuple[float, int]] = []
        self.complete = False

    async def listen(self, http: aiohttp.ClientSession) -> None:
        url = self.session["websocket_url"] + "?format=pcm&audio=binary"
        try:
            async with http.ws_connect(url, max_msg_size=0) as socket:
                async for raw in socket:
                    await self._take(message_of(raw), socket)
        except aiohttp.ClientError:
            pass  # It was killed.

    async def _take(self, event: Any, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.seq = event["seq"]
        if event["type"] == "text_chunk":
            self.text += event["text"]
            self.read.append((time.monotonic(), len(self.text)))
        elif event["type"] == "audio_chunk":
            place = {"sentence_number": event["sentence_number"], "position_ms": 1e6}
            await socket.send_json({"type": "playback", **place})
        self.complete = self.complete or event["type"] == "generation_complete"

    def read_before(self, moment: float) -> int:
        return max((length for at, length in self.read if at <= moment), default=0)


async def test_a_server_killed_at_any_moment_loses_no_more_than_the_last_second(
    tmp_path: Path,
) -> None:
    dice = random.Random(5)
    model, voice = ModelServer(), VoiceServer()
    model.text, model.pace = (STORY + "\n\n") * 8, 0.012
    async with TestServer(model.app()) as llm, TestServer(voice.app()) as speech:
        settings = {
            "NARRATION_LLM__URL": str(llm.make_url("/v1")),
            "NARRATION_LLM__MODEL": "any",
            "NARRATION_SPEECH__PROVIDERS__OPENAI__URL": str(speech.make_url("/v1")),
            "NARRATION_SPEECH__CHAIN": "[openai]",
            "NARRATION_SPEECH__PROVIDERS__OPENAI__CONCURRENCY": "4",
        }
        seen: dict[str, int] = {}
        for _ in range(KILLS):
            for state in await _kill_once(tmp_path, settings, dice, model):
                seen[state] = seen.get(state, 0) + 1
    sys.stdout.write(f"{KILLS} kills, {SCENES} scenes each: {seen}\n")
    assert seen.get("interrupted"), "no scene was killed in the middle"


async def _kill_once(
    folder: Path, settings: dict[str, str], dice: random.Random, model: ModelServer
) -> list[str]:
    server = await asyncio.to_thread(RealServer, folder, **settings)
    try:
        async with aiohttp.ClientSession() as http:
            readers = await _begin(http, server.url)
            listening = [asyncio.create_task(reader.listen(http)) for reader in readers]
            await asyncio.sleep(dice.uniform(0.1, 3.5))
            killed_at = time.monotonic()
            server.process.send_signal(signal.SIGKILL)
            await asyncio.gather(*listening)
    finally:
        await asyncio.to_thread(server.end)
    _is_sound(folder / "narration.db")
    again = await asyncio.to_thread(RealServer, folder, **settings)
    try:
        async with aiohttp.ClientSession(again.url) as http:
            states = [await _check(http, reader, killed_at, model) for reader in readers]
            for reader, state in zip(readers, states, strict=True):
                if state == "interrupted":
                    await _goes_on(http, reader.session["scene_id"], model)
                    break
            return states
    finally:
        await asyncio.to_thread(again.end)


async def _begin(http: aiohttp.ClientSession, url: str) -> list[Reader]:
    async with http.post(f"{url}/api/stories", json={"title": "Killed"}) as response:
        story = (await response.json())["id"]
    readers = []
    for _ in range(SCENES):
        start = f"{url}/api/stories/{story}/scenes/generate-with-tts-stream"
        async with http.post(start) as response:
            readers.append(Reader(await response.json()))
    return readers


def _is_sound(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


async def _check(
    http: aiohttp.ClientSession, reader: Reader, killed_at: float, model: ModelServer
) -> str:
    scene_id = reader.session["scene_id"]
    async with http.get(f"/api/scenes/{scene_id}") as response:
        scene = await response.json()
    text = scene["text"]
    assert model.text.startswith(text)
    assert len(text) >= reader.read_before(killed_at - LAG_SECONDS)
    if reader.complete:
        assert scene["state"] == "complete"
    # The text may have ended while its audio was still being told.
    assert scene["state"] == ("complete" if text == model.text else "interrupted")
    async with http.get(f"/api/scenes/{scene_id}/audio") as response:
        for sentence in (await response.json())["sentences"]:
            assert sentence["text"] == text[sentence["start"] : sentence["end"]]
    await _is_told(http, reader, scene)
    return str(scene["state"])


async def _is_told(http: aiohttp.ClientSession, reader: Reader, scene: Any) -> None:
    """Who comes back to a session that was killed hears what has become of it."""
    url = f"/ws/scene-generation/{reader.session['session_id']}?after={reader.seq}"
    async with http.ws_connect(url) as socket:
        event = await socket.receive_json()
        assert (event["type"], event["code"]) == ("error", "session_ended")
        assert (event["seq"], event["scene_id"]) == (reader.seq + 1, scene["id"])
        assert event["retryable"] == (scene["state"] == "interrupted")
        await socket.receive()
        assert socket.close_code == 4404


async def _goes_on(http: aiohttp.ClientSession, scene_id: int, model: ModelServer) -> None:
    """What was written stays, and the story goes on behind it."""
    async with http.get(f"/api/scenes/{scene_id}") as response:
        before = (await response.json())["text"]
    whole, model.text = model.text, "And so it ended, after all."
    try:
        async with http.post(f"/api/scenes/{scene_id}/continue") as response:
            assert response.status == 201
            reader = Reader(await response.json())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reader.listen(http)
    finally:
        model.text = whole
    assert reader.complete
    async with http.get(f"/api/scenes/{scene_id}") as response:
        scene = await response.json()
    assert scene["text"] == before + reader.text
    assert reader.text.strip() == "And so it ended, after all."
    assert scene["state"] == "complete"
    async with http.get(f"/api/scenes/{scene_id}/audio") as response:
        sentences = (await response.json())["sentences"]
    assert [one["number"] for one in sentences] == list(range(len(sentences)))
    assert "".join("".join(one["text"] for one in sentences).split()) == "".join(
        scene["text"].split()
    )
