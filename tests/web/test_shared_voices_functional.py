"""Listeners who share a voice service: what one of them asks for costs no other a sentence,
and a service that is busy, or comes late, costs nobody one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.audio import duration_ms
from tests.patience import PATIENCE_SECONDS
from tests.speech_servers.base import Fault, pitch, running
from tests.speech_servers.kokoro import KokoroServer
from tests.speech_servers.openai import OpenAIServer
from tests.web.conftest import (
    Client,
    StartServer,
    audio_of,
    connect,
    hear,
    message_of,
    new_story,
    of_type,
)
from tests.web.narrating import call
from tests.web.services import ModelServer

ANNA = {"Authorization": "Bearer annas-token"}
BEN = {"Authorization": "Bearer bens-token"}
TWO_USERS = {"tokens": {"anna": "annas-token", "ben": "bens-token"}}

ENGLISH = [
    "The keeper of the lamp climbed the narrow stairs in the dark and counted them.",
    "Below him the whole village slept behind closed shutters in the wind and rain.",
    "He had forgotten the number long before the top but the counting was no use.",
    "At the landing somebody had left a single wet boot with its laces still tied.",
    "He stepped over it without a word because the light would not wait for anyone.",
    "Far out on the water a second lamp answered his own with three slow flashes.",
]
CHINESE = [
    "守灯人在黑暗中爬上狭窄的楼梯，低声数着每一级台阶，生怕忘记了自己走到哪里。",
    "村庄在他脚下沉睡，家家户户关着窗子，只有海风一遍又一遍地试着推开每一扇门。",
    "他早就忘了自己数到多少，可是数数让他心里安静，让旧日的恐惧离他远一点。",
    "楼梯口不知谁留下了一只湿透的靴子，鞋带还打着一个整整齐齐、非常熟悉的结。",
    "他一句话也没说就跨了过去，因为灯光不会等待任何人，而夜晚才刚刚开始。",
    "远处的水面上，另一盏灯用三次缓慢的闪光回答了他，没有一艘船用得上它们。",
]
SPELT = "XKJ QWZ VBN PLM OKN IJB UHV YGC TFX RDZ ESW AQX WSC EDV RFB TGN YHM UJK."
# All of a scene may be sent and made at once, so that most sentences wait to be heard.
UNHURRIED = {
    "send_ahead_seconds": 300,
    "synthesis_ahead_seconds": 300,
    "save_ahead_seconds": 300,
}
# The longer of the two pauses that are set: the last sentence ends its paragraph.
REST_MS = 100
QUERY = "format=pcm&audio=binary"


@pytest.fixture
async def kokoro() -> AsyncIterator[KokoroServer]:
    async with running(KokoroServer()) as server:
        server.char_ms = 60
        server.retry_after = ""
        yield server


@pytest.fixture
async def spare() -> AsyncIterator[OpenAIServer]:
    async with running(OpenAIServer()) as server:
        yield server


def offering(kokoro: KokoroServer, **more: Any) -> dict[str, Any]:
    one = {"type": "kokoro", "url": kokoro.url, "voice": "af_heart", "concurrency": 4}
    return {"providers": {"kokoro": one}, **more}


async def told(
    client: Client, headers: dict[str, str] | None = None, *, at_leisure: bool = False
) -> list[Any]:
    """All that a listener is told of a scene, who hears it at once, or as it is spoken."""
    headers = headers or {}
    story_id = await new_story(client, **headers)
    path = f"/api/stories/{story_id}/scenes/generate-with-tts-stream"
    session = await call(
        client, "POST", path, 201, json={"custom_prompt": "x"}, headers=headers
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        if not at_leisure:
            return await hear(client, session, QUERY)
        async with connect(client, session, QUERY) as socket:
            return [message_of(raw) async for raw in socket]


async def set_wishes(client: Client, headers: dict[str, str], **wishes: Any) -> None:
    await call(client, "PUT", "/api/settings/tts", 200, json=wishes, headers=headers)


def holes(messages: list[Any]) -> list[str]:
    return [message["reason"] for message in of_type(messages, "sentence_skipped")]


@pytest.fixture(autouse=True)
def story(model: ModelServer) -> None:
    model.text, model.pace = " ".join(ENGLISH), 0.0


@pytest.mark.parametrize("fault", [Fault.FAILED, Fault.UNAUTHORIZED, Fault.GONE, Fault.BUSY])
async def test_a_voice_that_is_refused_to_one_listener_silences_no_other(
    start_server: StartServer, kokoro: KokoroServer, fault: Fault
) -> None:
    client = await start_server(speech=offering(kokoro), auth=TWO_USERS)
    kokoro.fail(fault, voice="af_bella")
    await set_wishes(client, ANNA, default_voice="af_bella")
    silent, heard = await asyncio.gather(told(client, ANNA), told(client, BEN))
    assert holes(heard) == []
    assert len(holes(silent)) == len(ENGLISH)
    assert all("kokoro" in reason for reason in holes(silent))


async def test_previews_that_fail_silence_nobody(
    start_server: StartServer, kokoro: KokoroServer
) -> None:
    client = await start_server(speech=offering(kokoro), auth=TWO_USERS)
    kokoro.fail(Fault.FAILED, about="Zzz")
    for _ in range(6):
        body = {"text": "Zzz."}
        await call(client, "POST", "/api/voices/preview", 502, json=body, headers=ANNA)
    assert holes(await told(client, BEN)) == []
    assert holes(await told(client, ANNA)) == []


@pytest.mark.parametrize("first", [CHINESE, ENGLISH])
async def test_how_long_one_language_takes_does_not_judge_another(
    start_server: StartServer, model: ModelServer, kokoro: KokoroServer, first: list[str]
) -> None:
    client = await start_server(speech=offering(kokoro), auth=TWO_USERS)

    async def heard(story: list[str], headers: dict[str, str]) -> None:
        model.text = " ".join(story)
        # As a voice does that draws out the one, and mumbles the other.
        kokoro.char_ms = 300 if story is CHINESE else 40
        assert holes(await told(client, headers)) == []

    second = ENGLISH if first is CHINESE else CHINESE
    before = len(kokoro.requests)
    for headers in (ANNA, ANNA, BEN):
        await heard(first, headers)
        await heard(second, headers)
    spoken = {asked.text for asked in kokoro.requests[before:]}
    # What the same listener has heard is not spoken again.
    assert len(kokoro.requests) == 2 * len(spoken)


async def test_a_sentence_that_comes_out_at_the_same_length_three_times_is_that_long(
    start_server: StartServer, model: ModelServer, kokoro: KokoroServer
) -> None:
    client = await start_server(speech=offering(kokoro), session=UNHURRIED)
    model.text = " ".join([*ENGLISH, SPELT])
    kokoro.char_ms, kokoro.spelt = 40, {SPELT[:7]: 125}
    assert holes(await told(client, at_leisure=True)) == []
    assert [asked.text for asked in kokoro.requests].count(SPELT) == 3


async def test_a_service_that_has_too_much_to_do_half_of_the_time_costs_no_sentence(
    start_server: StartServer, kokoro: KokoroServer
) -> None:
    client = await start_server(speech=offering(kokoro, outage_seconds=10))

    async def be_busy_now_and_then() -> None:
        while True:
            kokoro.fail(Fault.BUSY)
            await asyncio.sleep(1.0)
            kokoro.fail(Fault.NONE)
            await asyncio.sleep(1.0)

    busy = asyncio.create_task(be_busy_now_and_then())
    try:
        for _ in range(2):
            assert holes(await told(client)) == []
    finally:
        busy.cancel()
        await asyncio.wait({busy})


@pytest.mark.parametrize("fault", [Fault.NOT_READY, Fault.GONE, Fault.HANG])
async def test_a_service_that_comes_late_speaks_from_the_first_sentence_on(
    start_server: StartServer, kokoro: KokoroServer, fault: Fault
) -> None:
    speech = offering(kokoro, outage_seconds=30)
    speech["providers"]["kokoro"]["first_audio_seconds"] = 0.5
    client = await start_server(speech=speech)
    kokoro.fail(fault)
    telling = asyncio.create_task(told(client))
    await asyncio.sleep(2.0)
    kokoro.fail(Fault.NONE)
    messages = await telling
    assert holes(messages) == []
    assert of_type(messages, "audio_chunk")[0]["sentence_number"] == 0
    [starting] = of_type(messages, "error")
    assert starting["code"] == "voice_starting"
    assert "kokoro: " in starting["message"]
    text = "".join(message["text"] for message in of_type(messages, "text_chunk"))
    assert text == " ".join(ENGLISH)


async def test_the_first_who_is_well_again_is_asked_when_the_second_fails_slowly(
    start_server: StartServer, kokoro: KokoroServer, spare: OpenAIServer
) -> None:
    speech = offering(kokoro, breaker_failures=1, breaker_seconds=0.3, outage_seconds=10)
    speech["providers"]["spare"] = {
        "type": "openai",
        "url": spare.url,
        "first_audio_seconds": 1.0,
    }
    client = await start_server(speech=speech)
    kokoro.fail(Fault.FAILED, times=2)
    spare.fail(Fault.HANG)
    assert holes(await told(client)) == []


async def test_between_two_sentences_there_is_the_pause_that_is_set_and_no_more(
    start_server: StartServer, kokoro: KokoroServer
) -> None:
    kokoro.silent_ms = 900
    client = await start_server(speech=offering(kokoro), loudness={"even": False})
    messages = await told(client)
    assert holes(messages) == []
    for number, pcm in audio_of(messages).items():
        spoken_ms = len(ENGLISH[number]) * kokoro.char_ms
        assert spoken_ms <= duration_ms(pcm) <= spoken_ms + REST_MS + 80
        meant = kokoro.sound(ENGLISH[number])
        assert pitch(pcm) == pytest.approx(pitch(meant), rel=0.01)
