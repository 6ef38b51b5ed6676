"""Scenes that are there are narrated on demand, and nothing is ever spoken twice."""

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
from tests.web.narrating import (
    call,
    ended,
    narrate,
    narrated,
    narration_of,
    set_wishes,
    tab,
    written,
)
from tests.web.services import STORY, ModelServer, VoiceServer

THIRTY = " ".join(f"This one is number {n}, and {n} it stays, she said." for n in range(30))


async def the_audio(client: Client, scene_id: int) -> Any:
    return await call(client, "GET", f"/api/scenes/{scene_id}/audio", 200)


async def change_text(client: Client, scene_id: int, text: str) -> None:
    await call(client, "PATCH", f"/api/scenes/{scene_id}", 200, json={"text": text})


async def test_what_was_spoken_once_is_not_spoken_again_and_after_an_edit_only_what_is_new(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    scene_id = (await written(client))["id"]
    first = await narrated(client, scene_id)
    assert (first["state"], first["occasion"], first["voice"]) == ("complete", "demand", "v")
    assert first["sentences_done"] == first["total_sentences"] == len(voice.spoken)
    listing = await the_audio(client, scene_id)
    assert " ".join(one["text"] for one in listing["sentences"]) == THIRTY

    voice.spoken.clear()
    again = await narrate(client, scene_id, 200)
    assert again == first, "there was nothing to do"
    await set_wishes(client, default_voice="w", speech_speed=1.5)
    outdated = await narration_of(client, scene_id)
    assert (outdated["state"], outdated["up_to_date"]) == ("complete", False)
    other = await narrated(client, scene_id)
    assert (other["voice"], other["speed"], other["up_to_date"]) == ("w", 1.5, True)
    assert len(voice.spoken) == first["sentences_done"]
    assert set(voice.voices[-len(voice.spoken) :]) == {"w"}

    voice.spoken.clear()
    await set_wishes(client)
    back = await narrated(client, scene_id)
    assert (back["voice"], back["up_to_date"]) == ("v", True)
    assert (await the_audio(client, scene_id))["sentences"] == listing["sentences"]
    assert voice.spoken == []

    changed = THIRTY.replace("number 15, and 15 it", "number fifteen, which it")
    await change_text(client, scene_id, changed)
    outdated = await narration_of(client, scene_id)
    assert (outdated["state"], outdated["up_to_date"]) == ("outdated", False)
    assert (await the_audio(client, scene_id))["sentences"] == []
    assert (await narrated(client, scene_id))["state"] == "complete"
    assert 1 <= len(voice.spoken) <= 2
    assert any("fifteen" in spoken for spoken in voice.spoken)
    sentences = (await the_audio(client, scene_id))["sentences"]
    assert all(changed[one["start"] : one["end"]] == one["text"] for one in sentences)
    assert "".join(one["text"] for one in sentences).replace(" ", "") == changed.replace(
        " ", ""
    )


async def test_what_was_told_live_is_not_spoken_again_either(
    client: Client, voice: VoiceServer
) -> None:
    session = await begin(client, await new_story(client))
    scene_id = session["scene_id"]
    busy = await narrate(client, scene_id, 409)
    assert "stop its session first" in busy["error"]["message"]
    await hear(client, session)
    spoken = voice.spoken.copy()
    there = await narrate(client, scene_id, 200)
    assert (there["state"], there["occasion"]) == ("complete", "live")
    await change_text(client, scene_id, f"It was so.\n\n{STORY}")
    await narrated(client, scene_id)
    # The scene's first sentence is cut short, so that it sounds soon: it is another now.
    assert len(voice.spoken) <= len(spoken) + 3
    assert not set(voice.spoken[len(spoken) :]) & set(spoken)


async def test_a_voice_that_is_down_is_told_of_and_a_retry_speaks_what_is_missing(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    scene_id = (await written(client))["id"]
    async with tab(client) as here:
        voice.down = True
        begun = await narrate(client, scene_id)
        failed = await here.told("tts_failed", scene_id)
        assert (failed["retryable"], failed["auto_play"]) == (True, False)
        assert failed["message"]
        assert here.kinds(scene_id) == ["tts_failed"]
        now = await narration_of(client, scene_id)
        assert (now["state"], now["message"]) == ("failed", failed["message"])
        voice.down = False
        again = await narrate(client, scene_id)
        assert again["session_id"] not in (None, begun["session_id"])
        ready = await here.told("tts_ready", scene_id)
        assert ready["chunk_count"] > 20
        # A sentence that the voice refuses is a hole, and is tried again when asked for.
        await change_text(client, scene_id, f"{THIRTY} The last is unspeakable, by Jove.")
        voice.silent_about = ("unspeakable",)
        await narrate(client, scene_id)
        assert (await here.told("tts_ready", scene_id))["holes"] == 1
        with_hole = await narration_of(client, scene_id)
        assert (with_hole["state"], with_hole["holes"]) == ("complete", 1)
        voice.silent_about, voice.spoken = (), []
        await narrate(client, scene_id)
        assert (await here.told("tts_ready", scene_id))["holes"] == 0
        assert ["unspeakable" in spoken for spoken in voice.spoken] == [True]


async def test_what_cannot_be_narrated_is_refused(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    scene_id = (await written(client))["id"]
    await set_wishes(client, tts_enabled=False)
    refusal = await narrate(client, scene_id, 409)
    assert "tts_enabled" in refusal["error"]["message"]
    await set_wishes(client)
    await change_text(client, scene_id, " \n")
    refusal = await narrate(client, scene_id, 409)
    assert "no text" in refusal["error"]["message"]
    for method, path in [("POST", "77"), ("GET", "77"), ("DELETE", "77"), ("POST", "x")]:
        await call(client, method, f"/api/scenes/{path}/narration", 404)
    assert voice.spoken == []


async def test_one_session_however_often_it_is_asked_for_and_it_can_be_listened_to(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    scene_id = (await written(client))["id"]
    voice.hold.clear()
    path = f"/api/scenes/{scene_id}/narration"
    answers = await asyncio.gather(*(client.post(path) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    sessions = {(await answer.json())["session_id"] for answer in answers}
    assert len(sessions) == 1
    now = await narration_of(client, scene_id)
    assert (now["state"], now["session_id"]) == ("speaking", *sessions)
    # What is set now is for the next one.
    await set_wishes(client, default_voice="w", min_sentence_length=0)
    async with connect(client, now, "format=pcm&audio=binary") as socket:
        await socket.send_json({"type": "pause"})
        heard: list[Any] = []
        while not of_type(heard, "paused"):
            heard.append(await socket.receive_json())
        await socket.send_json({"type": "skip", "sentence_number": 2})
        await socket.send_json({"type": "resume"})
        voice.hold.set()
        heard += [message async for message in following(socket)]
    assert "".join(m["text"] for m in of_type(heard, "text_chunk")) == THIRTY
    assert heard[-1]["type"] == "generation_complete"
    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    # What its listener passed over is spoken all the same: it is not for them alone.
    there = await narration_of(client, scene_id)
    assert (there["state"], there["holes"], there["voice"]) == ("complete", 0, "v")
    audio = audio_of(heard)
    assert list(audio) == list(range(2, there["total_sentences"]))
    assert set(voice.voices) == {"v"}
    for number in (2, there["total_sentences"] - 1):
        url = f"/api/scenes/{scene_id}/audio/{number}?format=pcm"
        async with client.get(url) as response:
            assert await response.read() == audio[number]
    await narrated(client, scene_id)
    assert set(voice.voices) == {"v", "w"}


async def test_who_asks_for_what_is_there_disturbs_nobody_who_listens_to_it(
    client: Client, model: ModelServer
) -> None:
    model.text = THIRTY
    scene_id = (await written(client))["id"]
    async with tab(client) as here:
        session = await narrate(client, scene_id)
        async with connect(client, session, "format=pcm") as socket:
            await socket.send_json({"type": "pause"})
            await here.told("tts_ready", scene_id)
            there = await narrate(client, scene_id, 200)
            assert (there["state"], there["session_id"]) == ("complete", None)
            path = f"/api/sessions/{session['session_id']}"
            assert (await call(client, "GET", path, 200))["state"] == "telling"
            await socket.send_json({"type": "resume"})
            *_, last = [message async for message in following(socket)]
            assert last["type"] == "generation_complete"


async def half_spoken(client: Client, voice: VoiceServer, scene_id: int) -> Any:
    """Narrate until some of it is stored, and the voice is in the middle of more."""
    voice.silent_about, voice.pace = (), 0.02
    async with tab(client) as here:
        session = await narrate(client, scene_id)
        await here.told("tts_progress", scene_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await the_audio(client, scene_id))["sentences"]:
            await asyncio.sleep(0.01)
    voice.hold.clear()
    voice.pace = 0.001
    return session


async def until_closed(voice: VoiceServer) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await voice.all_closed.wait()


async def test_called_off_it_keeps_what_was_spoken_and_deleted_nothing(
    client: Client, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    scene_id = (await written(client))["id"]
    async with tab(client) as here:
        session = await half_spoken(client, voice, scene_id)
        stop = f"/api/sessions/{session['session_id']}/stop"
        await call(client, "POST", stop, 202)
        await here.told("tts_stopped", scene_id)
        await until_closed(voice)
        now = await narration_of(client, scene_id)
        assert (now["state"], now["session_id"], now["message"]) == ("stopped", None, None)
        kept = (await the_audio(client, scene_id))["sentences"]
        assert 0 < len(kept) == now["sentences_done"] < 25
        assert now["total_sentences"] is None
        scene = await call(client, "GET", f"/api/scenes/{scene_id}", 200)
        assert (scene["text"], scene["state"]) == (THIRTY, "complete")

        voice.hold.set()
        before = len(voice.spoken)
        session = await half_spoken(client, voice, scene_id)
        said_before = [one["text"] for one in kept]
        assert not set(said_before) & set(voice.spoken[before:])
        await call(client, "DELETE", f"/api/scenes/{scene_id}/narration", 204)
        await here.told("tts_stopped", scene_id)
    await until_closed(voice)
    now = await narration_of(client, scene_id)
    assert (now["state"], now["sentences_done"], now["duration_ms"]) == ("none", 0, 0)
    assert (await the_audio(client, scene_id))["sentences"] == []
    await call(client, "GET", f"/api/scenes/{scene_id}/audio/0", 404)
    await call(client, "DELETE", f"/api/scenes/{scene_id}/narration", 204)


@pytest.mark.parametrize("change", ["text", "scene", "story", "continue"])
async def test_a_change_of_the_scene_calls_its_narration_off(
    client: Client, model: ModelServer, voice: VoiceServer, change: str
) -> None:
    model.text, model.breaks_off = THIRTY, True
    scene = await written(client)
    session = await half_spoken(client, voice, scene["id"])
    path = f"/api/scenes/{scene['id']}"
    match change:
        case "text":
            await change_text(client, scene["id"], "All is different.")
        case "scene":
            await call(client, "DELETE", path, 204)
        case "story":
            await call(client, "DELETE", f"/api/stories/{scene['story_id']}", 204)
            voice.hold.set()
        case _:
            model.text, model.breaks_off = " And so it ended.", False
            live = await call(client, "POST", f"{path}/continue", 201)
            voice.hold.set()
            messages = await hear(client, live)
            assert messages[-1]["type"] == "generation_complete"
    await until_closed(voice)
    if change in ("scene", "story"):
        await call(client, "GET", path, 404)
        await call(client, "GET", f"{path}/narration", 404)
    elif change == "text":
        now = await narration_of(client, scene["id"])
        assert (now["state"], now["session_id"]) == ("outdated", None)
        ended = await call(client, "GET", f"/api/sessions/{session['session_id']}", 200)
        assert ended["state"] == "ended"
        voice.hold.set()
        assert (await narrated(client, scene["id"]))["total_sentences"] == 1


@pytest.mark.parametrize(
    ("longest", "shortest", "most"), [(30, 0, 30), (250, 0, 250), (250, 200, 250)]
)
async def test_sentences_are_as_long_as_the_settings_say_and_none_is_lost(
    start_server: StartServer,
    model: ModelServer,
    voice: VoiceServer,
    longest: int,
    shortest: int,
    most: int,
) -> None:
    client = await start_server(text={"max_sentence_length": longest})
    await set_wishes(client, min_sentence_length=shortest)
    model.text = THIRTY
    scene_id = (await written(client))["id"]
    there = await narrated(client, scene_id)
    spoken = [one["text"] for one in (await the_audio(client, scene_id))["sentences"]]
    assert there["total_sentences"] == len(spoken)
    assert len(set(voice.spoken)) == len(voice.spoken), "the same was spoken twice"
    assert max(map(len, spoken)) <= most
    assert " ".join(spoken) == THIRTY
    average = len(THIRTY) / len(spoken)
    assert average > 100 if shortest == 200 else average < 50


async def test_what_the_end_of_the_server_interrupts_goes_on_with_the_next_one(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    client = await start_server()
    scene_id = (await written(client))["id"]
    async with tab(client) as here:
        session = await half_spoken(client, voice, scene_id)
        last_seq = (await here.told_all())[-1]["seq"]
        await ended(client, here)
    voice.spoken.clear()
    voice.hold.set()
    client = await start_server()
    kept = {one["text"] for one in (await the_audio(client, scene_id))["sentences"]}
    async with tab(client, last_seq) as here:
        ready = await here.told("tts_ready", scene_id)
        assert all(notice["seq"] > last_seq for notice in here.got)
    there = await narration_of(client, scene_id)
    assert (there["state"], there["holes"]) == ("complete", 0)
    assert there["sentences_done"] == ready["chunk_count"]
    assert not kept & set(voice.spoken), "what was stored was spoken again"
    assert session["occasion"] == there["occasion"] == "demand"
    sentences = (await the_audio(client, scene_id))["sentences"]
    assert " ".join(one["text"] for one in sentences) == THIRTY


async def test_after_a_restart_a_voice_that_comes_late_is_waited_for_until_called_off(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    speech = {"outage_seconds": 0.1}
    client = await start_server(speech=speech)
    first, second = [(await written(client))["id"] for _ in range(2)]
    voice.hold.clear()
    for scene_id in (first, second):
        await narrate(client, scene_id)
    await client.close()
    voice.hold.set()
    voice.down = True
    client = await start_server(speech=speech)
    asked = len(voice.spoken)
    await asyncio.sleep(1.5)  # Far longer than a listener would wait.
    assert len(voice.spoken) > asked
    for scene_id in (first, second):
        assert (await narration_of(client, scene_id))["state"] == "speaking"
    await call(client, "DELETE", f"/api/scenes/{second}/narration", 204)
    async with tab(client) as here:
        voice.down = False
        await here.told("tts_ready", first)
    there = await narration_of(client, first)
    assert (there["state"], there["holes"]) == ("complete", 0)
    assert (await narration_of(client, second))["state"] == "none"


async def test_what_cannot_be_gone_on_with_after_a_restart_says_why(
    start_server: StartServer, model: ModelServer, voice: VoiceServer
) -> None:
    model.text = THIRTY
    client = await start_server()
    scene_id = (await written(client))["id"]
    voice.hold.clear()
    await narrate(client, scene_id)
    await set_wishes(client, tts_enabled=False)
    await client.close()
    voice.hold.set()
    client = await start_server()
    now = await narration_of(client, scene_id)
    assert now["state"] == "failed"
    assert "switched off" in now["message"]
