"""A user is told in every tab, also of what happened while it was away, and nobody else is."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, StartServer, new_story
from tests.web.narrating import call, ended, narrate, set_wishes, tab, written

ANNA = {"Authorization": "Bearer annas-token"}
BEN = {"Authorization": "Bearer bens-token"}
TWO_USERS = {"tokens": {"anna": "annas-token", "ben": "bens-token"}}


async def test_who_was_away_learns_of_what_it_missed_once_and_in_order(client: Client) -> None:
    await set_wishes(client, auto_play_last_scene=True)
    story_id = await new_story(client)
    async with tab(client) as first, tab(client) as second:
        one = await written(client, story_id)
        seen = (await first.told("tts_ready", one["id"]))["seq"]
        await second.told("tts_ready", one["id"])
        assert first.got == second.got
    # While nobody is there.
    two = await written(client, story_id)
    async with tab(client) as new:
        if not any(notice["type"] == "tts_ready" for notice in new.got[1:]):
            await new.told("tts_ready", two["id"])
        # How each scene stands, and of that only the last.
        assert new.kinds(one["id"]) == ["tts_ready"]
        assert new.kinds(two["id"])[-1] == "tts_ready"
    async with tab(client, seen) as back:
        if "tts_ready" not in back.kinds(two["id"]):
            await back.told("tts_ready", two["id"])
        assert back.kinds(one["id"]) == []
        assert back.kinds(two["id"]) == ["tts_progress", "tts_ready"]
        seqs = [notice["seq"] for notice in back.got]
        assert seqs == sorted(set(seqs))
        assert seqs[0] > seen
        latest = seqs[-1]
    async with tab(client, latest) as nothing_new:
        assert await nothing_new.told_all() == []


async def test_nobody_is_told_of_what_is_anothers(start_server: StartServer) -> None:
    client = await start_server(auth=TWO_USERS)
    anna = await call(client, "GET", "/api/me", 200, headers=ANNA)
    ben = await call(client, "GET", "/api/me", 200, headers=BEN)
    assert (anna["name"], ben["name"]) == ("anna", "ben")
    assert anna["user_id"] != ben["user_id"]
    async with tab(client, headers=ANNA) as annas, tab(client, headers=BEN) as bens:
        scene = await written(client, headers=ANNA)
        path = f"/api/scenes/{scene['id']}/narration"
        for method in ("GET", "POST", "DELETE"):
            await call(client, method, path, 404, headers=BEN)
        await call(client, "POST", path, 201, headers=ANNA)
        await annas.told("tts_ready", scene["id"])
        assert await bens.told_all() == []
    # The address can be made from the id or the name, with a token; it must be one's own.
    for own in (anna["user_id"], "anna"):
        async with client.session.ws_connect(client.make_url(f"/ws/{own}"), headers=ANNA):
            pass
    url, _, ticket = anna["notifications_url"].partition("?")
    bens_url = ben["notifications_url"].partition("?")[0]
    tries = [
        (bens_url, ANNA, 404),
        (f"{bens_url}?{ticket}", {}, 404),
        (client.make_url("/ws/nobody"), ANNA, 404),
        (url, {}, 401),
        (f"{url}?{ben['notifications_url'].partition('?')[2]}", {}, 404),
        (f"{url}?ticket=1000000000.x", {}, 401),
        (f"{url}?after=x", ANNA, 400),
    ]
    for address, headers, status in tries:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.session.ws_connect(address, headers=headers)
        assert refused.value.status == status, address


async def test_a_session_and_its_ticket_do_not_open_notifications(
    start_server: StartServer,
) -> None:
    client = await start_server(auth=TWO_USERS)
    scene = await written(client, headers=ANNA)
    path = f"/api/scenes/{scene['id']}/narration"
    session = await call(client, "POST", path, 201, headers=ANNA)
    session_ticket = session["websocket_url"].partition("?")[2]
    me = await call(client, "GET", "/api/me", 200, headers=ANNA)
    url, _, own_ticket = me["notifications_url"].partition("?")
    for address in (
        f"{url}?{session_ticket}",
        f"{session['websocket_url'].partition('?')[0]}?{own_ticket}",
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.session.ws_connect(address)
        assert refused.value.status == 401


async def test_only_a_ping_is_answered_and_there_are_only_so_many_tabs(
    start_server: StartServer,
) -> None:
    client = await start_server(session={"max_notification_sockets": 2})
    async with tab(client) as here, tab(client):
        for nonsense in ("{", '{"type": "stop"}', "[]"):
            await here.socket.send_str(nonsense)
            answer = await here.socket.receive_json()
            assert (answer["type"], answer["code"]) == ("error", "bad_message")
        await here.socket.send_bytes(b"\x00")
        assert (await here.socket.receive_json())["type"] == "error"
        assert await here.told_all() == []
        me = await call(client, "GET", "/api/me", 200)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.session.ws_connect(me["notifications_url"])
        assert refused.value.status == 429
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                async with tab(client):
                    break
            except aiohttp.WSServerHandshakeError:
                await asyncio.sleep(0.01)  # Those before are still closing.
    assert (await client.get(f"/ws/{me['user_id']}")).status == 426


async def test_a_later_server_tells_with_higher_numbers(start_server: StartServer) -> None:
    client = await start_server()
    scene_id = (await written(client))["id"]
    async with tab(client) as here:
        await narrate(client, scene_id)
        before = (await here.told("tts_ready", scene_id))["seq"]
        await ended(client, here)
    client = await start_server()
    async with tab(client, before) as here:
        await call(client, "DELETE", f"/api/scenes/{scene_id}/narration", 204)
        await narrate(client, scene_id)
        assert (await here.told("tts_ready", scene_id))["seq"] > before
