"""A scene that broke off goes on, live, where its text and its audio end."""

from __future__ import annotations

import asyncio
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
    new_story,
    of_type,
)
from tests.web.services import STORY, ModelServer, VoiceServer

FIRST = STORY[: STORY.index(" answered")]
"""Breaks off within the last sentence, and the model then leaves the space out."""
REST = STORY[len(FIRST) + 1 :]


async def go_on(client: Client, scene_id: int, **body: Any) -> dict[str, Any]:
    async with client.post(f"/api/scenes/{scene_id}/continue", json=body) as response:
        assert response.status == 201, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def got(client: Client, path: str) -> Any:
    async with client.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def refused(client: Client, scene_id: int, status: int, **request: Any) -> str:
    async with client.post(f"/api/scenes/{scene_id}/continue", **request) as response:
        assert response.status == status, await response.text()
        return str((await response.json())["error"]["message"])


async def broken_off(client: Client, model: ModelServer) -> int:
    """The id of a scene whose model broke off after `FIRST`."""
    model.text, model.breaks_off = FIRST, True
    session = await begin(client, await new_story(client), "A knock at the door.")
    messages = await hear(client, session)
    assert messages[-1]["code"] == "llm_failed"
    model.text, model.breaks_off = REST, False
    return int(session["scene_id"])


async def pcm_of(client: Client, listing: Any) -> list[bytes]:
    bodies = []
    for sentence in listing["sentences"]:
        async with client.get(f"{sentence['url']}?format=pcm") as response:
            bodies.append(await response.read())
    return bodies


