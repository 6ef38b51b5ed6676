"""Past every limit there is a clear refusal, and nothing of it is left."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import (
    Client,
    StartServer,
    begin,
    connect,
    following,
    hear,
    message_of,
    new_story,
    of_type,
)
from tests.web.services import ModelServer


async def refused(client: Client, story_id: int) -> tuple[int, str]:
    """How the start of another scene is refused."""
    async with client.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream"
    ) as response:
        assert int(response.headers["Retry-After"]) > 0
        return response.status, (await response.json())["error"]["code"]


@pytest.mark.parametrize(
    ("limit", "answer"),
    [("max_sessions_per_user", (429, "busy")), ("max_sessions", (503, "overloaded"))],
)
async def test_beyond_the_limits_there_is_a_clear_refusal_and_no_scene_left(
    start_server: StartServer, model: ModelServer, limit: str, answer: tuple[int, str]
) -> None:
    client = await start_server(session={limit: 1})
    model.hold.clear()
    story_id = await new_story(client)
    session = await begin(client, story_id)
    assert await refused(client, story_id) == answer
    async with client.get(f"/api/stories/{story_id}/scenes") as response:
        assert len((await response.json())["scenes"]) == 1
    model.hold.set()
    await hear(client, session)
    # It is still listed, and takes nobody's place; of those that are over as many stay.
    for _ in range(2):
        async with client.get("/api/sessions") as response:
            (listed,) = (await response.json())["sessions"]
        assert (listed["session_id"], listed["state"]) == (session["session_id"], "ended")
        session = await begin(client, story_id)
        await hear(client, session)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while listed["session_id"] != session["session_id"]:
                async with client.get("/api/sessions") as response:
                    (*_, listed) = (await response.json())["sessions"]


async def test_a_session_has_only_so_many_sockets(
    start_server: StartServer, model: ModelServer
) -> None:
    client = await start_server(session={"max_sockets": 1})
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with connect(client, session) as socket:
        assert message_of(await socket.receive())["type"] == "connected"
        async with client.get(f"/api/sessions/{session['session_id']}") as response:
            assert (await response.json())["listener"] == "connected"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await client.session.ws_connect(session["websocket_url"])
        assert refusal.value.status == 429
        assert refusal.value.headers is not None
        assert refusal.value.headers["Retry-After"]
        model.hold.set()
        assert [m async for m in following(socket)][-1]["type"] == "generation_complete"
    await hear(client, session)


async def test_a_client_that_floods_is_cut_off_and_may_come_back(
    client: Client, model: ModelServer
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with connect(client, session) as socket:
        for _ in range(500):
            try:
                await socket.send_json({"type": "ping"})
            except ConnectionError:
                break
        async for _ in socket:
            pass
        assert socket.close_code == 1008
    model.hold.set()
    assert (await hear(client, session))[-1]["type"] == "generation_complete"


async def test_a_message_that_is_too_big_is_cut_off_and_its_sender_may_come_back(
    client: Client, model: ModelServer
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with connect(client, session) as socket:
        await socket.send_json({"type": "ping", "x": "x" * 20_000})
        async for _ in socket:
            pass
        assert socket.close_code == 1009
    model.hold.set()
    messages = await hear(client, session)
    assert messages[-1]["type"] == "generation_complete"
    assert not of_type(messages, "error")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"llm": {"first_token_seconds": 0.2}}, "llm_failed"),
        ({"session": {"max_seconds": 0.2}}, "session_timeout"),
    ],
)
async def test_a_model_that_never_begins_ends_the_scene_in_time(
    start_server: StartServer, model: ModelServer, limits: dict[str, Any], code: str
) -> None:
    client = await start_server(**limits)
    model.hold.clear()  # It sends its headers, and then nothing.
    session = await begin(client, await new_story(client))
    async with asyncio.timeout(PATIENCE_SECONDS):
        last = (await hear(client, session))[-1]
        await model.all_closed.wait()
    assert (last["type"], last["code"], last["scene_id"]) == (
        "error",
        code,
        session["scene_id"],
    )
