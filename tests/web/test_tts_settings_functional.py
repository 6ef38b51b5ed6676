"""A user's choice of voice: what is taken, what is kept secret, and what outlives a change."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.speech_servers.base import Fault, running
from tests.speech_servers.openai import OpenAIServer
from tests.web.conftest import Client, StartServer, begin, hear, new_story, of_type
from tests.web.services import VoiceServer

ANNA = {"Authorization": "Bearer annas-token"}
BEN = {"Authorization": "Bearer bens-token"}
TWO_USERS = {"tokens": {"anna": "annas-token", "ben": "bens-token"}}
ANY = {"own_servers": "any"}
SECRET = "sk-very-secret-123"
OWN: dict[str, Any] = {"provider_type": "openai", "api_url": "http://voice.example.org/v1"}


@pytest.fixture
async def own() -> AsyncIterator[OpenAIServer]:
    async with running(OpenAIServer()) as server:
        yield server


async def put(client: Client, settings: dict[str, Any], **headers: str) -> tuple[int, Any]:
    """The status, and the settings or the error."""
    async with client.put("/api/settings/tts", json=settings, headers=headers) as response:
        answer = await response.json()
        return response.status, answer.get("error", answer)


async def saved(client: Client, **headers: str) -> dict[str, Any]:
    async with client.get("/api/settings/tts", headers=headers) as response:
        answer: dict[str, Any] = await response.json()
        return answer


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"provider": "nobody"}, "only voice"),
        ({"provider": "voice", **OWN}, "provider: leave it empty"),
        ({"provider_type": "telepathy", "api_url": "http://a/v1"}, "openai"),
        ({"provider_type": "embedded", "api_url": "http://a/v1"}, "openai"),
        ({"provider_type": "openai"}, "api_url: it is missing"),
        ({"api_url": "http://a/v1"}, "provider_type"),
        (OWN | {"api_url": "ftp://a/v1"}, "begins with http:// or https://"),
        (OWN | {"api_url": "file:///etc/passwd"}, "begins with http:// or https://"),
        (OWN | {"api_url": "http://"}, "has a host"),
        (OWN | {"api_url": "http:///v1"}, "has a host"),
        (OWN | {"api_url": "http://a b/v1"}, "begins with"),
        (OWN | {"api_url": "http://a/v1?x=1"}, "no ? or #"),
        (OWN | {"api_url": "http://a/v1#x"}, "no ? or #"),
        (OWN | {"api_url": "http://a:99999/v1"}, "begins with"),
        (OWN | {"api_url": "http://[::1/v1"}, "begins with"),
        (OWN | {"api_url": "http://a..b/v1"}, "has a host"),
        (OWN | {"api_url": "http://xn--/v1"}, "has a host"),
        (OWN | {"api_key": "a\r\nHost: b"}, "letters, digits"),
        (OWN | {"api_key": "schlüssel"}, "letters, digits"),
        (OWN | {"extra_params": {"x": "y" * 4_096}}, "4096 bytes"),
        ({"extra_params": {"seed": 7}}, "voice takes instructions"),
        ({"extra_params": {"instructions": ["a"]}}, "instructions is a number, a text"),
    ],
)
async def test_what_cannot_be_spoken_with_is_refused_and_changes_nothing(
    start_server: StartServer, settings: dict[str, Any], says: str
) -> None:
    client = await start_server(speech=ANY)
    before = await saved(client)
    status, error = await put(client, settings)
    assert (status, error["code"]) == (422, "unprocessable"), error
    assert says in error["message"]
    assert await saved(client) == before


@pytest.mark.parametrize(
    "settings",
    [
        {"provider": "voice"},
        {"extra_params": {"instructions": "Softly."}},
        OWN,
        OWN | {"api_url": "https://user:word@voice.example.org:8443"},
        OWN | {"api_url": "http://[::1]:8000/v1", "extra_params": {"model": "m", "x": [{}]}},
        {"provider_type": "elevenlabs", "api_key": "k"},
        {"provider_type": "elevenlabs", "api_key": " k\n"},
    ],
)
async def test_what_can_be_spoken_with_is_saved(
    start_server: StartServer, settings: dict[str, Any]
) -> None:
    client = await start_server(speech=ANY)
    status, answer = await put(client, settings)
    assert status == 200, answer
    assert answer == await saved(client)
    shown = {name: value for name, value in settings.items() if name != "api_key"}
    assert answer | shown == answer
    assert answer["provider_available"]


@pytest.mark.parametrize(
    "settings", [OWN, {"api_url": OWN["api_url"]}, {"provider_type": "openai"}]
)
async def test_own_servers_are_forbidden_where_the_operator_does_not_allow_them(
    start_server: StartServer, settings: dict[str, Any]
) -> None:
    status, error = await put(await start_server(), settings)
    assert (status, error["code"]) == (403, "forbidden")


async def test_a_key_that_is_left_out_is_kept_for_the_same_server_only(
    start_server: StartServer,
) -> None:
    client = await start_server(speech=ANY)
    await put(client, OWN | {"api_key": SECRET})
    for same in (
        OWN | {"min_sentence_length": 30},
        OWN | {"api_url": "http://VOICE.example.org:80/v2"},
    ):
        assert (await put(client, same))[1]["api_key_set"]
    for elsewhere in (
        OWN | {"api_url": "http://voice.example.com/v1"},
        OWN | {"api_url": "http://voice.example.org:81/v1"},
        OWN | {"api_url": "https://voice.example.org/v1"},
        OWN | {"api_url": "http://x@evil.example.org/voice.example.org/v1"},
        {"provider_type": "elevenlabs"},
        {"provider": "voice"},
        {},
    ):
        await put(client, OWN | {"api_key": SECRET})
        assert not (await put(client, elsewhere))[1]["api_key_set"], elsewhere
        # Nor does it come back.
        assert not (await put(client, OWN))[1]["api_key_set"], elsewhere
    await put(client, OWN | {"api_key": SECRET})
    assert not (await put(client, OWN | {"api_key": ""}))[1]["api_key_set"]


async def test_another_server_never_gets_to_see_the_key(
    start_server: StartServer, own: OpenAIServer
) -> None:
    client = await start_server(speech=ANY)
    async with running(OpenAIServer()) as thief:
        settings = {"provider_type": "openai", "api_url": own.url}
        await put(client, settings | {"api_key": SECRET})
        assert (await client.post("/api/voices/preview", json={})).status == 200
        assert own.requests[-1].headers["Authorization"] == f"Bearer {SECRET}"
        settings["api_url"] = thief.url
        assert (await client.post("/api/voices/preview", json=settings)).status == 200
        await put(client, settings)
        assert (await client.post("/api/voices/preview", json={})).status == 200
        assert len(thief.requests) == 2
        assert all("Authorization" not in one.headers for one in thief.requests)


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.UNAUTHORIZED, Fault.FAILED, Fault.GONE])
async def test_a_key_is_in_no_answer_and_in_no_log(
    start_server: StartServer,
    own: OpenAIServer,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    caplog.set_level(logging.DEBUG)
    # It says what it stores, and is silenced where the server is started.
    caplog.set_level(logging.WARNING, "aiosqlite")
    own.fail(fault)
    own.list_fault = fault
    client = await start_server(speech=ANY)
    settings = {"provider_type": "openai", "api_url": own.url, "api_key": SECRET}
    answers = []
    for method, path, body in (
        ("PUT", "/api/settings/tts", settings),
        ("GET", "/api/settings/tts", None),
        ("GET", "/api/voices", None),
        ("POST", "/api/voices/preview", {}),
        ("POST", "/api/voices/preview", settings),
        ("POST", "/api/voices/preview", {"api_key": SECRET + "\n"}),
        ("PUT", "/api/settings/tts", settings | {"api_key": [SECRET]}),
    ):
        async with client.request(method, path, json=body) as response:
            answers.append(await response.text())
    assert own.requests[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in "".join(answers)
    assert SECRET not in caplog.text


async def test_nobody_sees_or_uses_what_another_user_has_chosen(
    start_server: StartServer, own: OpenAIServer
) -> None:
    client = await start_server(auth=TWO_USERS, speech=ANY)
    settings = {"provider_type": "openai", "api_url": own.url, "api_key": SECRET}
    assert (await put(client, settings, **ANNA))[0] == 200
    bens = await saved(client, **BEN)
    assert (bens["api_url"], bens["api_key_set"]) == ("", False)
    async with client.get("/api/voices", headers=BEN) as response:
        assert (await response.json())["provider"] == "voice"
    # He may name her server, but her key is not his.
    given = {"provider_type": "openai", "api_url": own.url}
    async with client.post("/api/voices/preview", json=given, headers=BEN) as response:
        assert response.status == 200
    assert "Authorization" not in own.requests[-1].headers


async def test_a_scene_is_told_by_a_server_of_ones_own(
    start_server: StartServer, own: OpenAIServer, voice: VoiceServer
) -> None:
    own.api_key = SECRET
    client = await start_server(speech=ANY)
    settings = {"provider_type": "openai", "api_url": own.url, "api_key": SECRET}
    assert (await put(client, settings | {"default_voice": "nova"}))[0] == 200
    heard = await hear(client, await begin(client, await new_story(client)))
    assert of_type(heard, "generation_complete")
    assert not of_type(heard, "sentence_skipped")
    assert {one.voice for one in own.requests} == {"nova"}
    assert voice.spoken == []


async def test_a_service_that_is_not_offered_any_more_breaks_no_scene(
    start_server: StartServer, own: OpenAIServer, voice: VoiceServer
) -> None:
    spare = {"type": "openai", "url": own.url}
    client = await start_server(speech={"providers": {"voice": spare, "spare": spare}})
    chosen = {
        "provider": "spare",
        "default_voice": "nova",
        "extra_params": {"instructions": "Softly."},
    }
    assert (await put(client, chosen))[1]["provider_available"]
    await client.close()
    client = await start_server()
    shown = await saved(client)
    assert (shown["provider"], shown["provider_available"]) == ("spare", False)
    async with client.get("/api/voices") as response:
        assert (await response.json())["provider"] == "voice"
    heard = await hear(client, await begin(client, await new_story(client)))
    assert of_type(heard, "audio_chunk")
    assert set(voice.voices) == {"v"}, "another service's voice is no voice of this one"
    async with client.post("/api/voices/preview", json={}) as response:
        assert response.status == 422


async def test_own_servers_that_are_not_allowed_any_more_break_no_scene(
    start_server: StartServer, own: OpenAIServer, voice: VoiceServer
) -> None:
    client = await start_server(speech=ANY)
    settings = {"provider_type": "openai", "api_url": own.url, "default_voice": "nova"}
    assert (await put(client, settings))[1]["provider_available"]
    await client.close()
    client = await start_server()
    assert not (await saved(client))["provider_available"]
    heard = await hear(client, await begin(client, await new_story(client)))
    assert of_type(heard, "audio_chunk")
    assert set(voice.voices) == {"v"}
    assert own.requests == []
