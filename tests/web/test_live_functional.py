"""A live scene over real sockets: from one HTTP call to the last event."""

from __future__ import annotations

import asyncio
import base64
import itertools
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from narration.audio import decode, duration_ms
from narration.events import Pong
from narration.store import Store
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
from tests.web.services import STORY, ModelServer, VoiceServer
from web.listener import SocketListener


async def test_a_plain_client_gets_text_and_one_playable_file_a_sentence(
    client: Client, voice: VoiceServer
) -> None:
    session = await begin(client, await new_story(client))
    messages = await hear(client, session)
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    first_seen = list(dict.fromkeys(m["type"] for m in messages))
    assert first_seen == [
        "connected",
        "generation_started",
        "text_chunk",
        "audio_chunk",
        "generation_complete",
    ]
    assert messages[0]["session_id"] == session["session_id"]
    assert "".join(m["text"] for m in of_type(messages, "text_chunk")) == STORY
    files = of_type(messages, "audio_chunk")
    assert [f["sentence_number"] for f in files] == list(range(len(files)))
    assert "".join("".join(f["sentence_text"] for f in files).split()) == "".join(
        STORY.split()
    )
    for file in files:
        assert file["format"] == "mp3"
        pcm = await asyncio.to_thread(decode, base64.b64decode(file["audio"]))
        assert duration_ms(pcm) == pytest.approx(file["duration_ms"], abs=60)
        assert max(pcm) > 0
    assert messages[-1] == {
        "type": "generation_complete",
        "seq": len(messages),
        "scene_id": session["scene_id"],
        "total_sentences": len(files),
        "total_length": len(STORY),
        "duration_ms": messages[-1]["duration_ms"],
        "finish_reason": "stop",
    }
    assert sorted(voice.spoken) == sorted(f["sentence_text"] for f in files)


async def test_raw_samples_come_as_they_are_synthesised_and_are_what_is_stored(
    start_server: StartServer, voice: VoiceServer
) -> None:
    client = await start_server(loudness={"even": False})
    session = await begin(client, await new_story(client))
    messages = await hear(client, session, "audio=binary&format=pcm")
    chunks = of_type(messages, "audio_chunk")
    by_sentence = {
        number: b"".join(chunk["audio"] for chunk in group)
        for number, group in itertools.groupby(chunks, key=lambda c: c["sentence_number"])
    }
    assert len(chunks) > 2 * len(by_sentence)
    for number, pcm in by_sentence.items():
        text = next(c["sentence_text"] for c in chunks if c["sentence_number"] == number)
        rest_ms = 100 if text.endswith("first.") else 50  # The end of a paragraph, or not.
        said, spoken = voice.sound(text), pcm[: -rest_ms * 48]
        assert (len(spoken), pcm[-rest_ms * 48 :]) == (len(said), bytes(rest_ms * 48))
        faded = 5 * 48  # At its ends, so that nothing clicks.
        assert spoken[faded:-faded] == said[faded:-faded]

    async with client.get(f"/api/scenes/{session['scene_id']}/audio") as response:
        listing = await response.json()
    assert len(voice.spoken) == len(by_sentence)
    assert [s["number"] for s in listing["sentences"]] == list(by_sentence)
    place = 0.0
    for sentence in listing["sentences"]:
        assert sentence["start_ms"] == pytest.approx(place, abs=0.01)
        place += sentence["duration_ms"]
        assert STORY[sentence["start"] : sentence["end"]] == sentence["text"]
        for format in ("pcm", "wav", "flac"):
            async with client.get(f"{sentence['url']}?format={format}") as response:
                body = await response.read()
            pcm = body if format == "pcm" else await asyncio.to_thread(decode, body)
            assert pcm == by_sentence[sentence["number"]]
    assert listing["duration_ms"] == pytest.approx(place)
    assert len(voice.spoken) == len(by_sentence), "replaying asked the voice again"


async def test_a_scene_is_saved_before_its_last_event(client: Client) -> None:
    story_id = await new_story(client)
    session = await begin(client, story_id, "They hear a knock.")
    await hear(client, session)
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        scene = await response.json()
    assert (scene["text"], scene["state"]) == (STORY, "complete")
    assert (scene["number"], scene["prompt"]) == (1, "They hear a knock.")
    async with client.get(f"/api/stories/{story_id}/scenes") as response:
        assert [s["id"] for s in (await response.json())["scenes"]] == [scene["id"]]


async def test_the_model_is_given_the_story_so_far_and_the_prompt(
    client: Client, model: ModelServer
) -> None:
    story_id = await new_story(client)
    await hear(client, await begin(client, story_id))
    await hear(client, await begin(client, story_id, "A knock at the door."))
    said = "\n".join(m["content"] for m in model.requests[-1]["messages"])
    for expected in ("The lamp", "A house, and what is in it.", "softly at first."):
        assert expected in said
    assert "A knock at the door." in said


