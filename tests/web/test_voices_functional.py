"""Who can speak here, and how it sounds: voices, previews, and what a listener is told."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web as http
from aiohttp.test_utils import RawTestServer

from narration.audio import decode, duration_ms
from narration.audio.loudness import LoudnessMeter
from narration.errors import SpeechError
from narration.speech.adapters import ADAPTERS
from tests.patience import PATIENCE_SECONDS
from tests.speech_servers.base import Fault, pitch, pitch_of, running, unused
from tests.speech_servers.kokoro import KokoroServer
from tests.speech_servers.openai import OpenAIServer
from tests.web.conftest import Client, StartServer
from web.keys import PROVIDERS, STORE
from web.views.voices import SAMPLE

ANNA = {"Authorization": "Bearer annas-token"}
BEN = {"Authorization": "Bearer bens-token"}
TWO_USERS = {"tokens": {"anna": "annas-token", "ben": "bens-token"}}


@pytest.fixture
async def kokoro() -> AsyncIterator[KokoroServer]:
    async with running(KokoroServer()) as server:
        yield server


@pytest.fixture
async def own() -> AsyncIterator[OpenAIServer]:
    """A listener's."""
    async with running(OpenAIServer()) as server:
        server.lists = True
        yield server


@pytest.fixture
async def spare() -> AsyncIterator[OpenAIServer]:
    """The operator's second."""
    async with running(OpenAIServer()) as server:
        yield server


@pytest.fixture
async def client(
    start_server: StartServer, kokoro: KokoroServer, spare: OpenAIServer
) -> Client:
    """Two services, and whoever wants may bring one more."""
    return await start_server(speech=offering(kokoro, spare, own_servers="any"))


def offering(kokoro: KokoroServer, spare: OpenAIServer, **more: Any) -> dict[str, Any]:
    one = {"type": "kokoro", "url": kokoro.url, "word_times": True, "voice": "af_heart"}
    other = {"type": "openai", "url": spare.url, "voice": "onyx"}
    providers = {"spare": other, "kokoro": one}
    return {"providers": providers, "chain": ["kokoro", "spare"], **more}


def at(server: OpenAIServer) -> dict[str, str]:
    return {"provider_type": "openai", "api_url": server.url}


async def voices(client: Client, query: str = "", **headers: str) -> dict[str, Any]:
    async with client.get(f"/api/voices{query}", headers=headers) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def preview(client: Client, body: Any = None, **headers: str) -> tuple[int, Any]:
    """The status, and the answer or its error."""
    async with client.post(
        "/api/voices/preview", json={} if body is None else body, headers=headers
    ) as response:
        answer = await response.json()
        return response.status, answer.get("error", answer)


async def test_the_services_and_the_voices_of_ones_own_are_listed(client: Client) -> None:
    answer = await voices(client)
    assert (answer["provider"], answer["own"], answer["error"]) == ("kokoro", False, None)
    assert answer["default_voice"] == "af_heart"
    assert [voice["id"] for voice in answer["voices"]] == list(KokoroServer.voices)
    assert all(voice["name"] for voice in answer["voices"])
    first, second = answer["providers"]
    assert (first["name"], second["name"]) == ("kokoro", "spare"), "the default is first"
    assert first.keys() == {
        "name",
        "type",
        "label",
        "streams",
        "word_times",
        "speeds",
        "params",
        "default_voice",
    }
    assert (first["type"], first["streams"], first["word_times"]) == ("kokoro", True, True)
    assert (second["type"], second["word_times"]) == ("openai", False)
    assert (second["speeds"], second["params"]) == ([0.25, 4.0], ["instructions"])
    assert second["default_voice"] == "onyx"
    assert answer["own_servers"] == "any"
    types = [one["type"] for one in answer["types"]]
    assert "openai" in types
    assert "embedded" not in types


async def test_the_voices_of_another_service_are_listed_when_it_is_named(
    client: Client,
) -> None:
    answer = await voices(client, "?provider=spare")
    assert answer["provider"] == "spare"
    assert answer["voices"] == [{"id": "onyx", "name": "onyx"}]
    async with client.get("/api/voices?provider=nobody") as response:
        assert response.status == 404


async def test_the_voices_of_a_server_of_ones_own_are_listed(
    client: Client, own: OpenAIServer
) -> None:
    await client.put("/api/settings/tts", json=at(own))
    answer = await voices(client)
    assert (answer["provider"], answer["own"]) == (own.origin.removeprefix("http://"), True)
    assert [voice["id"] for voice in answer["voices"]] == list(own.voices)


