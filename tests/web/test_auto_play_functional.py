"""A scene is written whole, and is narrated by itself if its user wants that."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, StartServer, connect, following, new_story, of_type
from tests.web.narrating import (
    call,
    narration_of,
    set_wishes,
    tab,
    written,
)
from tests.web.services import STORY, ModelServer, VoiceServer
from web.draining import drain

AUTO = {"auto_play_last_scene": True}


@pytest.mark.parametrize(
    "wishes", [{}, AUTO | {"tts_enabled": False}, {"realtime_tts_enabled": True}]
)
async def test_without_auto_play_a_scene_is_written_and_nothing_else_happens(
    client: Client, voice: VoiceServer, wishes: dict[str, bool]
) -> None:
    await set_wishes(client, **wishes)
    async with tab(client) as here:
        scene = await written(client)
        assert (scene["text"], scene["state"], scene["number"]) == (STORY, "complete", 1)
        assert scene["narration"] is None
        # It cannot be told apart from one that was written live and heard by nobody.
        stored = await call(client, "GET", f"/api/scenes/{scene['id']}", 200)
        assert stored | {"narration": None} == scene
        sessions = await call(client, "GET", "/api/sessions", 200)
        assert [one for one in sessions["sessions"] if one["state"] != "ended"] == []
        assert await here.told_all() == []
    assert voice.spoken == []
    assert (await narration_of(client, scene["id"]))["state"] == "none"


async def test_the_scene_is_answered_at_once_and_narrated_by_itself_in_every_tab(
    start_server: StartServer, voice: VoiceServer
) -> None:
    client = await start_server(session={"max_sessions_per_user": 1})
    await set_wishes(client, **AUTO)
    voice.hold.clear()
    async with tab(client) as one, tab(client) as two:
        scene = await written(client)  # Though the voice does not say a word yet.
        assert (scene["text"], scene["narration"]["state"]) == (STORY, "speaking")
        now = await narration_of(client, scene["id"])
        assert (now["state"], now["session_id"]) == (
            "speaking",
            scene["narration"]["session_id"],
        )
        assert (now["sentences_done"], now["duration_ms"]) == (0, 0)
        voice.hold.set()
        first = await one.told("tts_progress", scene["id"])
        assert first["session_id"] == scene["narration"]["session_id"]
        assert first["auto_play"]
        assert 1 <= first["sentences_done"] <= first["total_sentences"]
        ready = await one.told("tts_ready", scene["id"])
        assert await two.told("tts_ready", scene["id"]) == ready
        assert one.got == two.got
        assert one.kinds(scene["id"]) == ["tts_progress", "tts_ready"]
    there = await narration_of(client, scene["id"])
    assert (there["state"], there["occasion"]) == ("complete", "auto_play")
    assert there["sentences_done"] == there["total_sentences"] == ready["chunk_count"]
    assert (there["holes"], ready["holes"], ready["auto_play"]) == (0, 0, True)
    assert there["duration_ms"] == pytest.approx(ready["duration_ms"], abs=0.01)
    assert (there["up_to_date"], there["session_id"], there["websocket_url"]) == (
        True,
        None,
        None,
    )
    # Who comes to the session when all is spoken hears it from its beginning.
    live = await call(client, "GET", f"/api/sessions/{first['session_id']}", 200)
    assert live["background"]
    async with connect(client, live, "format=pcm&audio=binary") as socket:
        heard = [message async for message in following(socket)]
    assert "".join(m["text"] for m in of_type(heard, "text_chunk")) == STORY
    assert heard[-1]["type"] == "generation_complete"
    assert len(voice.spoken) == ready["chunk_count"]


async def test_a_model_that_fails_leaves_what_it_wrote_or_nothing(
    client: Client, model: ModelServer
) -> None:
    await set_wishes(client, **AUTO)
    story_id = await new_story(client)
    path = f"/api/stories/{story_id}/scenes"
    for model.status in (400, 500):
        refusal = await call(client, "POST", path, 502, json={})
        assert refusal["error"]["code"] == "llm_failed"
        assert refusal["error"]["message"]
        assert refusal["error"]["retryable"] is (model.status == 500)
    assert (await call(client, "GET", path, 200))["scenes"] == []
    model.status, model.breaks_off = 200, True
    async with tab(client) as here:
        scene = await written(client, story_id)
        assert (scene["text"], scene["state"]) == (STORY, "partial")
        await here.told("tts_ready", scene["id"])
    too_long = {"custom_prompt": "x" * 5_000}
    refusal = await call(client, "POST", path, 400, json=too_long)
    assert refusal["error"]["code"] == "prompt_too_long"
    assert len((await call(client, "GET", path, 200))["scenes"]) == 1


async def test_a_client_that_leaves_hinders_nothing(
    client: Client, model: ModelServer
) -> None:
    await set_wishes(client, **AUTO)
    story_id = await new_story(client)
    model.hold.clear()
    async with tab(client) as here, aiohttp.ClientSession() as leaving:
        url = client.make_url(f"/api/stories/{story_id}/scenes")
        request = asyncio.create_task(leaving.post(url, json={}))
        session = await being_written(client)
        request.cancel()
        await asyncio.wait({request})
        model.hold.set()
        await here.told("tts_ready", session["scene_id"])
    scene = await call(client, "GET", f"/api/scenes/{session['scene_id']}", 200)
    assert (scene["text"], scene["state"]) == (STORY, "complete")


@pytest.mark.parametrize("listening", [False, True])
async def test_one_that_is_stopped_is_answered_as_far_as_it_came_and_not_narrated(
    client: Client, model: ModelServer, voice: VoiceServer, listening: bool
) -> None:
    await set_wishes(client, **AUTO)
    story_id = await new_story(client)
    model.hold.clear()
    writing = asyncio.create_task(written(client, story_id))
    session = await being_written(client)
    # Somebody may have found the session and listen to it; that changes nothing.
    socket = await connect(client, session) if listening else None
    if socket is not None:
        assert (await socket.receive_json())["type"] == "connected"
    await call(client, "POST", f"/api/sessions/{session['session_id']}/stop", 202)
    scene = await asyncio.wait_for(writing, PATIENCE_SECONDS)
    assert (scene["state"], scene["narration"]) == ("stopped", None)
    assert STORY.startswith(scene["text"])
    assert voice.spoken == []
    if socket is not None:
        assert [m async for m in following(socket)][-1]["type"] == "generation_stopped"


async def test_if_the_narration_cannot_begin_the_scene_is_answered_and_the_user_told(
    client: Client, model: ModelServer
) -> None:
    await set_wishes(client, **AUTO)
    story_id = await new_story(client)
    model.hold.clear()
    async with tab(client) as here:
        writing = asyncio.create_task(written(client, story_id))
        await being_written(client)
        await drain(client.app, 0)
        model.hold.set()
        scene = await asyncio.wait_for(writing, PATIENCE_SECONDS)
        assert (scene["state"], scene["narration"]) == ("complete", None)
        failed = await here.told("tts_failed", scene["id"])
        assert (failed["retryable"], failed["auto_play"]) == (True, True)
        assert "shutting down" in failed["message"]
    await call(client, "POST", f"/api/stories/{story_id}/scenes", 503, json={})


async def being_written(client: Client) -> Any:
    """The session of the one scene that is being written."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            sessions = (await call(client, "GET", "/api/sessions", 200))["sessions"]
            if sessions:
                assert [one["state"] for one in sessions] == ["writing"]
                return sessions[0]
            await asyncio.sleep(0.01)