@pytest.mark.parametrize("format", ["wav", "opus"])
async def test_other_files_are_playable_too(client: Client, format: str) -> None:
    session = await begin(client, await new_story(client))
    messages = await hear(client, session, f"format={format}&audio=binary")
    for chunk in of_type(messages, "audio_chunk"):
        pcm = await asyncio.to_thread(decode, chunk["audio"])
        assert duration_ms(pcm) == pytest.approx(chunk["duration_ms"], abs=60)


@pytest.mark.parametrize(
    ("content_type", "body", "spoken"),
    [
        ("application/x-www-form-urlencoded", "custom_prompt=A+fox", True),
        ("application/x-www-form-urlencoded", "enable_tts_stream=false", False),
        ("application/json", '{"custom_prompt": "A fox", "enable_tts_stream": true}', True),
        ("application/json", '{"enable_tts_stream": false}', False),
        ("application/json", "", True),
    ],
)
async def test_form_and_json_are_understood(
    client: Client, voice: VoiceServer, content_type: str, body: str, spoken: bool
) -> None:
    story_id = await new_story(client)
    async with client.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
        data=body,
        headers={"Content-Type": content_type},
    ) as response:
        assert response.status == 201, await response.text()
        session = await response.json()
    messages = await hear(client, session)
    assert messages[-1]["type"] == "generation_complete"
    assert bool(voice.spoken) == spoken
    assert bool(messages[-1]["total_sentences"]) == spoken


async def test_nothing_is_spoken_to_a_user_who_turned_narration_off(
    client: Client, voice: VoiceServer
) -> None:
    assert (await client.put("/api/settings/tts", json={"tts_enabled": False})).status == 200
    messages = await hear(client, await begin(client, await new_story(client)))
    assert messages[-1]["type"] == "generation_complete"
    assert voice.spoken == []


async def test_a_sentence_the_voice_refuses_is_a_hole(
    client: Client, voice: VoiceServer
) -> None:
    voice.silent_about = ("Nobody",)
    session = await begin(client, await new_story(client))
    messages = await hear(client, session)
    (hole,) = of_type(messages, "sentence_skipped")
    assert hole["sentence_text"] == "Nobody in the house said a word about it."
    assert hole["reason"]
    assert messages[-1]["type"] == "generation_complete"
    async with client.get(f"/api/scenes/{session['scene_id']}/audio") as response:
        listed = (await response.json())["sentences"][hole["sentence_number"]]
    assert (listed["skipped"], listed["url"]) == (hole["reason"], None)
    url = f"/api/scenes/{session['scene_id']}/audio/{hole['sentence_number']}"
    assert (await client.get(url)).status == 404


async def test_a_model_that_breaks_off_leaves_its_text_and_an_error(
    client: Client, model: ModelServer
) -> None:
    model.breaks_off = True
    session = await begin(client, await new_story(client))
    messages = await hear(client, session)
    assert messages[-1]["type"] == "error"
    assert (messages[-1]["code"], messages[-1]["scene_id"]) == (
        "llm_failed",
        session["scene_id"],
    )
    assert of_type(messages, "audio_chunk")
    async with client.get(f"/api/scenes/{session['scene_id']}") as response:
        scene = await response.json()
    assert (scene["text"], scene["state"]) == (STORY, "partial")


async def test_a_model_that_refuses_is_an_error_with_what_to_do(
    client: Client, model: ModelServer
) -> None:
    model.status = 401
    messages = await hear(client, await begin(client, await new_story(client)))
    assert messages[-1]["type"] == "error"
    assert "key" in messages[-1]["message"]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "no json",
        "[]",
        '{"type": "dance"}',
        '{"type": "stop", "now": true}',
        '{"type": 7}',
        "{}",
        b"\x00\x01",
    ],
)
async def test_a_message_that_is_none_gets_an_error_and_hurts_nobody(
    client: Client, model: ModelServer, bad: str | bytes
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    messages: list[Any] = []
    async with client.session.ws_connect(session["websocket_url"]) as socket:
        if isinstance(bad, bytes):
            await socket.send_bytes(bad)
        else:
            await socket.send_str(bad)
        await socket.send_json({"type": "ping"})
        async for raw in socket:
            messages.append(message_of(raw))
            if messages[-1]["type"] == "pong":
                model.hold.set()
    (error,) = of_type(messages, "error")
    assert error["code"] == "bad_message"
    assert "scene_id" not in error
    assert messages[-1]["type"] == "generation_complete"
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))


@pytest.mark.parametrize(
    ("query", "status"), [("format=aac", 400), ("audio=smoke", 400), ("format=MP3", 400)]
)
async def test_bad_socket_options_are_refused_before_the_socket_opens(
    client: Client, query: str, status: int
) -> None:
    session = await begin(client, await new_story(client))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.session.ws_connect(f"{session['websocket_url']}?{query}")
    assert refused.value.status == status


