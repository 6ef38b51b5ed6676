"""Who is asking, and may this web page ask at all."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import socket
import time
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from aiohttp import web as http

from narration.config import AuthConfig, Config

__all__ = [
    "LOCAL_USER",
    "NOTIFICATIONS",
    "Tickets",
    "host_allowed",
    "origin_allowed",
    "user_name",
]

LOCAL_USER = "local"
"""The one user of a server without tokens."""

NOTIFICATIONS = "notifications"
"""What a ticket for a user's notifications is for, in the place of a session."""

TICKET_SECONDS = 120


class Tickets:
    """Short-lived leave to open one socket, for browsers, which can send no header.

    A ticket is its expiry, on a clock that nobody sets, and an HMAC-SHA256 over it, the
    session (or `NOTIFICATIONS`) and its user, under a key that dies with the process.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, session_id: str, user: str) -> str:
        expires = str(int(time.monotonic()) + TICKET_SECONDS)
        return f"{expires}.{self._sign(session_id, user, expires)}"

    def holds(self, ticket: str, session_id: str, user: str) -> bool:
        expires, _, signature = ticket.partition(".")
        if not (expires.isascii() and expires.isdigit() and len(expires) < 12):
            return False
        if int(expires) < time.monotonic():
            return False
        return hmac.compare_digest(
            signature.encode("utf-8", "surrogateescape"),
            self._sign(session_id, user, expires).encode(),
        )

    def _sign(self, session_id: str, user: str, expires: str) -> str:
        message = f"{expires}\n{session_id}\n{user}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def user_name(auth: AuthConfig, authorization: str) -> str | None:
    """The user an `Authorization` header belongs to; None if it belongs to nobody."""
    if not auth.tokens:
        return LOCAL_USER
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    given, found = token.encode("utf-8", "surrogateescape"), None
    for name, expected in auth.tokens.items():  # All of them: time must not tell which.
        if hmac.compare_digest(given, expected.encode()):
            found = name
    return found


def origin_allowed(request: http.Request, config: Config) -> bool:
    """Whether the page that sent this request may: our own, or one the operator named.

    Programs send no `Origin`; browsers always do where it matters.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin in config.server.allowed_origins:
        return True
    page = _parts(origin).netloc.lower()
    public = _parts(config.server.public_url).netloc.lower()
    # It is empty for `null`: a sandboxed frame, a local file.
    return page != "" and page in (request.host.lower(), public)


def host_allowed(request: http.Request, config: Config) -> bool:
    """Whether the server is called by a name it knows as its own.

    Without tokens, a web page could otherwise point a name of its own at this
    machine and be taken for our page (DNS rebinding).
    """
    if config.auth.tokens:
        return True
    host = (_parts(f"//{request.host}").hostname or "").lower()
    return host in _own_names(config) or _is_address(host)


def _own_names(config: Config) -> Iterable[str]:
    named = [config.server.public_url, *config.server.allowed_origins]
    return {"localhost", socket.gethostname().lower()} | {
        (_parts(url).hostname or "localhost").lower() for url in named
    }


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # Half an IPv6 address.
        return urlsplit("")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
