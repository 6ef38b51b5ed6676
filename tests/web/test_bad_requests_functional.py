"""Requests that no well-behaved client sends: each gets its status, and none a 500."""

from __future__ import annotations

import asyncio
import gzip

import aiohttp
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, StartServer, begin, hear, new_story

FORM = "application/x-www-form-urlencoded"


async def raw_status(client: Client, request: bytes) -> int:
    """Send bytes as they are; returns the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(request)
    async with asyncio.timeout(PATIENCE_SECONDS):
        line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Host: [::1", 403),
        (b"Host: localhost\r\nOrigin: http://[::1", 403),
        (b"Host: localhost\r\nAuthorization: Bearer \xff", 200),
    ],
)
async def test_odd_headers(client: Client, headers: bytes, status: int) -> None:
    request = b"GET /api/stories HTTP/1.1\r\nConnection: close\r\n%s\r\n\r\n" % headers
    assert await raw_status(client, request) == status


async def test_a_token_that_is_no_text_is_refused(start_server: StartServer) -> None:
    client = await start_server(auth={"tokens": {"anna": "annas-token"}})
    for path in (b"/api/stories", b"/ws/scene-generation/x?ticket=%s.a" % (b"9" * 5_000)):
        request = b"GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\n\r\n" % path
        assert await raw_status(client, request) == 401


async def test_a_name_that_is_too_long_for_a_file_is_not_found(client: Client) -> None:
    assert (await client.get("/static/" + "a" * 300)).status == 404


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no gzip", {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
        (
            gzip.compress(b"[", mtime=0)[:-5],
            {"Content-Type": FORM, "Content-Encoding": "gzip"},
        ),
        (b"a=b", {"Content-Type": f"{FORM}; charset=nonsense"}),
        (b"a=b", {"Content-Type": f"{FORM}; charset=hex"}),
        (
            b"--x\r\nContent-Disposition: form-data; name=a\r\n"
            b"Content-Transfer-Encoding: nonsense\r\n\r\nb\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
        (
            b"--x\r\nno header at all\r\n\r\nb\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="custom_prompt"; filename="f"\r\n'
            b"\r\nb\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        ),
        (b"[" * 5_000, {"Content-Type": "application/json"}),
        (b'{"custom_prompt": "\\ud800"}', {"Content-Type": "application/json"}),
    ],
)
async def test_bodies_that_cannot_be_read(
    client: Client, body: bytes, headers: dict[str, str]
) -> None:
    story_id = await new_story(client)
    url = f"/api/stories/{story_id}/scenes/generate-with-tts-stream"
    async with client.post(url, data=body, headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] == "bad_request"


async def test_settings_that_are_nested_too_deeply(client: Client) -> None:
    async with client.put("/api/settings/tts", data=_deep(980)) as response:
        assert response.status in (400, 415, 503)


def _deep(levels: int) -> aiohttp.BytesPayload:
    body = b'{"extra_params": ' + b'{"a":' * levels + b"{}" + b"}" * levels + b"}"
    return aiohttp.BytesPayload(body, content_type="application/json")


@pytest.mark.parametrize("text", ["a\x00b", "emoji \U0001f98a", "e\u0301", "\u202e right"])
async def test_odd_text_comes_back_as_it_was(client: Client, text: str) -> None:
    async with client.post("/api/stories", json={"title": text}) as response:
        assert (await response.json())["title"] == text


async def test_a_listener_deep_in_brackets_stays_connected(client: Client) -> None:
    session = await begin(client, await new_story(client))
    async with client.session.ws_connect(session["websocket_url"]) as socket:
        await socket.send_str('{"type":' + "[" * 8_000)
        kinds = [message.json()["type"] async for message in socket]
    assert "error" in kinds
    assert kinds[-1] == "generation_complete"


async def test_what_a_page_loads_is_never_of_two_versions(client: Client) -> None:
    async with client.get("/static/main.js") as response:
        assert response.headers["Cache-Control"] == "no-cache"
    session = await begin(client, await new_story(client))
    await hear(client, session)
    async with client.get(f"/api/scenes/{session['scene_id']}/audio/0") as response:
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "Authorization" in response.headers["Vary"]
