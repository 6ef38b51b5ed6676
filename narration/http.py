"""The HTTP client of every adapter, and what its failures mean to a person."""

from __future__ import annotations

import asyncio
import base64
import email.utils
import functools
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient
from httpx_aiohttp.transport import AiohttpResponseStream

from narration.body import BODY, Body
from narration.errors import ServiceError
from narration.public import NotPublic, public_socket

__all__ = [
    "REQUEST_FAILURES",
    "Client",
    "failure",
    "first_bytes",
    "host",
    "is_address",
    "load_certificates",
    "open_client",
    "origin",
    "refusal",
    "send",
]

E = TypeVar("E", bound=ServiceError)

# The transport passes some of aiohttp's errors on, and translates others to httpx's.
REQUEST_FAILURES = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)

# uvicorn and llama.cpp close a connection after five idle seconds; one that is
# taken up again in that moment fails.
_KEEP_ALIVE_SECONDS = 4.0
_CODE = re.compile(r"[A-Za-z][\w.-]{0,59}")


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
    proxies: bool = True,
    public_only: bool = False,
) -> Client:
    """A client for one service, to be closed by `aclose()`.

    Only connecting has a time-out: the callers know what they wait for.

    Args:
        url: where the service is.
        connect_seconds: how long to wait for a connection.
        api_key: sent as a bearer token, if there is one.
        headers: sent along with every request.
        proxies: whether the environment's `HTTPS_PROXY` and the like count.
        public_only: whether only addresses of the public internet may be connected to.
            There are no proxies then: they would connect to whatever they are asked for.
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
    return Client(
        headers=sent,
        # The transport hands `pool` to aiohttp as the limit of looking up the name,
        # connecting and TLS together.
        timeout=httpx.Timeout(None, connect=connect_seconds, pool=connect_seconds),
        verify=certificates,
        transport=_Transport(certificates, public_only=True) if public_only else None,
        trust_env=proxies and not public_only,
    )


class Client(HttpxAiohttpClient):
    """Asks one service, through a proxy if the environment names one.

    Of httpx's client it leaves out what no service here needs (cookies, redirects, hooks),
    and so half the CPU of a request: 0.46 ms with it, 0.25 ms without.
    """

    async def ask(self, url: httpx.URL, body: bytes | None) -> httpx.Response:
        """POST `body`, or GET if there is none; return when the headers are there.

        Raises:
            httpx.HTTPError, aiohttp.ClientError, OSError: see `failure`.
        """
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
        return await self._transport_for_url(url).handle_async_request(request)

    def _init_transport(
        self,
        verify: ssl.SSLContext | str | bool = True,
        *_: Any,
        transport: httpx.AsyncBaseTransport | None = None,
        **__: Any,
    ) -> httpx.AsyncBaseTransport:
        assert isinstance(verify, ssl.SSLContext)
        return transport or _Transport(verify)

    def _init_proxy_transport(
        self,
        proxy: httpx.Proxy,
        verify: ssl.SSLContext | str | bool = True,
        *_: Any,
        **__: Any,
    ) -> httpx.AsyncBaseTransport:
        assert isinstance(verify, ssl.SSLContext)
        return _Transport(verify, proxy=proxy)


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
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=certificates,
                    # As many as are asked for.  Callers have bounds of their own: sessions,
                    # and requests to a voice at once.
                    limit=0,
                    keepalive_timeout=_KEEP_ALIVE_SECONDS,
                    socket_factory=public_socket if public_only else None,
                ),
                # Cookies would be kept without bound, sent with every request, and be the
                # same for all listeners.
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

        super().__init__(verify=certificates, client=open_session, proxy=proxy)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
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
        if not _was_closed(error):
            raise
    return await client.ask(target, content)


def host(url: str) -> str:
    """Host and port of `url`: the name of a service that was given none."""
    return origin(url).rpartition("/")[2]


def is_address(url: str) -> bool:
    """Whether `url` is one to which a path can be appended."""
    if not re.match(r"https?://[^\s?#]+\Z", url):
        return False
    try:
        parts = httpx.URL(url)
        parts.host.encode("idna")  # Else it would fail when it is asked.
    except (httpx.InvalidURL, UnicodeError):
        return False
    return bool(parts.host) and (parts.port or 80) <= 65_535


def origin(url: str) -> str:
    """The part of `url` that may be shown: no user, password, path or query."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return "its address"
    return f"{parts.scheme}://{parts.netloc.decode()}"


