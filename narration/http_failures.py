"""What a failed request means to a person, and whether it is worth another try."""

from __future__ import annotations

import email.utils
import re
import ssl
import time
from collections.abc import Iterable
from typing import Any, TypeVar

import aiohttp
import httpx
import msgspec
from aiohttp.http_exceptions import BadHttpMessage, BadStatusLine

from narration.errors import Scope, ServiceError
from narration.proxies import ThroughProxy
from narration.public import NotPublic

__all__ = [
    "MAX_HEADER_BYTES",
    "PROXY",
    "REQUEST_FAILURES",
    "failure",
    "origin",
    "refusal",
    "was_closed",
]

MAX_HEADER_BYTES = 64 << 10
"""No header of an answer may be longer."""

E = TypeVar("E", bound=ServiceError)

# The transport passes some of aiohttp's errors on, and translates others to httpx's.
REQUEST_FAILURES = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)

PROXY = "proxy"
"""Where a response's extensions have the proxy that it came through, if it did."""

_CODE = re.compile(r"[A-Za-z][\w.-]{0,59}")


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
    proxy = next((cause.proxy for cause in causes if isinstance(cause, ThroughProxy)), "")
    if proxy:
        where = f"{where}, asked through the proxy {origin(proxy)} of the environment,"

    def caused_by(*types: type[BaseException]) -> bool:
        return any(isinstance(cause, types) for cause in causes)

    retryable, scope = True, Scope.SERVICE
    unreachable = (aiohttp.ClientProxyConnectionError, aiohttp.ClientConnectorDNSError)
    if proxy and caused_by(*unreachable):
        message = (
            f"no connection to the proxy {origin(proxy)}, through which {origin(url)} is "
            "asked: check HTTP_PROXY and the like, or put its host into NO_PROXY"
        )
    elif caused_by(aiohttp.ClientHttpProxyError):
        message = (
            f"the proxy {origin(proxy)} does not connect to {origin(url)}"
            f"{_proxy_status(causes)}: check HTTPS_PROXY, or put its host into NO_PROXY"
        )
    elif caused_by(NotPublic):
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
        scope = Scope.REQUEST  # What was asked may have felled it.
        message = f"{where} broke off in the middle of its answer"
    elif caused_by(BadHttpMessage) and not caused_by(BadStatusLine):
        scope = Scope.REQUEST
        message = (
            f"{where} sends headers against the rules of HTTP, such as two lengths, or more "
            f"than {MAX_HEADER_BYTES >> 10} kB: look at it, and at any proxy before it"
        )
    elif caused_by(aiohttp.ClientResponseError):
        message = f"{where} does not speak HTTP: check the port in the url"
    else:
        scope = Scope.REQUEST
        message = f"{where} closed the connection: its log may say why"
    return kind(service, message, retryable=retryable, lasting=not retryable, scope=scope)


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
    proxy = response.extensions.get(PROXY)
    if status == 407 and proxy is not None:
        message = (
            f"the proxy {origin(proxy)} asks for a name and a password ({said}): put them "
            "into HTTP_PROXY, or the service's host into NO_PROXY"
        )
    elif unpaid:  # Some say so with 401.
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
    if proxy is not None and status != 407:
        message += f"; it was asked through the proxy {origin(proxy)} of the environment"
    return kind(
        service,
        message,
        retryable=retryable,
        lasting=unpaid or status in (401, 403),
        retry_after=retry_after,
        scope=Scope.CAPACITY if retryable and status in (429, 503) else Scope.REQUEST,
    )


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _proxy_status(causes: Iterable[BaseException]) -> str:
    refused = (one for one in causes if isinstance(one, aiohttp.ClientHttpProxyError))
    status = next((one.status for one in refused), 0)
    needs_password = ", it asks for a name and a password" if status == 407 else ""
    return f" ({status}{needs_password})"


def was_closed(error: BaseException) -> bool:
    """Whether a connection that was kept had been closed by the service meanwhile."""
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
        except (ValueError, OverflowError):  # There is no such moment.
            return None
    return seconds if 0 <= seconds < float("inf") else None
