"""A listener who comes back gets every later event once; one who comes too late is told so."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from actors.base import ask, stop
from actors.narrator import Find
from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import (
    Client,
    StartServer,
    audio_of,
    begin,
    connect,
    following,
    hear,
    message_of,
    new_story,
    of_type,
)
from tests.web.cuts import hear_in_pieces
from tests.web.services import STORY, ModelServer, VoiceServer
from web.keys import NARRATOR

PCM = "format=pcm&audio=binary"
MP3 = "format=mp3"


@pytest.mark.parametrize("query", [PCM, MP3])
@pytest.mark.parametrize("piece", [1, 4])
async def test_a_listener_cut_off_after_every_few_events_loses_and_repeats_none(
    client: Client, voice: VoiceServer, query: str, piece: int
) -> None:
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    for how in itertools.islice(itertools.cycle(["cut", "close", "lose"]), 1_000):
        after = heard[-1]["seq"] if heard else 0
        socket = await connect(client, session, f"{query}&after={after}")
        heard += [m async for m in _some(following(socket), piece)]
        if how == "cut" and socket._response.connection is not None:  # It may be over.
            socket._response.connection.transport.abort()
        if how != "lose":  # Which the server has to find out.
            await socket.close()
        if heard[-1]["type"] == "generation_complete":
            break
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    assert "".join(m["text"] for m in of_type(heard, "text_chunk")) == STORY
    assert heard == await hear(client, session, query), "not what all would have been"
    assert len(voice.spoken) == heard[-1]["total_sentences"]
    if query == PCM:
        assert audio_of(heard) == await stored_audio(client, session)


@pytest.mark.parametrize("query", [PCM, MP3])
async def test_from_every_event_on_the_rest_is_the_same(client: Client, query: str) -> None:
    session = await begin(client, await new_story(client))
    all_events = await hear(client, session, query)
    for after in range(len(all_events) + 1):
        # The format is the session's own, whether or not it is named again.
        asked = f"after={after}" + ("&audio=binary" if query == PCM else "")
        assert await hear(client, session, asked) == all_events[after:]


async def test_what_was_cut_off_and_spoken_again_is_loaded_again_as_it_was_heard(
    client: Client, voice: VoiceServer
) -> None:
    voice.takes, voice.holds_after = True, 3
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    stored: dict[int, bytes] = {}
    async with connect(client, session, PCM) as socket:
        messages = following(socket)
        while not of_type(heard, "audio_chunk"):
            heard.append(await anext(messages))
        while voice.hold.is_set():  # It may not be so far yet.
            await asyncio.sleep(0.005)
        await socket.send_json({"type": "skip", "sentence_number": 2})
        while heard[-1]["type"] != "skipped":
            heard.append(await anext(messages))
        voice.hold.set()
        while not (heard[-1]["type"] == "audio_chunk" and heard[-1]["final"]):
            heard.append(await anext(messages))
        await socket.send_json({"type": "skip", "sentence_number": 0})
        async for message in messages:
            heard.append(message)
            if message["type"] == "generation_complete":
                stored = await stored_audio(client, session)
    assert [m["sentence_number"] for m in of_type(heard, "skipped")] == [2, 0]
    assert stored.keys() == set(range(heard[-1]["total_sentences"])), "no hole is left"
    assert stored[0] not in (b"", audio_of(heard[:10])[0]), "it was spoken again"
    for after in (0, 3, len(heard) - 4):
        assert await hear(client, session, f"{PCM}&after={after}") == heard[after:]


async def test_cuts_at_random_moments_lose_and_repeat_nothing(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    client = await start_server(session={"max_sockets": 50})
    model.text, model.pace, voice.pace = STORY * 3, 0.004, 0.004
    story_id, dice = await new_story(client), random.Random(5)
    cuts = await asyncio.gather(*(hear_in_pieces(client, story_id, dice) for _ in range(8)))
    assert all(cuts)  # How often depends on the machine: a slow one tells more at once.


async def _some(messages: Any, count: int) -> Any:
    async for message in messages:
        yield message
        count -= 1
        if not count:
            return


async def test_another_socket_takes_over_and_the_first_is_told(
    client: Client, model: ModelServer
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with connect(client, session) as first:
        assert message_of(await first.receive())["type"] == "connected"
        async with connect(client, session) as second:
            assert message_of(await second.receive())["type"] == "connected"
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert {m["type"] async for m in following(first)} <= {"generation_started"}
            assert first.close_code == 4409
            model.hold.set()
            messages = [m async for m in following(second)]
    assert messages[-1]["type"] == "generation_complete"
    assert messages[-1]["seq"] == len(messages) + 1


@pytest.mark.parametrize(
    ("query", "code"), [("after=999", 4400), ("format=opus", 4406), ("format=pcm", 4406)]
)
async def test_what_a_session_cannot_give_is_refused_and_ends_nothing(
    client: Client, model: ModelServer, query: str, code: int
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with connect(client, session, MP3) as socket:
        assert message_of(await socket.receive())["type"] == "connected"
    async with connect(client, session, query) as socket:
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert [m async for m in following(socket)] == []
        assert socket.close_code == code
    model.hold.set()
    messages = await hear(client, session, "after=1")
    assert (messages[0]["seq"], messages[-1]["type"]) == (2, "generation_complete")


@pytest.mark.parametrize("after", ["-1", "1.5", "x", "٣", "9" * 20, ""])
async def test_a_strange_place_is_refused_before_the_socket_opens(
    client: Client, model: ModelServer, after: str
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with connect(client, session, f"after={after}"):
            pass
    assert refused.value.status == 400


async def test_a_listener_who_stays_away_ends_the_voice_and_keeps_the_text(
    start_server: StartServer, voice: VoiceServer
) -> None:
    client = await start_server(session={"grace_seconds": 0.3})
    voice.hold.clear()
    session = await begin(client, await new_story(client))
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with connect(client, session) as socket:
            while not voice.open:
                await socket.receive()
        await voice.all_closed.wait()
        while (await _get(client, session))[0] == 200:
            await asyncio.sleep(0.01)
    status, body = await _get(client, session)
    assert (status, body["error"]["code"]) == (404, "session_ended")
    assert body["error"]["scene_id"] == session["scene_id"]
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        scene = await response.json()
    assert (scene["text"], scene["state"]) == (STORY, "complete")
    async with connect(client, session, "after=3") as socket:
        (error,) = [m async for m in following(socket)]
        assert socket.close_code == 4404
    assert error == {
        "type": "error",
        "seq": 4,
        "code": "session_ended",
        "message": error["message"],
        "retryable": False,
        "scene_id": session["scene_id"],
    }
    assert f"/api/scenes/{session['scene_id']}" in error["message"]


@pytest.mark.parametrize("what", ["scenes", "stories"])
async def test_a_session_that_has_ended_goes_with_its_scene(client: Client, what: str) -> None:
    story_id = await new_story(client)
    session = await begin(client, story_id)
    await hear(client, session)
    deleted = story_id if what == "stories" else session["scene_id"]
    async with client.delete(f"/api/{what}/{deleted}") as response:
        assert response.status == 204
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await _get(client, session))[0] == 200:
            await asyncio.sleep(0.01)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="404"):
        await connect(client, session)


async def test_a_session_that_has_ended_leaves_after_a_time(
    start_server: StartServer,
) -> None:
    client = await start_server(session={"ended_seconds": 0.2})
    session = await begin(client, await new_story(client))
    heard = await hear(client, session)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await _get(client, session))[0] == 200:
            await asyncio.sleep(0.01)
    async with client.get("/api/sessions") as response:
        assert (await response.json())["sessions"] == []
    async with connect(client, session, f"after={len(heard)}") as socket:
        (error,) = [m async for m in following(socket)]
    assert (error["seq"], error["code"]) == (len(heard) + 1, "session_ended")


async def test_the_listener_of_a_session_that_broke_down_can_go_on_with_the_scene(
    client: Client, model: ModelServer
) -> None:
    model.pace = 0.02
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    async with connect(client, session) as socket:
        async for message in following(socket):
            heard.append(message)
            if message["type"] == "text_chunk":
                ref = await ask(client.app[NARRATOR], Find(session["session_id"], 1))
                await stop(ref)  # As if by a fault of ours: it does not come to save anything.
        assert socket.close_code == 4404
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    assert (heard[-1]["code"], heard[-1]["retryable"]) == ("session_ended", True)
    assert f"/api/scenes/{session['scene_id']}/continue" in heard[-1]["message"]
    model.pace = 0
    async with client.post(f"/api/scenes/{session['scene_id']}/continue") as response:
        assert response.status == 201
        continued = await response.json()
    assert (await hear(client, continued))[-1]["type"] == "generation_complete"


async def test_after_a_restart_a_returning_listener_is_told_how_to_go_on(
    start_server: StartServer, model: ModelServer, tmp_path: Path
) -> None:
    users = {"tokens": {"anna": "annas-token", "ben": "bens-token"}}
    anna = {"Authorization": "Bearer annas-token"}
    before = await start_server(auth=users)
    story_id = await new_story(before, **anna)
    async with before.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream", headers=anna
    ) as response:
        session = await response.json()
    model.pace = 0.02
    async with connect(before, session) as socket:
        while message_of(await socket.receive())["type"] != "text_chunk":
            pass
    await before.server.close()

    after = await start_server(auth=users)
    path = f"/ws/scene-generation/{session['session_id']}"
    ticket = session["websocket_url"].partition("?")[2]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await after.ws_connect(f"{path}?{ticket}")
    assert refused.value.status == 401, "the ticket of a server that is no more"
    async with after.get(f"{path}?{ticket}") as response:
        assert "/api/sessions/" in (await response.json())["error"]["message"]

    async with after.ws_connect(f"{path}?after=7", headers=anna) as socket:
        (error,) = [m async for m in following(socket)]
        assert socket.close_code == 4404
    assert (error["seq"], error["code"], error["retryable"]) == (8, "session_ended", True)
    assert f"/api/scenes/{session['scene_id']}/continue" in error["message"]
    ended = {"session_ended": session["scene_id"]}
    for method, wish in [("GET", ""), ("DELETE", ""), ("POST", "/stop"), ("POST", "/pause")]:
        url = f"/api/sessions/{session['session_id']}{wish}"
        async with after.request(method, url, headers=anna) as response:
            error = (await response.json())["error"]
        assert {error["code"]: error["scene_id"]} == ended
    ben = {"Authorization": "Bearer bens-token"}
    async with after.get(f"/api/sessions/{session['session_id']}", headers=ben) as response:
        assert (await response.json())["error"].keys() == {"code", "message"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await after.ws_connect(path, headers=ben)
    assert refused.value.status == 404


async def _get(client: Client, session: dict[str, Any]) -> tuple[int, Any]:
    async with client.get(f"/api/sessions/{session['session_id']}") as response:
        return response.status, await response.json()


async def stored_audio(client: Client, session: dict[str, Any]) -> dict[int, bytes]:
    async with client.get(f"/api/scenes/{session['scene_id']}/audio") as response:
        listing = await response.json()
    stored = {}
    for sentence in listing["sentences"]:
        async with client.get(f"{sentence['url']}?format=pcm") as response:
            stored[sentence["number"]] = await response.read()
    return stored
