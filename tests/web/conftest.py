"""The whole server on a loopback port, with a model and a voice that are servers too."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web as http
from aiohttp.test_utils import TestClient, TestServer
from pytest_aiohttp import AiohttpClient, AiohttpServer

from narration.config import Config
from tests.web.services import ModelServer, VoiceServer
from web.app import create_app
from web.wire import unframe

Client = TestClient[http.Request, http.Application]
StartServer = Callable[..., Awaitable[Client]]

REPORT_SECONDS = 0.06


class _Server(TestServer):
    """Runs the application as `web.server` does: who leaves does not cancel his request."""

    async def _make_runner(self, **kwargs: Any) -> http.BaseRunner:
        kwargs |= {"handler_cancellation": False, "shutdown_timeout": 2.0}
        return await super()._make_runner(**kwargs)


@pytest.fixture
async def model() -> ModelServer:
    return ModelServer()


@pytest.fixture
async def voice() -> VoiceServer:
    return VoiceServer()


@pytest.fixture
async def start_server(
    aiohttp_client: AiohttpClient,
    aiohttp_server: AiohttpServer,
    model: ModelServer,
    voice: VoiceServer,
    tmp_path: Path,
) -> AsyncGenerator[StartServer]:
    """Starts a server; keyword arguments change sections of its settings, and `provider`
    changes its voice service.
    """
    model_server = await aiohttp_server(model.app())
    voice_server = await aiohttp_server(voice.app())

    speaks = {"type": "openai", "url": _url(voice_server), "voice": "v", "concurrency": 2}

    async def go(
        *, provider: dict[str, Any] | None = None, **sections: dict[str, Any]
    ) -> Client:
        settings: dict[str, dict[str, Any]] = {
            "store": {"path": str(tmp_path / "narration.db")},
            "llm": {"url": _url(model_server), "model": "scripted"},
            "speech": {
                "providers": {"voice": speaks | (provider or {})},
                "retry_seconds": 0.01,
                "breaker_seconds": 0.1,
                "outage_seconds": 0.5,
            },
            "text": {"pause_between_sentences_ms": 50, "pause_between_paragraphs_ms": 100},
            "server": {"shutdown_seconds": 2},
        }
        for name, changes in sections.items():
            settings[name] = settings.get(name, {}) | changes
        config = msgspec.convert(settings, Config)
        server: Any = _Server(await asyncio.to_thread(create_app, config))
        client: Client = await aiohttp_client(server)
        return client

    yield go
    model.hold.set()
    voice.hold.set()


@pytest.fixture
async def client(start_server: StartServer) -> Client:
    return await start_server()


async def new_story(client: Client, **headers: str) -> int:
    body = {"title": "The lamp", "premise": "A house, and what is in it."}
    async with client.post("/api/stories", json=body, headers=headers) as response:
        assert response.status == 201, await response.text()
        return int((await response.json())["id"])


async def begin(client: Client, story_id: int, prompt: str = "Go on.") -> dict[str, Any]:
    """Start a live scene; returns the server's answer."""
    async with client.post(
        f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
        json={"custom_prompt": prompt},
    ) as response:
        assert response.status == 201, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def hear(client: Client, session: dict[str, Any], query: str = "") -> list[Any]:
    """All messages of a session's socket until it closes, binary frames taken apart."""
    async with connect(client, session, query) as socket:
        heard = [message async for message in following(socket)]
        assert socket.close_code == 1000
    return heard


def connect(client: Client, session: dict[str, Any], query: str = "") -> Any:
    """A session's socket, to be entered."""
    url = session["websocket_url"]
    if query:
        url += ("&" if "?" in url else "?") + query
    return client.session.ws_connect(url, max_msg_size=0)


async def following(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[Any]:
    """The socket's messages, while it reports all audio as heard as soon as it is there."""
    place = {"sentence_number": -1, "position_ms": 0.0}
    reporting = asyncio.create_task(_report_on(socket, place))
    try:
        async for raw in socket:
            message = message_of(raw)
            if message["type"] == "audio_chunk":
                if message["sentence_number"] != place["sentence_number"]:
                    place |= {"sentence_number": message["sentence_number"], "position_ms": 0}
                place["position_ms"] += message["duration_ms"]
            yield message
    finally:
        reporting.cancel()
        await asyncio.wait({reporting})


async def _report_on(socket: aiohttp.ClientWebSocketResponse, place: dict[str, float]) -> None:
    """As often as the server puts up with."""
    said = dict(place)
    while not socket.closed:
        await asyncio.sleep(REPORT_SECONDS)
        if place != said:
            said = dict(place)
            with suppress(ConnectionError):
                await socket.send_json({"type": "playback", **said})


def message_of(message: aiohttp.WSMessage) -> Any:
    if message.type is aiohttp.WSMsgType.BINARY:
        chunk = unframe(message.data)
        return {"type": "audio_chunk", **msgspec.structs.asdict(chunk)}
    return msgspec.json.decode(message.data)


def of_type(messages: list[Any], kind: str) -> list[Any]:
    return [message for message in messages if message["type"] == kind]


def audio_of(messages: list[Any]) -> dict[int, bytes]:
    """The audio of each sentence; the messages come of binary frames."""
    chunks = of_type(messages, "audio_chunk")
    return {
        number: b"".join(chunk["audio"] for chunk in group)
        for number, group in itertools.groupby(chunks, key=lambda c: c["sentence_number"])
    }


def _url(server: TestServer) -> str:
    return f"http://127.0.0.1:{server.port}/v1"
