"""Stop, skip, pause and resume, over the socket and over HTTP, at any time."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

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
from tests.web.services import STORY, ModelServer, VoiceServer

PCM = "format=pcm&audio=binary"
CONFIRMED_BY = {
    "stop": "generation_stopped",
    "skip": "skipped",
    "pause": "paused",
    "resume": "resumed",
}


async def say(
    client: Client, session: dict[str, Any], socket: Any, over: str, wish: str, **what: int
) -> None:
    """Tell the session what the listener wants, in one of the two ways."""
    if over == "socket":
        await socket.send_json({"type": wish, **what})
        return
    path = f"/api/sessions/{session['session_id']}/{wish}"
    async with client.post(path, json=what) as response:
        assert response.status == 202, await response.text()
        status = await response.json()
    assert status["session_id"] == session["session_id"]
    assert status["websocket_url"] == session["websocket_url"]


async def until(messages: Any, kind: str, heard: list[Any]) -> Any:
    """Listen up to the next message of this type."""
    async for message in messages:
        heard.append(message)
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind} came after {[m['type'] for m in heard]}")


@pytest.mark.parametrize("over", ["socket", "http"])
async def test_every_wish_is_confirmed_before_the_first_word(
    client: Client, model: ModelServer, over: str
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    async with connect(client, session, PCM) as socket:
        messages = following(socket)
        await until(messages, "generation_started", heard)
        for wish in ("pause", "pause", "resume", "resume", "skip", "pause", "stop"):
            await say(client, session, socket, over, wish)
            await until(messages, CONFIRMED_BY[wish], heard)
        assert [m async for m in messages] == []
        assert socket.close_code == 1000
    await asyncio.wait_for(model.all_closed.wait(), PATIENCE_SECONDS)
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    assert heard[-1]["total_length"] == 0


async def test_stop_reaches_model_and_voice_in_mid_sentence_and_keeps_what_was_shown(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text, model.pace = STORY * 100, 0.005
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    async with connect(client, session, PCM) as socket:
        messages = following(socket)
        await until(messages, "audio_chunk", heard)
        voice.hold.clear()  # So that it is in the middle of a sentence.
        while not voice.open:
            await until(messages, "text_chunk", heard)
        await socket.send_json({"type": "stop"})
        await until(messages, "generation_stopped", heard)
    await asyncio.wait_for(model.all_closed.wait(), PATIENCE_SECONDS)
    await asyncio.wait_for(voice.all_closed.wait(), PATIENCE_SECONDS)
    shown = "".join(m["text"] for m in of_type(heard, "text_chunk"))
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        scene = await response.json()
    assert (scene["text"], scene["state"]) == (shown, "stopped")


@pytest.mark.parametrize("over", ["socket", "http"])
async def test_skip_goes_on_with_the_next_sentence_or_the_one_that_is_named(
    client: Client, voice: VoiceServer, over: str
) -> None:
    voice.pace = 0.02
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    async with connect(client, session, PCM) as socket:
        messages = following(socket)
        first = await until(messages, "audio_chunk", heard)
        assert first["sentence_number"] == 0
        await say(client, session, socket, over, "skip", sentence_number=2)
        skipped = await until(messages, "skipped", heard)
        assert (skipped["sentence_number"], skipped["again"]) == (2, False)
        rest = [m async for m in messages]
    holes = of_type(rest, "sentence_skipped")
    assert [hole["sentence_number"] for hole in holes] == [0, 1]
    assert {hole["reason"] for hole in holes} == {"skipped by the listener"}
    spoken = {m["sentence_number"] for m in of_type(rest, "audio_chunk")}
    assert spoken == set(range(2, rest[-1]["total_sentences"]))
    assert rest[-1]["type"] == "generation_complete"


async def test_skipping_back_plays_what_is_stored_and_asks_no_voice(
    client: Client, voice: VoiceServer
) -> None:
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    async with connect(client, session, PCM) as socket:
        messages = following(socket)
        while of_type(heard, "audio_chunk")[-1:] == [] or not (
            heard[-1]["sentence_number"] == 2 and heard[-1]["final"]
        ):
            await until(messages, "audio_chunk", heard)
        await socket.send_json({"type": "skip", "sentence_number": 0})
        skipped = await until(messages, "skipped", heard)
        assert (skipped["sentence_number"], skipped["again"]) == (0, True)
        rest = [m async for m in messages]
    before, after = audio_of(heard), audio_of(rest)
    assert sorted(after) == list(range(rest[-1]["total_sentences"]))
    for number in (0, 1, 2):
        assert after[number] == before[number]
    assert len(voice.spoken) == len(set(voice.spoken)) == rest[-1]["total_sentences"]
    numbers = [m["seq"] for m in heard + rest]
    assert numbers == list(range(1, len(numbers) + 1))


def _ms(message: Any) -> float:
    """How much sound comes with it."""
    return float(message["duration_ms"]) if message["type"] == "audio_chunk" else 0.0


async def test_a_pause_holds_the_sound_and_no_text_until_the_listener_goes_on(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    client = await start_server(
        session={"send_ahead_seconds": 1.0, "synthesis_ahead_seconds": 1.0}
    )
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    async with client.session.ws_connect(session["websocket_url"] + "?" + PCM) as socket:
        await socket.send_json({"type": "pause"})
        # It plays nothing and reports nothing: the window fills, and then all is silent.
        quiet, text = 0, ""
        while quiet < 10 or text != STORY or sum(map(_ms, heard)) < 900:
            try:
                async with asyncio.timeout(0.05):
                    heard.append(message_of(await socket.receive()))
                quiet = 0
                text = "".join(m["text"] for m in of_type(heard, "text_chunk"))
            except TimeoutError:
                quiet += 1
        sent_ms = sum(map(_ms, heard))
        assert sent_ms <= 1_400
        async with client.get(f"/api/sessions/{session['session_id']}") as response:
            status = await response.json()
        assert status["listening"]["paused"] is True
        assert status["listening"]["playhead"]["position_ms"] == 0
        assert status["listening"]["lead_ms"] >= sent_ms - 1
        await socket.send_json({"type": "resume"})
        heard += [m async for m in following(socket)]
    assert heard[-1]["type"] == "generation_complete"
    assert sorted(audio_of(heard)) == list(range(heard[-1]["total_sentences"]))


async def test_wishes_after_the_end_are_answered_and_change_nothing(client: Client) -> None:
    session = await begin(client, await new_story(client))
    async with connect(client, session, PCM) as socket:
        heard = [m async for m in following(socket)]
    path = f"/api/sessions/{session['session_id']}"
    for wish in ("pause", "skip", "resume", "stop", "stop"):
        async with client.post(f"{path}/{wish}") as response:
            assert (response.status, (await response.json())["state"]) == (202, "ended")
    assert (await client.delete(path)).status == 202
    async with client.get("/api/sessions") as response:
        (listed,) = (await response.json())["sessions"]
    assert listed["state"] == "ended"
    assert listed["listening"]["sentences_done"] == heard[-1]["total_sentences"]
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        assert (await response.json())["state"] == "complete"
    assert await hear(client, session, PCM) == heard


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/octet-stream", 202),
        (b"", "application/json", 202),
        (b'{"sentence_number": 3}', "application/json", 202),
        (b'{"sentence_number": null}', "application/json", 202),
        (b"sentence_number=3", "application/x-www-form-urlencoded", 202),
        (b"", "application/x-www-form-urlencoded", 202),
        (b"sentence_number=x", "application/x-www-form-urlencoded", 400),
        (b'{"sentence_number": -1}', "application/json", 400),
        (b'{"sentence_number": 1.5}', "application/json", 400),
        (b'{"sentence": 3}', "application/json", 400),
        (b"3", "text/plain", 415),
    ],
)
async def test_what_a_skip_may_bring(
    client: Client, model: ModelServer, body: bytes, content_type: str, status: int
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with client.post(
        f"/api/sessions/{session['session_id']}/skip",
        data=body,
        headers={"Content-Type": content_type},
    ) as response:
        assert response.status == status, await response.text()


@pytest.mark.parametrize("seed", range(6))
async def test_wishes_in_any_order_are_each_confirmed_and_leave_a_whole_story(
    client: Client, model: ModelServer, voice: VoiceServer, seed: int
) -> None:
    dice = random.Random(seed)
    model.pace, voice.pace = 0.004, 0.004
    query = dice.choice([PCM, "format=mp3", "format=opus&audio=binary"])
    session = await begin(client, await new_story(client))
    heard: list[Any] = []
    wanted = dict.fromkeys(CONFIRMED_BY, 0)
    paused = False
    async with connect(client, session, query) as socket:
        async for message in following(socket):
            heard.append(message)
            if message["type"] == "text_chunk" and dice.random() < 0.3:
                wish = dice.choice(["skip", "back", "pause", "resume", "twice"])
                names = {"back": ["skip"], "twice": ["pause", "resume"]}.get(wish, [wish])
                for name in names:
                    what = {"sentence_number": dice.randrange(6)} if wish == "back" else {}
                    over = dice.choice(["socket", "http"])
                    await say(client, session, socket, over, name, **what)
                    wanted[name] += 1
                    paused = name == "pause" or (paused and name != "resume")
            elif message["type"] == "text_chunk" and paused:
                await say(client, session, socket, "socket", "resume")
                wanted["resume"] += 1
                paused = False
        assert socket.close_code == 1000
    assert heard[-1]["type"] == "generation_complete"
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    assert "".join(m["text"] for m in of_type(heard, "text_chunk")) == STORY
    assert len(of_type(heard, "paused")) == wanted["pause"]
    assert len(of_type(heard, "resumed")) == wanted["resume"]
    # Two skips that the listener was told of only once are one.
    assert bool(of_type(heard, "skipped")) == bool(wanted["skip"])
    assert len(of_type(heard, "skipped")) <= wanted["skip"]
    told = {
        m["sentence_number"] for m in heard if m["type"] in ("audio_chunk", "sentence_skipped")
    }
    assert told == set(range(heard[-1]["total_sentences"]))
    assert len(voice.spoken) == len(set(voice.spoken)), "a sentence was synthesised twice"