async def test_a_service_that_does_not_tell_its_voices_is_no_failure_of_the_page(
    start_server: StartServer, own: OpenAIServer
) -> None:
    client = await start_server(speech={"own_servers": "any"})
    own.list_fault = Fault.UNAUTHORIZED
    await client.put("/api/settings/tts", json=at(own))
    answer = await voices(client)
    assert answer["voices"] == []
    assert answer["error"]["code"] == "voice_failed"
    assert "does not accept the API key (401" in answer["error"]["message"]
    assert not answer["error"]["retryable"]
    assert answer["providers"]
    # What went wrong is not remembered.
    own.list_fault = Fault.NONE
    answer = await voices(client)
    assert (answer["error"], len(answer["voices"])) == (None, len(own.voices))


async def test_without_own_servers_no_types_of_them_are_told(
    start_server: StartServer,
) -> None:
    answer = await voices(await start_server())
    assert (answer["own_servers"], answer["types"]) == ("no", [])


async def test_a_preview_is_a_sentence_as_it_would_be_heard(
    client: Client, kokoro: KokoroServer
) -> None:
    status, heard = await preview(client)
    assert status == 200
    assert (heard["provider"], heard["voice"]) == ("kokoro", "af_heart")
    assert (heard["text"], heard["format"]) == (SAMPLE, "mp3")
    pcm = decode(base64.b64decode(heard["audio"]))
    assert pitch(pcm) == pytest.approx(pitch_of(SAMPLE), rel=0.02)
    assert duration_ms(pcm) == pytest.approx(heard["duration_ms"], abs=100)
    meter = LoudnessMeter()
    meter.feed(pcm)
    assert meter.lufs == pytest.approx(-19.0, abs=1.0)
    assert 0 < heard["first_audio_ms"] <= heard["total_ms"]
    said = [word["text"] for word in heard["words"]]
    assert said[:3] == ["The", "lamp", "went"]
    assert heard["words"][-1]["end_ms"] <= heard["duration_ms"] + 1


async def test_a_preview_takes_what_is_given_and_saves_nothing_of_it(
    client: Client, kokoro: KokoroServer, own: OpenAIServer
) -> None:
    async with client.get("/api/settings/tts") as response:
        before = await response.json()
    status, heard = await preview(
        client,
        {"text": "*Who* is <b>there</b>?", "default_voice": "af_sky", "speech_speed": 2},
    )
    assert (status, heard["voice"]) == (200, "af_sky")
    asked = kokoro.requests[-1]
    assert (asked.text, asked.voice) == ("Who is there?", "af_sky")
    assert asked.body["speed"] == 2
    status, heard = await preview(client, at(own) | {"api_key": "k", "default_voice": "nova"})
    assert (status, heard["provider"]) == (200, own.origin.removeprefix("http://"))
    assert own.requests[-1].voice == "nova"
    async with client.get("/api/settings/tts") as response:
        assert await response.json() == before
    assert (await client.app[STORE].figures()).recordings == 0


async def test_what_belongs_to_one_service_is_not_taken_over_to_another(
    client: Client, kokoro: KokoroServer, own: OpenAIServer
) -> None:
    saved = {"default_voice": "nova", "extra_params": {"instructions": "Softly."}}
    assert (await client.put("/api/settings/tts", json=at(own) | saved)).status == 200
    status, heard = await preview(client)
    assert (status, heard["voice"]) == (200, "nova")
    assert own.requests[-1].body["instructions"] == "Softly."
    status, heard = await preview(client, {"provider": "kokoro"})
    assert (status, heard["provider"], heard["voice"]) == (200, "kokoro", "af_heart")
    assert "instructions" not in kokoro.requests[-1].body


FAULTS = [
    (Fault.UNAUTHORIZED, "does not accept the API key (401", False),
    (Fault.NOT_FOUND, "does not know the address or the model (404", False),
    (Fault.UNKNOWN_VOICE, "does not accept the request (400", False),
    (Fault.BUSY, "too many requests (429", True),
    (Fault.FAILED, "it failed (500", True),
    (Fault.NOT_READY, "still be loading its model", True),
    (Fault.GONE, "closed the connection", True),
    (Fault.CUT_OF_LENGTH, "broke off in the middle", True),
    (Fault.EMPTY, "sent no audio", True),
    (Fault.SILENCE, "nothing but silence", True),
    (Fault.TOO_SHORT, "only a part of the sentence", True),
    (Fault.TOO_LONG, "far longer than the sentence takes", True),
]


