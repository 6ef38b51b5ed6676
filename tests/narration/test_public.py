"""What listeners name is asked only if it is on the public internet, however they name it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from narration.errors import SpeechError
from narration.http import open_client, send
from narration.http_failures import REQUEST_FAILURES, failure, refusal
from narration.public import NotPublic, is_public, public_socket
from tests.narration.scripted_service import ScriptedService


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:2800:21f::1", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%2",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_of_networks_of_ones_own_are_not_public(address: str) -> None:
    assert not is_public(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(NotPublic):
        public_socket((family, socket.SOCK_STREAM, 0, "", (address, 80)))


def test_a_socket_is_made_for_an_address_of_the_internet() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.215.14", 80))
    with public_socket(info) as made:
        assert made.family is socket.AF_INET


def test_a_socket_in_the_file_system_is_not_public() -> None:
    with pytest.raises(NotPublic):
        public_socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 0)))


class Listening:
    """A port on which somebody inside listens, and counts who came."""

    def __init__(self) -> None:
        self.port = 0
        self.came = 0

    async def greet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        writer.close()


@pytest.fixture
async def inside() -> AsyncIterator[Listening]:
    listening = Listening()
    server = await asyncio.start_server(listening.greet, "127.0.0.1", 0)
    listening.port = server.sockets[0].getsockname()[1]
    async with server:
        yield listening


async def asked(url: str, *, public_only: bool = True) -> SpeechError | None:
    """What comes of asking there."""
    client = open_client(url, connect_seconds=5.0, public_only=public_only)
    try:
        response = await send(client, url, {"input": "Hello."})
        said = await response.aread()
        await response.aclose()
    except REQUEST_FAILURES as error:
        return failure(SpeechError, "somebody", url, error)
    finally:
        await client.aclose()
    if response.status_code == 200:
        return None
    return refusal(SpeechError, "somebody", response, said)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.0.0.1", "0x7f000001"],
)
async def test_nobody_inside_is_connected_to_under_any_name(
    inside: Listening, scheme: str, host: str
) -> None:
    """A name that leads inside is refused when it is connected to, and not by its looks."""
    error = await asked(f"{scheme}://{host}:{inside.port}/v1")
    assert error is not None
    assert not error.retryable
    assert "is not on the public internet" in str(error)
    assert "operator does not allow it" in str(error)
    assert inside.came == 0


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1", "0"])
async def test_an_address_in_a_strange_spelling_is_connected_to_by_nobody(
    inside: Listening, host: str
) -> None:
    assert await asked(f"http://{host}:{inside.port}/v1") is not None
    assert inside.came == 0


async def test_without_the_guard_the_same_server_is_asked(inside: Listening) -> None:
    error = await asked(f"http://localhost:{inside.port}/v1", public_only=False)
    assert error is not None
    assert "closed the connection" in str(error)
    assert inside.came > 0


async def test_no_proxy_is_asked_to_connect_instead(
    service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.answer(b"from the inside")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, service.url.removesuffix("/v1"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    url = "http://169.254.169.254/latest/meta-data"
    error = await asked(url)
    assert error is not None
    assert "is not on the public internet" in str(error)
    assert service.headers == []
    # And it is one that would have been asked.
    assert await asked(url, public_only=False) is None
    assert len(service.headers) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_sent_on_to_somebody_else(
    service: ScriptedService, inside: Listening, status: int
) -> None:
    service.answer(status=status, headers={"Location": f"http://127.0.0.1:{inside.port}/"})
    error = await asked(service.url, public_only=False)
    assert error is not None
    assert f"it has moved ({status})" in str(error)
    assert inside.came == 0