async def test_an_unknown_session_is_not_found(client: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/ws/scene-generation/nothing")
    assert refused.value.status == 404
    assert (await client.post("/api/sessions/nothing/stop")).status == 404


async def test_a_plain_request_to_the_socket_is_told_what_it_is(client: Client) -> None:
    session = await begin(client, await new_story(client))
    async with client.get(f"/ws/scene-generation/{session['session_id']}") as response:
        assert response.status == 426
        assert "WebSocket" in (await response.json())["error"]["message"]


async def test_sessions_are_listed_while_they_run(client: Client, model: ModelServer) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with client.get("/api/sessions") as response:
        (listed,) = (await response.json())["sessions"]
    assert listed["session_id"] == session["session_id"]
    assert (listed["state"], listed["listener"]) == ("writing", "awaited")
    assert listed["websocket_url"] == session["websocket_url"]
    assert listed["listening"] == {
        "paused": False,
        "playhead": None,
        "lead_ms": 0.0,
        "sentences_done": 0,
    }


async def test_a_scene_being_written_cannot_be_deleted(
    client: Client, model: ModelServer
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    assert (await client.delete(f"/api/scenes/{session['scene_id']}")).status == 409


async def test_a_server_that_ends_saves_the_scenes_it_was_telling(
    start_server: StartServer, model: ModelServer, tmp_path: Path
) -> None:
    client = await start_server()
    model.pace = 0.02
    session = await begin(client, await new_story(client))
    async with client.session.ws_connect(session["websocket_url"]) as socket:
        shown = ""
        while len(shown) < 20:
            shown += message_of(await socket.receive()).get("text", "")
        closing = asyncio.ensure_future(client.server.close())
        messages = [message_of(raw) async for raw in socket]
        await closing
    shown += "".join(m["text"] for m in of_type(messages, "text_chunk"))
    assert (messages[-1]["type"], messages[-1]["code"]) == ("error", "interrupted")
    assert (messages[-1]["retryable"], messages[-1]["scene_id"]) == (True, session["scene_id"])
    assert socket.close_code == 1000
    store = await Store.open(tmp_path / "narration.db")
    scene = await store.scene(await store.user("local"), session["scene_id"])
    await store.close()
    assert (scene.text, scene.state) == (shown, "interrupted")


async def test_a_server_that_ends_cuts_short_what_is_saved_and_not_yet_heard(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    client = await start_server(session={"send_ahead_seconds": 1, "grace_seconds": 600})
    session = await begin(client, await new_story(client))
    path = f"/api/sessions/{session['session_id']}"
    async with connect(client, session, "format=pcm&audio=binary") as socket:
        await socket.send_json({"type": "pause"})
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with client.get(path) as response:
                    status = await response.json()
                made_ms = status["listening"]["lead_ms"]
                if status["state"] == "telling" and made_ms > 2_000 and not voice.open:
                    break
        closing = asyncio.ensure_future(client.server.close())
        messages = [message async for message in following(socket)]
        await closing
        assert socket.close_code == 1000
    last = messages[-1]
    assert (last["type"], last["code"], last["retryable"]) == ("error", "interrupted", False)
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))


async def test_a_story_deleted_while_it_is_told_ends_the_scene_quietly(
    client: Client, model: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    model.pace = 0.02
    story_id = await new_story(client)
    session = await begin(client, story_id)
    async with client.session.ws_connect(session["websocket_url"]) as socket:
        await socket.receive()
        assert (await client.delete(f"/api/stories/{story_id}")).status == 204
        messages = [message_of(raw) async for raw in socket]
    assert (messages[-1]["type"], messages[-1]["code"]) == ("error", "scene_deleted")
    assert "lamp" not in caplog.text
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


async def test_a_client_that_takes_nothing_is_left() -> None:
    class Deaf:
        closed = False

    socket: Any = Deaf()  # It is full, and so never used.
    cut: list[bool] = []
    listener = SocketListener(
        socket, lambda: cut.append(True), lambda: True, binary=False, patience_seconds=0.01
    )
    assert listener.send([Pong(seq=1)]) == 0
    with pytest.raises(ConnectionError, match="reads nothing"):
        await listener.room()
    assert cut == [True]


async def test_a_complaint_does_not_repeat_a_long_message(
    client: Client, model: ModelServer
) -> None:
    model.hold.clear()
    session = await begin(client, await new_story(client))
    async with client.session.ws_connect(session["websocket_url"]) as socket:
        await socket.send_json({"type": "stop", "x" * 10_000: 1})
        while (message := message_of(await socket.receive()))["type"] != "error":
            pass
    assert len(message["message"]) <= 200