@pytest.mark.parametrize(("fault", "says", "retryable"), FAULTS)
async def test_a_preview_that_fails_says_precisely_why(
    client: Client, own: OpenAIServer, fault: Fault, says: str, retryable: bool
) -> None:
    own.fail(fault)
    status, error = await preview(client, at(own))
    assert (status, error["code"], error["retryable"]) == (502, "voice_failed", retryable)
    assert says in error["message"]
    assert SAMPLE not in error["message"]
    # `send` asks once more where a connection was closed, which may have been an old one.
    assert len(own.requests) <= 2


async def test_an_error_that_says_that_all_is_well_is_not_played(
    client: Client, own: OpenAIServer
) -> None:
    own.fail(Fault.ERROR_AS_OK)
    status, error = await preview(client, at(own))
    assert (status, error["code"]) == (502, "voice_failed")


async def test_a_preview_tells_whether_anybody_is_there_and_speaks_http(
    client: Client, own: OpenAIServer
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")
        await writer.drain()
        writer.close()

    async def message(url: str) -> str:
        status, error = await preview(client, {"provider_type": "openai", "api_url": url})
        assert (status, error["code"]) == (502, "voice_failed")
        return str(error["message"])

    with unused() as nobody:
        assert "check that it is running, and the url" in await message(nobody)
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as wrong:
        port = wrong.sockets[0].getsockname()[1]
        assert "does not speak HTTP" in await message(f"http://127.0.0.1:{port}")
    secure = own.url.replace("http:", "https:")
    assert "whether the url is http or https" in await message(secure)
    assert "check url and model" in await message(own.origin + "/elsewhere")
    assert "host name" in await message("http://nobody.invalid/v1")


async def test_a_web_page_is_not_played(client: Client) -> None:
    async def page(_: http.BaseRequest) -> http.Response:
        return http.Response(text="<html>" + "Welcome! " * 2_000, content_type="text/html")

    async with RawTestServer(page) as server:
        settings = {"provider_type": "openai", "api_url": f"http://127.0.0.1:{server.port}"}
        status, error = await preview(client, settings)
    assert (status, error["code"]) == (502, "voice_failed")
    assert "text instead of audio" in error["message"]
    assert "Welcome" not in error["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": ""}, "nothing in it that could be spoken"),
        ({"text": "***"}, "nothing in it that could be spoken"),
        ({"text": "x" * 301}, "text"),
        ({"text": 7}, "text"),
        ({"volume": 11}, "volume"),
        ({"speech_speed": 9}, "speech_speed"),
        ({"provider": "nobody"}, "only spare, kokoro"),
        ({"provider": "kokoro", "provider_type": "openai", "api_url": "http://a"}, "provider"),
        ({"provider_type": "openai"}, "api_url"),
        ({"provider_type": "telepathy", "api_url": "http://a"}, "provider_type"),
        ([], "object"),
    ],
)
async def test_a_preview_of_what_cannot_be_is_refused(
    client: Client, kokoro: KokoroServer, body: Any, says: str
) -> None:
    status, error = await preview(client, body)
    assert (status, error["code"]) == (422, "unprocessable")
    assert says in error["message"]
    assert kokoro.requests == []


@pytest.mark.parametrize("number", ["1e999", "9" * 400, "-1e999"])
@pytest.mark.parametrize("name", ["speech_speed", "volume"])
async def test_a_number_that_no_machine_has_is_refused_as_any_other(
    client: Client, name: str, number: str
) -> None:
    body, headers = f'{{"{name}": {number}}}', {"Content-Type": "application/json"}
    async with client.post("/api/voices/preview", data=body, headers=headers) as response:
        assert response.status == 422, await response.text()


