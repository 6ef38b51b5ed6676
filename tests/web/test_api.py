"""Stories, scenes and settings over HTTP, and what bad requests are told."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, StartServer, begin, hear, new_story
from tests.web.services import VoiceServer


async def error_of(response: Any) -> tuple[int, str, str]:
    body = await response.json()
    assert body.keys() == {"error"}
    return response.status, body["error"]["code"], body["error"]["message"]


async def test_a_story_can_be_made_read_changed_and_deleted(client: Client) -> None:
    story_id = await new_story(client)
    async with client.get(f"/api/stories/{story_id}") as response:
        story = await response.json()
    assert (story["title"], story["language"]) == ("The lamp", "en")
    async with client.patch(f"/api/stories/{story_id}", json={"title": "Dark"}) as response:
        changed = await response.json()
    assert (changed["title"], changed["premise"]) == ("Dark", story["premise"])
    async with client.get("/api/stories") as response:
        assert [s["title"] for s in (await response.json())["stories"]] == ["Dark"]
    assert (await client.delete(f"/api/stories/{story_id}")).status == 204
    assert (await client.get(f"/api/stories/{story_id}")).status == 404


async def test_a_scene_can_be_changed_and_deleted(client: Client) -> None:
    session = await begin(client, await new_story(client))
    await hear(client, session)
    path = f"/api/scenes/{session['scene_id']}"
    async with client.patch(path, json={"text": "Another end."}) as response:
        assert (await response.json())["text"] == "Another end."
    async with client.get(f"{path}/audio") as response:
        assert (await response.json())["sentences"] == [], "audio of a text that is gone"
    assert (await client.delete(path)).status == 204
    assert (await client.get(path)).status == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/stories/999", 404, "not_found"),
        ("GET", "/api/stories/abc", 404, "not_found"),
        ("GET", "/api/stories/-1", 404, "not_found"),
        ("GET", "/api/stories/٣", 404, "not_found"),
        ("GET", "/api/stories/99999999999999999999999", 404, "not_found"),
        ("GET", "/api/scenes/1", 404, "not_found"),
        ("GET", "/api/scenes/1/audio", 404, "not_found"),
        ("GET", "/api/scenes/1/audio/0", 404, "not_found"),
        ("GET", "/api/scenes/1/audio/x", 404, "not_found"),
        ("POST", "/api/stories/999/scenes/generate-with-tts-stream", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/static/../app.py", 404, "not_found"),
        ("GET", "/static/", 403, "forbidden"),
        ("PUT", "/api/stories", 405, "method_not_allowed"),
        ("DELETE", "/api/settings/tts", 405, "method_not_allowed"),
        ("GET", "/api/stories/1/scenes/generate-with-tts-stream", 405, "method_not_allowed"),
    ],
)
async def test_bad_addresses_and_methods_get_a_clear_json_error(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    async with client.request(method, path) as response:
        assert (await error_of(response))[:2] == (status, code)
        if status == 405:
            assert response.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "says"),
    [
        ("{", "application/json", 400, "truncated"),
        ("[]", "application/json", 400, "object"),
        ("{}", "application/json", 400, "title"),
        ('{"title": ""}', "application/json", 400, "title"),
        ('{"title": 7}', "application/json", 400, "`title`"),
        ('{"title": "x", "colour": "red"}', "application/json", 400, "colour"),
        ('{"title": "x", "language": "english!"}', "application/json", 400, "language"),
        ('{"title": "%s"}' % ("x" * 201), "application/json", 400, "title"),
        (b'{"title": "\xff"}', "application/json", 400, ""),
        ("title=x", "application/x-www-form-urlencoded", 415, "JSON"),
        ("x", "text/plain", 415, "JSON"),
    ],
)
async def test_bad_bodies_get_a_clear_json_error(
    client: Client, body: str | bytes, content_type: str, status: int, says: str
) -> None:
    async with client.post(
        "/api/stories", data=body, headers={"Content-Type": content_type}
    ) as response:
        got, _, message = await error_of(response)
    assert got == status
    assert says in message


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("custom_prompt=a&colour=red", "application/x-www-form-urlencoded", 400),
        ("enable_tts_stream=perhaps", "application/x-www-form-urlencoded", 400),
        ('{"enable_tts_stream": "true"}', "application/json", 400),
        ('{"custom_prompt": 7}', "application/json", 400),
        ("--", "multipart/form-data; boundary=x", 400),
        ("--", "multipart/form-data", 400),
        ("hello", "text/plain", 415),
    ],
)
async def test_a_bad_start_of_a_scene_is_refused_and_leaves_no_scene(
    client: Client, body: str, content_type: str, status: int
) -> None:
    story_id = await new_story(client)
    async with client.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
        data=body,
        headers={"Content-Type": content_type},
    ) as response:
        assert (await error_of(response))[0] == status
    async with client.get(f"/api/stories/{story_id}/scenes") as response:
        assert (await response.json())["scenes"] == []


async def test_a_prompt_beyond_the_limit_is_refused(start_server: StartServer) -> None:
    client = await start_server(scene={"max_prompt_chars": 10})
    story_id = await new_story(client)
    async with client.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
        json={"custom_prompt": "x" * 11},
    ) as response:
        assert await error_of(response) == (
            400,
            "prompt_too_long",
            "the prompt may have 10 characters",
        )


async def test_a_body_beyond_the_limit_is_refused(client: Client) -> None:
    body = io.BytesIO(b'{"title": "%s"}' % (b"x" * 2_000_000))
    headers = {"Content-Type": "application/json"}
    async with client.post("/api/stories", data=body, headers=headers) as response:
        assert (await error_of(response))[:2] == (413, "too_large")


async def test_an_unknown_audio_format_is_refused_with_the_known_ones(client: Client) -> None:
    session = await begin(client, await new_story(client))
    await hear(client, session)
    url = f"/api/scenes/{session['scene_id']}/audio/0"
    async with client.get(f"{url}?format=aac") as response:
        status, _, message = await error_of(response)
    assert status == 400
    assert "opus" in message
    async with client.get(url) as response:
        assert response.content_type == "audio/mpeg"
        assert len(await response.read()) > 1_000


async def test_settings_have_the_owners_defaults_and_can_be_changed(client: Client) -> None:
    async with client.get("/api/settings/tts") as response:
        settings = await response.json()
    assert settings == {
        "tts_enabled": True,
        "auto_play_last_scene": False,
        "realtime_tts_enabled": False,
        "min_sentence_length": 20,
        "provider": "",
        "provider_available": True,
        "provider_type": "",
        "api_url": "",
        "api_key_set": False,
        "timeout_seconds": 30.0,
        "extra_params": {},
        "default_voice": "",
        "speech_speed": 1.0,
    }
    change = {"realtime_tts_enabled": True, "speech_speed": 1.25}
    assert (await client.put("/api/settings/tts", json=change)).status == 200
    async with client.get("/api/settings/tts") as response:
        assert await response.json() == settings | change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"speech_speed": 9}, "speech_speed"),
        ({"min_sentence_length": -1}, "min_sentence_length"),
        ({"tts_enabled": "yes"}, "tts_enabled"),
        ({"volume": 11}, "volume"),
    ],
)
async def test_bad_settings_are_refused_and_change_nothing(
    client: Client, change: dict[str, Any], says: str
) -> None:
    async with client.put("/api/settings/tts", json=change) as response:
        status, _, message = await error_of(response)
    assert status == 400
    assert says in message
    async with client.get("/api/settings/tts") as response:
        assert (await response.json())["speech_speed"] == 1.0


async def test_a_speech_server_of_ones_own_needs_the_operators_leave(client: Client) -> None:
    change = {"provider_type": "openai", "api_url": "http://127.0.0.1:1/v1", "api_key": "k"}
    async with client.put("/api/settings/tts", json=change) as response:
        assert (await error_of(response))[0] == 403


async def test_the_page_is_served_and_may_load_only_what_is_ours(client: Client) -> None:
    async with client.get("/") as response:
        assert response.status == 200
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        assert "<html" in await response.text()
    async with client.get("/static/main.js") as response:
        assert response.status == 200
        assert "javascript" in response.content_type


async def test_health_lists_every_actor_by_session(client: Client, model: Any) -> None:
    async with client.get("/health") as response:
        assert await response.json() == {"status": "ok"}
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with client.get("/health/actors") as response:
        report = await response.json()
    assert report["loop_lag_ms"].keys() == {"p50", "p95", "p99", "max", "count"}
    assert report["actors"] == sum(map(len, report["sessions"].values()))
    assert report["tasks"] > 0
    actors = report["sessions"][session["session_id"]]
    assert sorted(a["actor"] for a in actors) == [
        "LLMReader",
        "NarrationSession",
        "Recorder",
        "SentenceBuffer",
        "Sequencer",
        "SocketWriter",
        "TTSWorker",
        "TTSWorker",
    ]
    assert [a["actor"] for a in report["sessions"]["-"]] == ["Narrator", "Notifier"]
    reader = next(a for a in actors if a["actor"] == "LLMReader")
    assert (reader["state"], reader["work"]) == ("working", ["reading the model"])
    assert {
        "mailbox",
        "mailbox_peak",
        "handled",
        "busy_ms",
        "oldest_waiting_ms",
        "age_seconds",
        "urn",
    } <= reader.keys()


async def test_a_stored_key_is_kept_and_never_given_back(client: Client) -> None:
    secret = "sk-secret-123"
    async with client.put("/api/settings/tts", json={"api_key": secret}) as response:
        assert secret not in await response.text()
    async with client.put("/api/settings/tts", json={"speech_speed": 1.5}) as response:
        assert (await response.json())["api_key_set"]
    async with client.get("/api/settings/tts") as response:
        assert secret not in await response.text()
    async with client.put("/api/settings/tts", json={"api_key": ""}) as response:
        assert not (await response.json())["api_key_set"]


async def test_health_shows_whose_turn_it_is_at_the_voice(
    start_server: StartServer, voice: VoiceServer
) -> None:
    async def shown() -> dict[str, Any]:
        async with client.get("/health/schedulers") as response:
            (scheduler,) = (await response.json())["schedulers"]
            return dict(scheduler)

    voice.pace = PATIENCE_SECONDS  # Nobody's turn ends before he is stopped.
    client = await start_server(provider={"concurrency": 1})
    story_id = await new_story(client)
    sessions = [await begin(client, story_id) for _ in range(2)]
    while not (seen := await shown())["waiting"]:
        await asyncio.sleep(0.01)
    assert (seen["concurrency"], len(seen["busy"]), voice.open) == (1, 1, 1)
    speaks, *waiting = (one["who"] for one in (*seen["busy"], *seen["waiting"]))
    assert any(session["session_id"] in speaks for session in sessions)
    assert speaks not in waiting
    assert seen["decisions"][0]["who"] == speaks
    # First the one who waits, then the one whose turn it is.
    for session in sorted(sessions, key=lambda session: session["session_id"] in speaks):
        await client.post(f"/api/sessions/{session['session_id']}/stop")
    while (seen := await shown())["busy"] or seen["waiting"]:
        await asyncio.sleep(0.01)
    assert seen["withdrawn"] >= 1
    await asyncio.wait_for(voice.all_closed.wait(), PATIENCE_SECONDS)


async def test_health_shows_how_much_is_still_to_be_compressed(client: Client) -> None:
    async with client.get("/health/encoding") as response:
        figures = await response.json()
    assert figures == {"waiting": 0, "encoded": 0, "passed_over": 0, "works": False}