def failure(kind: type[E], service: str, url: str, error: BaseException) -> E:
    """What an exception of a request to `url` means, as an error of the given kind."""
    where = origin(url)
    causes = tuple(_causes(error))

    def caused_by(*types: type[BaseException]) -> bool:
        return any(isinstance(cause, types) for cause in causes)

    retryable = True
    if caused_by(NotPublic):
        retryable = False
        message = (
            f"{where} is not on the public internet; this server's operator does not allow it"
        )
    elif caused_by(aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError):
        retryable = False
        message = f"the certificate of {where} is not valid: check the url or the certificate"
    elif caused_by(aiohttp.ClientSSLError, ssl.SSLError):
        retryable = False
        message = f"no secure connection to {where}: check whether the url is http or https"
    elif caused_by(aiohttp.ClientConnectorDNSError):
        message = f"the host name in {where} is not known: check the url"
    elif caused_by(aiohttp.ServerTimeoutError, TimeoutError):
        message = f"{where} does not answer: check that it is running and can be reached"
    elif caused_by(aiohttp.ClientConnectorError):
        message = f"no connection to {where}: check that it is running, and the url"
    elif caused_by(aiohttp.InvalidURL, httpx.InvalidURL, httpx.UnsupportedProtocol):
        retryable = False
        message = "its url is not valid: it looks like http://host:port/v1"
    elif caused_by(httpx.DecodingError):
        retryable = False
        message = f"{where} compresses its answers, which it was asked not to: check the url"
    elif caused_by(aiohttp.ClientPayloadError, httpx.ReadError):
        message = f"{where} broke off in the middle of its answer"
    elif caused_by(aiohttp.ClientResponseError):
        message = f"{where} does not speak HTTP: check the port in the url"
    else:
        message = f"{where} closed the connection: its log may say why"
    return kind(service, message, retryable=retryable, lasting=not retryable)


def refusal(kind: type[E], service: str, response: httpx.Response, body: bytes) -> E:
    """What a response with an error status means, as an error of the given kind."""
    status = response.status_code
    code = _error_code(body, response.request)
    said = f"{status}, {code}" if code else f"{status}"
    unpaid = status == 402 or code in ("insufficient_quota", "quota_exceeded")
    retryable = not unpaid and (
        status in (408, 425, 429) or (status >= 500 and status not in (501, 505))
    )
    retry_after = _retry_after(response) if retryable else None
    if unpaid:  # Some say so with 401.
        message = f"the account has no credit left, or its plan has not this ({said})"
    elif status in (401, 403):
        message = f"it does not accept the API key ({said}): check the key configured for it"
    elif status == 404:
        message = f"it does not know the address or the model ({said}): check url and model"
    elif status == 429:
        wait = f", for {retry_after:g} s" if retry_after else ""
        message = f"it has too many requests ({said}) and asks to be left alone{wait}"
    elif status == 503:
        message = f"it is not ready ({said}): it may still be loading its model"
    elif status >= 500:
        message = f"it failed ({said}): its log may say why"
    elif status >= 400:
        message = f"it does not accept the request ({said}): check model, voice, extra_params"
    elif 300 <= status < 400:
        message = f"it has moved ({said}): put its new address into url"
    else:
        message = f"it answered with an unexpected status ({said})"
    return kind(
        service,
        message,
        retryable=retryable,
        lasting=unpaid or status in (401, 403),
        retry_after=retry_after,
    )


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


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _was_closed(error: BaseException) -> bool:
    return any(
        isinstance(cause, aiohttp.ServerDisconnectedError | ConnectionResetError)
        or type(cause) is aiohttp.ClientOSError
        for cause in _causes(error)
    )


def _error_code(body: bytes, request: httpx.Request) -> str | None:
    """The service's own code for what is wrong, if it has one.

    Only a code: the rest of such a body may repeat the story's text, or the key.  What
    repeats anything of the request is none.
    """
    sent = " ".join([request.content.decode(errors="replace"), *request.headers.values()])
    try:
        said: Any = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    for key in ("error", "detail"):
        if isinstance(said, dict) and key in said:
            said = said[key]
    if isinstance(said, list) and said:
        said = said[0]
    if isinstance(said, dict):
        candidates = [said.get(key) for key in ("code", "error", "status", "type")]
    else:
        candidates = [said]
    for candidate in candidates:
        if isinstance(candidate, str) and _CODE.fullmatch(candidate):
            return None if candidate in sent else candidate
    return None


def _retry_after(response: httpx.Response) -> float | None:
    said = response.headers.get("retry-after", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        except ValueError:
            return None
    return seconds if 0 <= seconds < float("inf") else None