@pytest.mark.parametrize("speed", [1.0, 1.5])
@pytest.mark.parametrize("type", sorted(type for type in ADAPTERS if ADAPTERS[type].own))
async def test_nothing_that_a_listener_sends_along_is_too_much_for_an_adapter(
    client: Client, type: str, speed: float
) -> None:
    async def refuse(request: http.BaseRequest) -> http.Response:
        status = 200 if request.method == "GET" else 400
        return http.json_response({}, status=status)

    names = ("length_scale", "voice_settings", "stream_format", "speed", "model", "input")
    async with RawTestServer(refuse) as server:
        given = {
            "provider_type": type,
            "api_url": f"http://127.0.0.1:{server.port}",
            "speech_speed": speed,
        }
        for name, value in itertools.product(names, ("x", [1], {"a": 1}, True, 1e300, None)):
            status, error = await preview(client, given | {"extra_params": {name: value}})
            assert (status, error["code"]) == (502, "voice_failed"), (name, value)


async def test_a_preview_of_ones_own_server_needs_the_operators_leave(
    start_server: StartServer, own: OpenAIServer
) -> None:
    status, error = await preview(await start_server(), at(own))
    assert (status, error["code"]) == (403, "forbidden")
    assert own.requests == []


async def test_a_server_inside_is_refused_where_only_the_internet_is_allowed(
    start_server: StartServer, own: OpenAIServer
) -> None:
    client = await start_server(speech={"own_servers": "public"})
    for host in ("127.0.0.1", "localhost"):
        url = own.url.replace("127.0.0.1", host)
        status, error = await preview(client, {"provider_type": "openai", "api_url": url})
        assert (status, error["retryable"]) == (502, False)
        assert "is not on the public internet" in error["message"]
    await client.put("/api/settings/tts", json=at(own))
    assert "is not on the public internet" in (await voices(client))["error"]["message"]
    assert own.requests == []


async def test_a_preview_asks_nobody_else_and_is_asked_for_once(
    client: Client, kokoro: KokoroServer, spare: OpenAIServer
) -> None:
    kokoro.fail(Fault.FAILED)
    status, error = await preview(client)
    assert (status, error["message"].partition(":")[0]) == (502, "kokoro")
    assert len(kokoro.requests) == 1
    assert spare.requests == []


async def test_a_user_has_one_preview_at_a_time(
    start_server: StartServer, kokoro: KokoroServer, spare: OpenAIServer
) -> None:
    speech = offering(kokoro, spare)
    speech["providers"]["kokoro"]["concurrency"] = 2
    client = await start_server(auth=TWO_USERS, speech=speech)
    kokoro.fail(Fault.HANG_BEFORE_AUDIO, about="Slowly", times=1)
    first = asyncio.create_task(preview(client, {"text": "Slowly."}, **ANNA))
    while not kokoro.open:
        await asyncio.sleep(0.01)
    status, error = await preview(client, **ANNA)
    assert (status, error["code"]) == (429, "busy")
    assert (await preview(client, **BEN))[0] == 200
    first.cancel()
    await asyncio.wait({first})
    await asyncio.wait_for(kokoro.all_closed.wait(), PATIENCE_SECONDS)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await preview(client, **ANNA))[0] == 429:
            await asyncio.sleep(0.05)


async def test_a_client_that_goes_ends_the_work_at_the_service(
    start_server: StartServer, kokoro: KokoroServer, spare: OpenAIServer
) -> None:
    speech = offering(kokoro, spare)
    speech["providers"]["kokoro"]["stall_seconds"] = 3_600
    client = await start_server(speech=speech)
    kokoro.fail(Fault.HANG_IN_THE_MIDDLE, times=1)
    asking = asyncio.create_task(preview(client))
    while not kokoro.open:
        await asyncio.sleep(0.01)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    # A preview that nobody calls off goes on for a minute.
    await asyncio.wait_for(kokoro.abandoned.wait(), 40)


async def test_a_service_that_is_left_alone_is_tried_all_the_same_and_taken_back(
    start_server: StartServer, kokoro: KokoroServer, spare: OpenAIServer
) -> None:
    speech = offering(kokoro, spare, breaker_failures=1, breaker_seconds=3_600)
    client = await start_server(speech=speech)
    breaker = client.app[PROVIDERS].named("kokoro").accesses.breaker
    gone = SpeechError("kokoro", "no connection", retryable=True)
    with suppress(SpeechError), breaker.attempt(lambda error: True):
        raise gone
    kokoro.fail(Fault.FAILED, times=2)
    for _ in range(2):
        assert (await preview(client))[0] == 502
        assert breaker.figures().state == "open"
    assert (await preview(client))[0] == 200
    assert breaker.figures().state == "closed"
