"""Whoever does not own a thing cannot see, hear or stop it."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.web.conftest import Client, StartServer, hear, new_story
from tests.web.services import ModelServer

ANNA = {"Authorization": "Bearer annas-token"}
BEN = {"Authorization": "Bearer bens-token"}
OPERATOR = {"Authorization": "Bearer operators-token"}
TWO_USERS = {"tokens": {"anna": "annas-token", "ben": "bens-token"}}


@pytest.fixture
async def two_users(start_server: StartServer) -> Client:
    return await start_server(auth=TWO_USERS)


async def annas_session(client: Client) -> dict[str, Any]:
    story_id = await new_story(client, **ANNA)
    async with client.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream", headers=ANNA
    ) as response:
        answer: dict[str, Any] = await response.json()
        return answer | {"story_id": story_id}


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "é"}]
)
@pytest.mark.parametrize("path", ["/api/stories", "/api/settings/tts", "/api/sessions"])
async def test_without_a_known_token_there_is_nothing(
    two_users: Client, path: str, headers: dict[str, str]
) -> None:
    async with two_users.get(path, headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_the_page_and_health_need_no_token(two_users: Client) -> None:
    for path in ("/", "/health", "/static/main.js"):
        assert (await two_users.get(path)).status == 200


async def test_what_is_annas_is_not_there_for_ben(
    two_users: Client, model: ModelServer
) -> None:
    model.hold.clear()
    session = await annas_session(two_users)
    story, scene = session["story_id"], session["scene_id"]
    live = f"/api/sessions/{session['session_id']}"
    tries = [
        ("GET", f"/api/stories/{story}"),
        ("PATCH", f"/api/stories/{story}"),
        ("DELETE", f"/api/stories/{story}"),
        ("GET", f"/api/stories/{story}/scenes"),
        ("POST", f"/api/stories/{story}/scenes/generate-with-tts-stream"),
        ("GET", f"/api/scenes/{scene}"),
        ("DELETE", f"/api/scenes/{scene}"),
        ("GET", f"/api/scenes/{scene}/audio"),
        ("GET", f"/api/scenes/{scene}/audio/0"),
        ("GET", live),
        ("DELETE", live),
        *(("POST", f"{live}/{wish}") for wish in ("stop", "skip", "pause", "resume")),
        ("GET", f"/ws/scene-generation/{session['session_id']}"),
    ]
    for method, path in tries:
        async with two_users.request(method, path, headers=BEN) as response:
            assert response.status == 404, f"{method} {path}"
    async with two_users.get("/api/sessions", headers=BEN) as response:
        assert (await response.json())["sessions"] == []
    assert (await two_users.get(live, headers=ANNA)).status == 200


async def test_the_sockets_address_carries_a_ticket_for_browsers(two_users: Client) -> None:
    session = await annas_session(two_users)
    messages = await hear(two_users, session)
    assert messages[-1]["type"] == "generation_complete"


async def test_a_token_opens_the_socket_too(two_users: Client) -> None:
    session = await annas_session(two_users)
    url = session["websocket_url"].partition("?")[0]
    async with two_users.session.ws_connect(url, headers=ANNA) as socket:
        assert (await socket.receive()).type is aiohttp.WSMsgType.TEXT


@pytest.mark.parametrize("spoil", ["none", "other", "expired", "garbage"])
async def test_a_ticket_is_for_one_session_and_for_a_short_time(
    two_users: Client, spoil: str
) -> None:
    session = await annas_session(two_users)
    url, _, query = session["websocket_url"].partition("?")
    signature = query.rpartition(".")[2]
    spoilt = {
        "none": "",
        "other": (await annas_session(two_users))["websocket_url"].partition("?")[2],
        "expired": f"ticket=1000000000.{signature}",
        "garbage": "ticket=%C3%A9.é",
    }[spoil]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await two_users.session.ws_connect(f"{url}?{spoilt}")
    assert refused.value.status == 401


async def test_a_fresh_ticket_is_had_for_the_token(two_users: Client) -> None:
    session = await annas_session(two_users)
    url = session["websocket_url"].partition("?")[0]
    path = f"/ws/scene-generation/{session['session_id']}"
    async with two_users.get(f"{path}?ticket=1000000000.x") as response:
        assert response.status == 401
        assert "GET /api/sessions/" in (await response.json())["error"]["message"]
    live = f"/api/sessions/{session['session_id']}"
    async with two_users.get(live, headers=ANNA) as response:
        fresh = await response.json()
    assert fresh["websocket_url"].startswith(f"{url}?ticket=")
    assert (await hear(two_users, fresh))[-1]["type"] == "generation_complete"


async def test_a_ticket_opens_nothing_but_its_socket(two_users: Client) -> None:
    session = await annas_session(two_users)
    ticket = session["websocket_url"].partition("?")[2]
    path = f"/api/sessions/{session['session_id']}/stop"
    assert (await two_users.post(f"{path}?{ticket}")).status == 401


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("same", True),
        ("https://app.example.org", True),
        ("https://evil.example.org", False),
        ("null", False),
    ],
)
async def test_only_our_page_and_named_ones_may_ask(
    start_server: StartServer, origin: str | None, allowed: bool
) -> None:
    client = await start_server(server={"allowed_origins": ["https://app.example.org"]})
    own = f"http://127.0.0.1:{client.port}"
    headers = {} if origin is None else {"Origin": own if origin == "same" else origin}
    async with client.post("/api/stories", json={"title": "x"}, headers=headers) as response:
        assert response.status == (201 if allowed else 403)
        if origin == "https://app.example.org":
            assert response.headers["Access-Control-Allow-Origin"] == origin


async def test_a_foreign_page_cannot_open_the_socket(client: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect(
            "/ws/scene-generation/x", headers={"Origin": "https://evil.example.org"}
        )
    assert refused.value.status == 403


async def test_a_named_page_may_ask_first_what_it_may(start_server: StartServer) -> None:
    client = await start_server(server={"allowed_origins": ["https://app.example.org"]})
    headers = {
        "Origin": "https://app.example.org",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    async with client.options("/api/settings/tts", headers=headers) as response:
        assert response.status == 204
        assert "PUT" in response.headers["Access-Control-Allow-Methods"]
        assert response.headers["Access-Control-Allow-Origin"] == "https://app.example.org"


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1:9", 200), ("[::1]:9", 200), ("evil.example.org", 403)],
)
async def test_a_name_that_was_pointed_at_us_is_refused(
    client: Client, host: str, status: int
) -> None:
    assert (await client.get("/api/stories", headers={"Host": host})).status == status


async def test_only_the_operator_sees_what_everybody_does(start_server: StartServer) -> None:
    client = await start_server(auth=TWO_USERS)
    operators = await start_server(auth=TWO_USERS | {"operator_token": "operators-token"})
    for page in ("/health/actors", "/health/schedulers", "/health/encoding"):
        assert (await client.get(page, headers=ANNA)).status == 403
        assert (await operators.get(page, headers=ANNA)).status == 401
        assert (await operators.get(page, headers=OPERATOR)).status == 200