async def test_a_scene_that_broke_off_goes_on_where_it_did(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    assert (await client.put("/api/settings/tts", json={"default_voice": "old"})).status == 200
    scene_id = await broken_off(client, model)
    before = await got(client, f"/api/scenes/{scene_id}/audio")
    whole = [one for one in before["sentences"] if one["skipped"] is None]
    heard_before = await pcm_of(client, {"sentences": whole})
    assert 0 < len(whole) < len(before["sentences"])
    assert (await client.put("/api/settings/tts", json={"default_voice": "new"})).status == 200

    session = await go_on(client, scene_id)
    assert session["scene_id"] == scene_id
    messages = await hear(client, session, "audio=binary&format=pcm")
    assert messages[0]["text_start"] == len(FIRST)
    assert messages[0]["first_sentence"] == len(whole)
    assert FIRST + "".join(m["text"] for m in of_type(messages, "text_chunk")) == STORY
    assert messages[-1]["type"] == "generation_complete"
    assert messages[-1]["total_length"] == len(STORY)
    heard = audio_of(messages)
    assert list(heard) == list(range(len(whole), messages[-1]["total_sentences"]))

    scene = await got(client, f"/api/scenes/{scene_id}")
    assert (scene["text"], scene["state"]) == (STORY, "complete")
    listing = await got(client, f"/api/scenes/{scene_id}/audio")
    assert listing["sentences"][: len(whole)] == whole
    assert await pcm_of(client, listing) == heard_before + list(heard.values())
    assert messages[-1]["duration_ms"] == pytest.approx(listing["duration_ms"])
    place, joined = 0.0, ""
    for sentence in listing["sentences"]:
        assert STORY[sentence["start"] : sentence["end"]] == sentence["text"]
        assert sentence["start_ms"] == pytest.approx(place)
        place += sentence["duration_ms"]
        joined += sentence["text"] + " "
    assert joined.split() == STORY.split()
    for chunk in of_type(messages, "audio_chunk"):
        sentence = listing["sentences"][chunk["sentence_number"]]
        assert sentence["text"] == chunk["sentence_text"]
        if chunk["chunk_number"] == 0:
            assert chunk["start_ms"] == pytest.approx(sentence["start_ms"], abs=0.01)
    assert len(voice.spoken) == len(set(voice.spoken)), "something was spoken twice"
    assert set(voice.voices) == {"old"}

    *_, own, last = model.requests[-1]["messages"]
    assert own == {"role": "assistant", "content": FIRST}
    assert last["role"] == "user"
    assert "A knock at the door." in model.requests[-1]["messages"][1]["content"]
    assert "next scene" in await refused(client, scene_id, 409)


async def test_a_stopped_scene_goes_on_with_what_was_not_spoken_yet(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    voice.hold.clear()
    model.holds_after = 100
    session = await begin(client, await new_story(client))
    path = f"/api/sessions/{session['session_id']}"
    written = ""
    async with connect(client, session, "audio=binary&format=pcm") as socket:
        async for message in following(socket):
            written += message.get("text", "")
            if written == STORY[:100]:
                await socket.send_json({"type": "stop"})
        assert message["type"] == "generation_stopped"
    model.hold.set()
    voice.hold.set()
    model.text = STORY[len(written) :]
    assert (await got(client, path))["state"] == "ended"  # And so it is in nobody's way.
    messages = await hear(
        client, await go_on(client, session["scene_id"]), "audio=binary&format=pcm"
    )
    assert (messages[0]["text_start"], messages[0]["first_sentence"]) == (len(written), 0)
    listing = await got(client, f"/api/scenes/{session['scene_id']}/audio")
    assert await pcm_of(client, listing) == list(audio_of(messages).values())
    scene = await got(client, f"/api/scenes/{session['scene_id']}")
    # Where it was stopped within a word, the model is taken to go on with the next.
    assert scene["text"].replace(" ", "") == STORY.replace(" ", "")


async def test_after_a_restart_a_scene_goes_on_also_without_a_voice(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    client = await start_server()
    model.text = FIRST + " "
    model.holds_after = 65
    session = await begin(client, await new_story(client))
    written = ""
    async with connect(client, session) as socket:
        async for message in following(socket):
            written += message.get("text", "")
            if len(written) > 60:
                break
    await client.close()
    model.hold.set()
    client = await start_server()
    scene = await got(client, f"/api/scenes/{session['scene_id']}")
    assert scene["state"] == "interrupted"
    assert scene["text"].startswith(written)
    model.text = STORY[len(scene["text"]) :]
    before = await got(client, f"/api/scenes/{scene['id']}/audio")
    asked = len(voice.spoken)
    messages = await hear(client, await go_on(client, scene["id"], enable_tts_stream=False))
    assert messages[-1]["type"] == "generation_complete"
    scene = await got(client, f"/api/scenes/{scene['id']}")
    assert (scene["text"], scene["state"]) == (STORY, "complete")
    assert await got(client, f"/api/scenes/{scene['id']}/audio") == before
    assert len(voice.spoken) == asked


async def test_a_scene_that_is_told_is_left_alone(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    voice.hold.clear()
    session = await begin(client, await new_story(client))
    scene_id = session["scene_id"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        # Its text is there, and is spoken still.
        while (await got(client, f"/api/scenes/{scene_id}"))["state"] != "complete":
            await asyncio.sleep(0.01)
    assert "being told" in await refused(client, scene_id, 409)
    path = f"/api/scenes/{scene_id}"
    assert (await client.patch(path, json={"text": "Mine."})).status == 409
    assert (await client.delete(path)).status == 409
    voice.hold.set()
    await hear(client, session)
    assert (await client.patch(path, json={"text": "Mine."})).status == 200
    assert (await client.delete(path)).status == 204


async def test_a_scene_that_cannot_go_on_stays_as_it_was(
    start_server: StartServer, model: ModelServer
) -> None:
    client = await start_server(
        session={"max_sessions": 1}, scene={"max_text_chars": len(FIRST) + 10}
    )
    scene_id = await broken_off(client, model)
    path = f"/api/scenes/{scene_id}"
    before = [await got(client, path), await got(client, f"{path}/audio")]
    model.hold.clear()
    other = await begin(client, before[0]["story_id"])
    await refused(client, scene_id, 503)
    model.hold.set()
    await hear(client, other)
    await refused(client, scene_id, 400, json={"enable_tts_stream": "perhaps"})
    await refused(client, scene_id, 415, data="x", headers={"Content-Type": "text/plain"})
    await refused(client, 999, 404)
    assert [await got(client, path), await got(client, f"{path}/audio")] == before

    # Of many who ask at once, one is answered.
    answers = await asyncio.gather(*(client.post(f"{path}/continue") for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    (session,) = [await one.json() for one in answers if one.status == 201]
    messages = await hear(client, session)
    assert messages[-1]["finish_reason"] == "length"
    scene = await got(client, path)
    assert scene["text"] == STORY[: len(FIRST) + 10]
    assert scene["state"] == "complete"


async def test_a_text_of_the_greatest_length_does_not_go_on(
    start_server: StartServer, model: ModelServer
) -> None:
    client = await start_server(scene={"max_text_chars": len(FIRST) + 10})
    scene_id = await broken_off(client, model)
    longer = {"text": STORY[: len(FIRST) + 10]}
    assert (await client.patch(f"/api/scenes/{scene_id}", json=longer)).status == 200
    before = await got(client, f"/api/scenes/{scene_id}")
    assert "long" in await refused(client, scene_id, 409)
    assert await got(client, f"/api/scenes/{scene_id}") == before
