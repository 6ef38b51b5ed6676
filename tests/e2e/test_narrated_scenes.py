"""Scenes written whole by the real model, and narrated in the background by the real voice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer, unused_port

from tests.patience import PATIENCE_SECONDS
from tests.real_server import RealServer
from tests.web.services import VoiceServer

pytestmark = pytest.mark.embedded

LONG = "\n\n".join(
    f"Door number {n} was painted green, and behind it a clock struck {n}. Nobody had wound "
    f"it for {n} years, and yet it went on, as clocks do when they are left alone."
    for n in range(1, 31)
)


@asynccontextmanager
async def notified(http: aiohttp.ClientSession, after: int = 0) -> AsyncIterator[Any]:
    """The user's notifications."""
    me = await call(http, "GET", "/api/me", 200)
    async with http.ws_connect(f"{me['notifications_url']}?after={after}") as socket:
        yield socket


async def told(socket: Any, kind: str, scene_id: int) -> list[Any]:
    """All that is told of the scene, up to a notice of this kind."""
    notices: list[Any] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not notices or notices[-1]["type"] != kind:
            notice = await socket.receive_json()
            if notice["scene_id"] == scene_id:
                notices.append(notice)
    return notices


async def call(
    http: aiohttp.ClientSession, method: str, path: str, status: int, **request: Any
) -> Any:
    async with http.request(method, path, **request) as response:
        assert response.status == status, f"{response.status}: {await response.text()}"
        return await response.json()


async def written(http: aiohttp.ClientSession) -> Any:
    """A scene, and the state of its narration when all is done."""
    story = await call(http, "POST", "/api/stories", 201, json={"title": "The lighthouse"})
    path = f"/api/stories/{story['id']}/scenes"
    return await call(http, "POST", path, 201, json={"custom_prompt": "A storm comes."})


async def test_a_scene_is_narrated_by_itself_only_if_its_user_wants_that(
    real_server: RealServer,
) -> None:
    async with aiohttp.ClientSession(real_server.url) as http:
        try:
            for wishes in ({}, {"auto_play_last_scene": True, "tts_enabled": False}):
                await call(http, "PUT", "/api/settings/tts", 200, json=wishes)
                scene = await written(http)
                assert (scene["state"], scene["narration"]) == ("complete", None)
                there = await call(http, "GET", f"/api/scenes/{scene['id']}/narration", 200)
                assert there["state"] == "none"
                if "tts_enabled" in wishes:
                    await call(http, "POST", f"/api/scenes/{scene['id']}/narration", 409)
            wishes = {"auto_play_last_scene": True}
            await call(http, "PUT", "/api/settings/tts", 200, json=wishes)
            async with notified(http) as one, notified(http) as two:
                scene = await written(http)
                assert scene["narration"]["state"] == "speaking"
                notices = await told(one, "tts_ready", scene["id"])
                assert await told(two, "tts_ready", scene["id"]) == notices
        finally:
            await call(http, "PUT", "/api/settings/tts", 200, json={})
        first, ready = notices[0], notices[-1]
        assert (first["type"], first["session_id"]) == (
            "tts_progress",
            scene["narration"]["session_id"],
        )
        audio = await call(http, "GET", f"/api/scenes/{scene['id']}/audio", 200)
        heard = [one for one in audio["sentences"] if one["skipped"] is None]
        assert len(heard) == ready["chunk_count"] > 0
        assert audio["duration_ms"] == pytest.approx(ready["duration_ms"], abs=0.01)
        # Who was away in between learns of the rest, once.
        async with notified(http, after=first["seq"]) as back:
            assert (await told(back, "tts_ready", scene["id"]))[-1] == ready


