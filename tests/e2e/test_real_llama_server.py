"""Live scenes written by llama.cpp's own HTTP server, which is asked like any other."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer
from tests.web.conftest import following, of_type

pytestmark = pytest.mark.embedded

# What the model may write.  It would not reason, nor end where a test wants it, by itself.
_SENTENCE = r'sentence ::= [A-Z] [a-z]{3,8} (" " [a-z]{3,8}){5,8} ". "'
_THINKING_ALOUD = rf"""
root ::= "<think>" [a-z ]{{20,60}} "</think>" sentence{{4}}
{_SENTENCE}
"""
_WITHOUT_END = rf"""
root ::= sentence{{500}}
{_SENTENCE}
"""


@pytest.fixture(scope="module")
def llama_server() -> Iterator[str]:
    """Its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.llama_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture
def start(llama_server: str, tmp_path: Path) -> Iterator[Any]:
    """Starts our server, with llama.cpp as its model and these settings of it."""
    servers: list[RealServer] = []

    def go(grammar: str, max_tokens: int) -> RealServer:
        extra_params = msgspec.json.encode({"grammar": grammar, "seed": 7}).decode()
        settings = {
            "NARRATION_LLM__URL": f"{llama_server}/v1",
            "NARRATION_LLM__MAX_TOKENS": str(max_tokens),
            "NARRATION_LLM__EXTRA_PARAMS": extra_params,
        }
        servers.append(RealServer(tmp_path, **settings))
        return servers[-1]

    yield go
    for server in servers:
        server.end()


async def tell(http: aiohttp.ClientSession) -> Any:
    """A scene that has just begun."""
    async with http.post("/api/stories", json={"title": "The lighthouse"}) as response:
        story_id = (await response.json())["id"]
    path = f"/api/stories/{story_id}/scenes/generate-with-tts-stream"
    async with http.post(path, data={"custom_prompt": "A storm comes."}) as response:
        assert response.status == 201, await response.text()
        return await response.json()


async def heard(server: RealServer) -> tuple[list[Any], Any]:
    """All that a listener of one scene is told, and the scene as it is stored."""
    async with aiohttp.ClientSession(server.url) as http:
        session = await tell(http)
        url = session["websocket_url"] + "?audio=binary&format=pcm"
        async with http.ws_connect(url, max_msg_size=0) as socket:
            messages = [message async for message in following(socket)]
        async with http.get(f"/api/scenes/{session['scene_id']}") as response:
            return messages, await response.json()


async def at_work(llama: str) -> int:
    """How many requests llama.cpp is working on."""
    async with aiohttp.ClientSession() as http, http.get(f"{llama}/slots") as response:
        return sum(slot["is_processing"] for slot in await response.json())


async def tokens(llama: str) -> int:
    """How many it has written since it was started, once it is idle."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await at_work(llama):
            await asyncio.sleep(0.02)
    async with aiohttp.ClientSession() as http, http.get(f"{llama}/metrics") as response:
        found = re.search(
            r"^llamacpp:tokens_predicted_total (\d+)", await response.text(), re.M
        )
    assert found is not None
    return int(found[1])


def check(messages: list[Any], scene: Any, finish: str) -> None:
    """All of the text came and was stored, and every sentence was voiced, in order."""
    text = "".join(message["text"] for message in of_type(messages, "text_chunk"))
    assert (scene["text"], scene["state"]) == (text, "complete")
    assert text
    assert "think" not in text
    last = messages[-1]
    assert (last["type"], last["finish_reason"]) == ("generation_complete", finish)
    chunks = of_type(messages, "audio_chunk")
    finals = [chunk["sentence_number"] for chunk in chunks if chunk["final"]]
    assert finals == list(range(last["total_sentences"]))
    assert not of_type(messages, "sentence_skipped")
    spoken = {chunk["start"]: chunk["sentence_text"] for chunk in chunks}
    assert " ".join(spoken.values()).split() == text.split()


def test_a_scene_is_told_whole_and_without_reasoning(start: Any, llama_server: str) -> None:
    messages, scene = asyncio.run(heard(start(_THINKING_ALOUD, max_tokens=400)))

    check(messages, scene, "stop")
    assert scene["text"].count(".") == 4
    assert asyncio.run(at_work(llama_server)) == 0


def test_a_scene_that_is_cut_at_its_limit_is_told_to_there(start: Any) -> None:
    messages, scene = asyncio.run(heard(start(_WITHOUT_END, max_tokens=60)))

    check(messages, scene, "length")
    assert not scene["text"].endswith(". "), "it was not cut"


def test_stopping_a_scene_stops_llama_cpp(start: Any, llama_server: str) -> None:
    server = start(_WITHOUT_END, max_tokens=1900)

    async def stop_early() -> tuple[Any, int]:
        before = await tokens(llama_server)
        async with aiohttp.ClientSession(server.url) as http:
            session = await tell(http)
            async with http.ws_connect(session["websocket_url"], max_msg_size=0) as socket:
                messages = following(socket)
                async for message in messages:
                    if message["type"] == "text_chunk":
                        break
                assert await at_work(llama_server) == 1
                await http.post(f"/api/sessions/{session['session_id']}/stop")
                written = await tokens(llama_server) - before
                async for _ in messages:
                    pass  # The last word comes when the text is saved.
            async with http.get(f"/api/scenes/{session['scene_id']}") as response:
                return await response.json(), written

    scene, written = asyncio.run(stop_early())

    assert scene["state"] == "stopped"
    assert scene["text"]
    assert 0 < written < 1900 / 2
