"""Proxies that machines have in their environment: whom they are asked for, and whom not."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator

import pytest

from narration.errors import LLMError
from narration.http import first_bytes, open_client, send
from narration.http_failures import REQUEST_FAILURES, failure, refusal
from narration.proxies import environment_proxies
from tests.narration.scripted_service import ScriptedService

PROXY = "http://proxy.corp:3128"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def chosen(url: str) -> str:
    proxy = environment_proxies().for_url(url)
    return "" if proxy is None else str(proxy.url)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "voice.localhost",
        "127.0.0.1",
        "127.8.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_what_is_on_this_machine_is_asked_directly(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)
    assert chosen(f"http://{host}:8880/v1") == ""
    assert chosen(f"https://{host}/v1") == ""


@pytest.mark.parametrize(
    ("said", "url", "proxied"),
    [
        ("", "http://voice.corp/v1", True),
        ("voice.corp", "http://voice.corp/v1", False),
        ("corp", "http://voice.corp/v1", False),
        (".corp", "http://voice.corp/v1", False),
        ("*.corp", "http://VOICE.corp/v1", False),
        ("http://voice.corp/", "http://voice.corp/v1", False),
        ("orp", "http://voice.corp/v1", True),
        ("a, voice.corp ,b", "http://voice.corp/v1", False),
        ("a voice.corp", "http://voice.corp/v1", False),
        ("voice.corp:80", "http://voice.corp/v1", False),
        ("voice.corp:8880", "http://voice.corp:8880/v1", False),
        ("voice.corp:8880", "http://voice.corp:8881/v1", True),
        ("*", "http://voice.corp/v1", False),
        ("10.0.0.0/8", "http://10.1.2.3:80/v1", False),
        ("10.0.0.0/8", "http://11.1.2.3:80/v1", True),
        ("10.1.2.3", "http://10.1.2.3:80/v1", False),
        ("::1,fd00::/8", "http://[fd00::7]:80/v1", False),
        ("[fd00::7]", "http://[fd00::7]:80/v1", False),
        ("[fd00::7]:81", "http://[fd00::7]:80/v1", True),
        ("fe80::1%eth0,localhost,voice.corp", "http://voice.corp/v1", False),
        ("10.0.0.0/99,voice.corp", "http://voice.corp/v1", False),
    ],
)
def test_no_proxy_is_read_as_it_is_written_everywhere(
    monkeypatch: pytest.MonkeyPatch, said: str, url: str, proxied: bool
) -> None:
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("no_proxy", said)
    assert chosen(url) == (PROXY if proxied else "")


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTP_PROXY": "proxy.corp:3128"}, "http://voice.corp/v1", PROXY),
        ({"HTTP_PROXY": PROXY}, "https://voice.corp/v1", ""),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": "http://b"}, "https://voice.corp/v1", PROXY),
        ({"ALL_PROXY": PROXY}, "http://voice.corp/v1", PROXY),
        ({"HTTP_PROXY": PROXY, "ALL_PROXY": "socks://x:1/"}, "http://voice.corp/v1", PROXY),
    ],
)
def test_each_kind_of_address_has_its_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert chosen(url) == proxy


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ALL_PROXY", "socks://me:secret@127.0.0.1:1080/", "ALL_PROXY (a proxy of the kind"),
        ("all_proxy", "socks5h://127.0.0.1:1080", "ALL_PROXY (a proxy of the kind socks5h"),
        ("HTTP_PROXY", "http://me:secret@[::1", "HTTP_PROXY (not an address)"),
        ("HTTPS_PROXY", "http://", "HTTPS_PROXY (not an address)"),
        ("NO_PROXY", "10.0.0.0/99", "an entry of NO_PROXY (10.0.0.0/99 is no network)"),
    ],
)
def test_what_cannot_be_read_is_named_without_its_secret_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    [unreadable] = environment_proxies().unreadable
    assert unreadable.startswith(told)
    assert "secret" not in unreadable
    assert chosen("http://voice.corp/v1") == ""
    open_client("http://voice.corp/v1", 1.0)


async def refused(url: str) -> LLMError:
    """What a person is told of a request that fails."""
    client = open_client(url, connect_seconds=5.0)
    try:
        response = await send(client, url)
        try:
            said = await first_bytes(response, seconds=5.0)
        finally:
            await response.aclose()
    except REQUEST_FAILURES as error:
        return failure(LLMError, "model", url, error)
    finally:
        await client.aclose()
    return refusal(LLMError, "model", response, said)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_blamed_and_not_the_service(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, scheme: str
) -> None:
    proxy = f"http://me:secret@127.0.0.1:{unused_tcp_port}"
    monkeypatch.setenv(f"{scheme}_proxy", proxy)
    message = str(await refused(f"{scheme}://model.invalid/v1"))
    assert f"no connection to the proxy http://127.0.0.1:{unused_tcp_port}" in message
    assert "NO_PROXY" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (407, "asks for a name and a password"),
        (502, "it failed (502): its log may say why; it was asked through the proxy"),
        (404, "it was asked through the proxy"),
    ],
)
async def test_what_comes_through_a_proxy_is_said_to(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch, status: int, told: str
) -> None:
    proxy = service.url.removesuffix("/v1")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    service.answer(b"", status=status)
    message = str(await refused("http://model.invalid/v1"))
    assert told in message
    assert proxy in message
    # And not where there is none.
    assert "proxy" not in str(await refused(service.url)).replace("_PROXY", "")


async def test_a_tunnel_that_is_refused_is_the_proxys_doing(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = service.url.removesuffix("/v1")
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    message = str(await refused("https://model.invalid/v1"))
    assert f"the proxy {proxy} does not connect to https://model.invalid" in message


async def test_a_proxy_that_hangs_up_is_named(
    monkeypatch: pytest.MonkeyPatch, hangs_up: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", hangs_up)
    message = str(await refused("http://model.invalid/v1"))
    assert f"asked through the proxy {hangs_up} of the environment" in message


async def test_a_proxys_password_goes_to_the_proxy(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", service.url.removesuffix("/v1").replace("//", "//me:pw@"))
    service.answer(b"", status=404)
    await refused("http://model.invalid/v1")
    [headers] = service.headers
    assert headers["Proxy-Authorization"] == f"Basic {base64.b64encode(b'me:pw').decode()}"
    assert "Authorization" not in headers


@pytest.fixture
async def hangs_up() -> AsyncIterator[str]:
    """A server that closes after the first request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