async def test_a_killed_server_loses_no_stored_sentence_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    settings = {"NARRATION_LLM__MAX_TOKENS": "20", "NARRATION_TEXT__MAX_SENTENCE_LENGTH": "80"}
    server = await asyncio.to_thread(RealServer, tmp_path, **settings)
    try:
        async with aiohttp.ClientSession(server.url) as http:
            scene_id = (await written(http))["id"]
            path = f"/api/scenes/{scene_id}"
            await call(http, "PATCH", path, 200, json={"text": LONG})
            async with notified(http) as socket:
                await call(http, "POST", f"{path}/narration", 201)
                seq = (await told(socket, "tts_progress", scene_id))[-1]["seq"]
                kept: dict[int, bytes] = {}
                while len(kept) < 3:
                    kept = await stored(http, path)
                server.process.send_signal(signal.SIGKILL)
    finally:
        await asyncio.to_thread(server.end)
    again = await asyncio.to_thread(RealServer, tmp_path, **settings)
    try:
        async with aiohttp.ClientSession(again.url) as http:
            async with notified(http, after=seq) as socket:
                ready = (await told(socket, "tts_ready", scene_id))[-1]
            there = await call(http, "GET", f"{path}/narration", 200)
            assert (there["state"], there["occasion"]) == ("complete", "demand")
            assert there["sentences_done"] == ready["chunk_count"] >= 60
            now = await stored(http, path)
            assert {number: now[number] for number in kept} == kept
            (voice,) = (await call(http, "GET", "/health/schedulers", 200))["schedulers"]
            assert 0 < voice["granted"] <= len(now) - len(kept), "stored speech was made again"
            sentences = (await call(http, "GET", f"{path}/audio", 200))["sentences"]
    finally:
        await asyncio.to_thread(again.end)
    assert max(len(one["text"]) for one in sentences) <= 80
    assert (
        "".join(one["text"] for one in sentences).split()
        == "".join(LONG[one["start"] : one["end"]] for one in sentences).split()
    )
    assert sum(len(one["text"].split()) for one in sentences) == len(LONG.split())


async def stored(http: aiohttp.ClientSession, path: str) -> dict[int, bytes]:
    """The sentences that are stored, as they sound."""
    listing = await call(http, "GET", f"{path}/audio", 200)
    sound = {}
    for sentence in listing["sentences"]:
        if sentence["url"]:
            async with http.get(f"{sentence['url']}?format=pcm") as response:
                assert response.status == 200
                sound[sentence["number"]] = await response.read()
    return sound


async def will_be_asked(http: aiohttp.ClientSession) -> None:
    """Wait until the voice is not left alone any more: a scene would wait only for so long."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            (voice, _) = (await call(http, "GET", "/health/schedulers", 200))["providers"]
            if not voice["breaker"]["tried_in_seconds"]:
                return
            await asyncio.sleep(0.05)


async def test_a_voice_that_is_not_there_is_told_of_and_a_retry_works_when_it_is(
    tmp_path: Path,
) -> None:
    port = unused_port()
    settings = {
        "NARRATION_LLM__MAX_TOKENS": "60",
        "NARRATION_SPEECH__PROVIDERS__OPENAI__URL": f"http://127.0.0.1:{port}/v1",
        "NARRATION_SPEECH__CHAIN": "[openai]",
        "NARRATION_SPEECH__OUTAGE_SECONDS": "1",
    }
    server = await asyncio.to_thread(RealServer, tmp_path, **settings)
    try:
        async with aiohttp.ClientSession(server.url) as http:
            wishes = {"auto_play_last_scene": True}
            await call(http, "PUT", "/api/settings/tts", 200, json=wishes)
            async with notified(http) as socket:
                scene = await written(http)
                failed = (await told(socket, "tts_failed", scene["id"]))[-1]
                assert (failed["retryable"], failed["auto_play"]) == (True, True)
                path = f"/api/scenes/{scene['id']}/narration"
                there = await call(http, "GET", path, 200)
                assert (there["state"], there["message"]) == ("failed", failed["message"])
                async with TestServer(VoiceServer().app(), port=port):
                    await will_be_asked(http)
                    await call(http, "POST", path, 201)
                    ready = (await told(socket, "tts_ready", scene["id"]))[-1]
                    assert ready["holes"] == 0
    finally:
        await asyncio.to_thread(server.end)
