"""The HTTP client of every adapter."""

from __future__ import annotations

import asyncio
import base64
import functools
import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient
from httpx_aiohttp.transport import AiohttpResponseStream

from narration.body import BODY, READ_AHEAD_BYTES, Body, Connection
from narration.http_failures import (
    MAX_HEADER_BYTES,
    PROXY,
    REQUEST_FAILURES,
    origin,
    was_closed,
)
from narration.proxies import ThroughProxy, environment_proxies
from narration.public import public_socket

__all__ = [
    "Client",
    "below",
    "first_bytes",
    "host",
    "load_certificates",
    "open_client",
    "send",
]

# uvicorn and llama.cpp close a connection after five idle seconds; one that is
# taken up again in that moment fails.
_KEEP_ALIVE_SECONDS = 4.0
_MAX_HEADERS = 512


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@functools.cache
def _no_certificates() -> ssl.SSLContext:
    """With it no secure connection is made.  There is one: it takes 1.5 ms to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _is_secure(url: str) -> bool:
    return url.lower().startswith("https:")


async def load_certificates(url: str) -> None:
    """Read the certificates of the authorities, if a client for `url` will need them.

    It takes 80 ms, which `open_client` would otherwise take from everybody.
    """
    if _is_secure(url):
        await asyncio.to_thread(_certificates)


def open_client(
    url: str,
    connect_seconds: float,
    *,
    api_key: str = "",
    headers: Mapping[str, str] = MappingProxyType({}),
    public_only: bool = False,
) -> Client:
    """A client for one service, to be closed by `aclose()`.

    Only connecting has a time-out: the callers know what they wait for.

    Args:
        url: where the service is.
        connect_seconds: how long to wait for a connection.
        api_key: sent as a bearer token, if there is one.
        headers: sent along with every request.
        public_only: whether only addresses of the public internet may be connected to.
            There are no proxies then (else those of `Proxies`): they would connect to
            whatever they are asked for.
    """
    sent = {
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "narration",
        **headers,
    }
    if api_key:
        sent["Authorization"] = f"Bearer {api_key}"
    certificates = _certificates() if _is_secure(url) else _no_certificates()
    proxy = None if public_only else environment_proxies().for_url(url)
    return Client(
        headers=sent,
        # The transport hands `pool` to aiohttp as the limit of looking up the name,
        # connecting and TLS together.
        timeout=httpx.Timeout(None, connect=connect_seconds, pool=connect_seconds),
        verify=certificates,
        transport=_Transport(certificates, public_only=public_only, proxy=proxy),
        trust_env=False,
    )


class Client(HttpxAiohttpClient):
    """Asks one service.

    Of httpx's client it leaves out what no service here needs (cookies, redirects, hooks),
    and so half the CPU of a request: 0.46 ms with it, 0.25 ms without.
    """

    async def ask(self, url: httpx.URL, body: bytes | None) -> httpx.Response:
        """POST `body`, or GET if there is none; return when the headers are there.

        Raises:
            httpx.HTTPError, aiohttp.ClientError, OSError: see `failure`.
        """
        if self.is_closed:
            raise RuntimeError("this client was closed")
        headers = self.headers
        if url.userinfo:
            # aiohttp refuses a url with a user in it when there is a header for that too.
            headers = headers.copy()
            headers["Authorization"] = _basic(url)
            url = url.copy_with(userinfo=b"")
        request = httpx.Request(
            "GET" if body is None else "POST",
            url,
            headers=headers,
            content=body,
            extensions={"timeout": self.timeout.as_dict()},
        )
        return await self._transport.handle_async_request(request)


def _basic(url: httpx.URL) -> str:
    user = f"{url.username}:{url.password}".encode()
    return f"Basic {base64.b64encode(user).decode()}"


class _Transport(AiohttpTransport):
    """httpx on aiohttp's connections; `Body` reads what the response leaves in them."""

    def __init__(
        self,
        certificates: ssl.SSLContext,
        *,
        public_only: bool = False,
        proxy: httpx.Proxy | None = None,
    ) -> None:
        def open_session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(
                ssl=certificates,
                # As many as are asked for.  Callers have bounds of their own: sessions,
                # and requests to a voice at once.
                limit=0,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                socket_factory=public_socket if public_only else None,
            )
            loop = asyncio.get_running_loop()
            connector._factory = lambda: Connection(loop)  # type: ignore[assignment]
            return aiohttp.ClientSession(
                connector=connector,
                read_bufsize=READ_AHEAD_BYTES,
                max_line_size=MAX_HEADER_BYTES,
                max_field_size=MAX_HEADER_BYTES,
                max_headers=_MAX_HEADERS,
                # Cookies would be kept without bound, sent with every request, and be the
                # same for all listeners.
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

        super().__init__(verify=certificates, client=open_session, proxy=proxy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await super().handle_async_request(request)
        except REQUEST_FAILURES as error:
            if self.proxy is not None:
                raise ThroughProxy(str(self.proxy.url)) from error
            raise
        if self.proxy is not None:
            response.extensions[PROXY] = str(self.proxy.url)
        stream = response.stream
        assert isinstance(stream, AiohttpResponseStream)
        # httpx would read it in pieces of 16 kB, each through three generators.
        response.extensions[BODY] = stream._aiohttp_response.content
        return response


async def send(
    client: Client, url: httpx.URL | str, body: dict[str, Any] | None = None
) -> httpx.Response:
    """POST `body` as JSON, or GET; return the response as soon as its headers are there.

    A connection that was kept from an earlier request may have been closed by the
    service meanwhile; then the request is sent once more.
    """
    target = httpx.URL(url)
    content = None if body is None else msgspec.json.encode(body)
    try:
        return await client.ask(target, content)
    except REQUEST_FAILURES as error:
        if not was_closed(error):
            raise
    return await client.ask(target, content)


def host(url: str) -> str:
    """Host and port of `url`: the name of a service that was given none."""
    return origin(url).rpartition("/")[2]


def below(url: str, path: str) -> str:
    """`url` with `path` at the end of its own; a query stays behind it."""
    base, mark, query = url.partition("?")
    return base.rstrip("/") + path + mark + query


async def first_bytes(
    response: httpx.Response, *, seconds: float, limit: int = 65_536
) -> bytes:
    """The start of a response's body, for `refusal`; shorter if it breaks off, or if it does
    not come within so many seconds.
    """
    said = b""
    until = asyncio.get_running_loop().time() + seconds
    try:
        body = Body(response)
        try:
            while len(said) < limit and (data := await body.read(until)):
                said += data
        finally:
            body.close()
    except REQUEST_FAILURES:
        pass  # The status says enough.
    return said[:limit]
