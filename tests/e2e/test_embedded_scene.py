"""The whole path on the real model and the real voice, through HTTP and the WebSocket."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import aiohttp
import numpy as np
import pytest

from narration.audio import decode, duration_ms
from tests.real_server import RealServer
from tests.web.conftest import following, of_type

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def scene(real_server: RealServer) -> dict[str, Any]:
    """A live scene, heard once as PCM, and everything that came of it."""
    return asyncio.run(_tell(real_server.url))


async def _tell(url: str) -> dict[str, Any]:
    story = {"title": "The lighthouse", "premise": "A keeper finds a bottle on the beach."}
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{url}/api/stories", json=story) as response:
            story_id = (await response.json())["id"]
        start = f"{url}/api/stories/{story_id}/scenes/generate-with-tts-stream"
        async with http.post(
            start, data={"custom_prompt": "He reads the letter."}
        ) as response:
            session = await response.json()
        query = "?audio=binary&format=pcm"
        async with http.ws_connect(session["websocket_url"] + query, max_msg_size=0) as socket:
            messages = [message async for message in following(socket)]
        scene_url = f"{url}/api/scenes/{session['scene_id']}"
        async with http.get(scene_url) as response:
            saved = await response.json()
        async with http.get(f"{scene_url}/audio") as response:
            listing = await response.json()
        stored = {}
        for sentence in listing["sentences"]:
            if sentence["url"]:
                async with http.get(f"{url}{sentence['url']}?format=flac") as response:
                    stored[sentence["number"]] = decode(await response.read())
    return {"messages": messages, "saved": saved, "listing": listing, "stored": stored}


def audio_of(scene: dict[str, Any]) -> dict[int, bytes]:
    chunks = of_type(scene["messages"], "audio_chunk")
    return {
        number: b"".join(chunk["audio"] for chunk in group)
        for number, group in itertools.groupby(chunks, key=lambda c: c["sentence_number"])
    }


def test_all_text_arrives_and_is_saved(scene: dict[str, Any]) -> None:
    text = "".join(m["text"] for m in of_type(scene["messages"], "text_chunk"))
    assert len(text.split()) > 10
    assert scene["saved"]["text"] == text
    assert scene["saved"]["state"] == "complete"
    last = scene["messages"][-1]
    assert (last["type"], last["total_length"]) == ("generation_complete", len(text))


def test_every_sentence_is_voiced_exactly_once_and_in_order(scene: dict[str, Any]) -> None:
    holes = of_type(scene["messages"], "sentence_skipped")
    assert {hole["reason"] for hole in holes} <= {"nothing to say"}
    chunks = of_type(scene["messages"], "audio_chunk")
    finals = [chunk["sentence_number"] for chunk in chunks if chunk["final"]]
    numbers = sorted([*finals, *(hole["sentence_number"] for hole in holes)])
    assert finals == sorted(finals)
    assert numbers == list(range(scene["messages"][-1]["total_sentences"]))
    for number, group in itertools.groupby(chunks, key=lambda c: c["sentence_number"]):
        parts = list(group)
        assert [part["chunk_number"] for part in parts] == list(range(len(parts)))
        assert number == parts[0]["sentence_number"]


def test_the_joined_sentences_are_the_scenes_text(scene: dict[str, Any]) -> None:
    text, end = scene["saved"]["text"], 0
    for sentence in scene["listing"]["sentences"]:
        assert text[sentence["start"] : sentence["end"]] == sentence["text"]
        assert text[end : sentence["start"]].strip() == "", "text that is in no sentence"
        end = sentence["end"]
    assert text[end:].strip() == ""


def test_the_audio_sounds_like_speech(scene: dict[str, Any]) -> None:
    for sentence in (s for s in scene["listing"]["sentences"] if s["url"]):
        pcm = np.frombuffer(audio_of(scene)[sentence["number"]], "<i2").astype(float) / 32768
        frames = pcm[: len(pcm) // 480 * 480].reshape(-1, 480)
        loudness = np.sqrt((frames**2).mean(axis=1))
        assert loudness.max() > 0.02, "silent"
        assert np.abs(pcm).max() < 1.0, "clipped"
        assert abs(pcm.mean()) < 0.01, "a constant offset"
        letters = len(sentence["text"])
        assert 25 < sentence["duration_ms"] / letters < 200, (
            "too short or too long for its text"
        )


def test_stored_audio_is_exactly_what_was_sent(scene: dict[str, Any]) -> None:
    heard = audio_of(scene)
    assert scene["stored"] == heard
    for sentence in (s for s in scene["listing"]["sentences"] if s["url"]):
        assert sentence["duration_ms"] == pytest.approx(duration_ms(heard[sentence["number"]]))
