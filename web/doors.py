"""Lets a request in, or not: whose it is, and whether its page and its address are ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs
from aiohttp import web as http

from web.auth import NOTIFICATIONS, host_allowed, origin_allowed, user_name
from web.errors import Forbidden, Unauthorized
from web.keys import CONFIG, STORE, TICKETS
from web.requests import USER, User

__all__ = ["doors", "security_headers"]

Handler = Callable[[http.Request], Awaitable[http.StreamResponse]]

_PAGE_POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_CORS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range"
    ),
    "Access-Control-Max-Age": "600",
}


@http.middleware
async def doors(request: http.Request, handler: Handler) -> http.StreamResponse:
    """Everything under /api/ and /ws/ belongs to a user; the page and /health do not."""
    config = request.app[CONFIG]
    if not host_allowed(request, config):
        raise Forbidden(
            f"this server does not go by the name {request.host!r}; "
            "set server.public_url to the address it is reached at"
        )
    if not origin_allowed(request, config):
        raise Forbidden(
            "this web page may not use this server; add it to server.allowed_origins"
        )
    if request.method == hdrs.METH_OPTIONS and "Origin" in request.headers:
        return http.Response(status=204, headers=_CORS)
    if request.path in ("/health/actors", "/health/schedulers", "/health/encoding"):
        _admit_operator(request)
    elif request.path.startswith(("/api/", "/ws/")):
        name = _name(request)
        request[USER] = User(await request.app[STORE].user(name), name)
    return await handler(request)


async def security_headers(request: http.Request, response: http.StreamResponse) -> None:
    """On every answer: what a browser may do with it, and which page may read it."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if response.content_type == "text/html":
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
    if request.path.startswith("/static/"):
        # The page's modules belong together: after an update none may come from a cache.
        response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Origin, Authorization"
    origin = request.headers.get("Origin")
    if origin in request.app[CONFIG].server.allowed_origins:
        response.headers["Access-Control-Allow-Origin"] = str(origin)
        response.headers["Access-Control-Expose-Headers"] = (
            "Accept-Ranges, Content-Disposition, Content-Range, ETag, Retry-After"
        )


def _name(request: http.Request) -> str:
    auth = request.app[CONFIG].auth
    name = user_name(auth, request.headers.get("Authorization", ""))
    ticket = request.query.get("ticket")
    if name is None and ticket and request.path.startswith("/ws/"):
        # Whatever user is in the path of a notifications socket must be the ticket's.
        wanted = request.match_info.get("session_id", NOTIFICATIONS)
        tickets = request.app[TICKETS]
        name = next((u for u in auth.tokens if tickets.holds(ticket, wanted, u)), None)
    if name is None and ticket:
        raise Unauthorized(
            "the ticket is not valid (any more): GET /api/sessions/{id}, or /api/me for "
            "notifications, gives a new address, with your token"
        )
    if name is None:
        raise Unauthorized("send your token: `Authorization: Bearer ...`")
    return name


def _admit_operator(request: http.Request) -> None:
    """Where there are several users, only the operator sees what all of them are doing."""
    auth = request.app[CONFIG].auth
    if not auth.tokens:
        return
    given = request.headers.get("Authorization", "")
    if not auth.operator_token:
        raise Forbidden("set auth.operator_token, and send it, to see what the server does")
    if user_name(type(auth)(tokens={"operator": auth.operator_token}), given) is None:
        raise Unauthorized("send the operator's token: `Authorization: Bearer ...`")
