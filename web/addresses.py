"""Where a user's sockets are, as whoever asks can reach them."""

from __future__ import annotations

from aiohttp import web as http

from web.auth import NOTIFICATIONS
from web.keys import CONFIG, TICKETS
from web.requests import USER

__all__ = ["notifications_url", "websocket_url"]


def websocket_url(request: http.Request, session_id: str) -> str:
    """Where to listen to a session of the user who asks; with tokens, for two minutes."""
    return _url(request, f"scene-generation/{session_id}", session_id)


def notifications_url(request: http.Request) -> str:
    """Where the user who asks is told what happens; with tokens, for two minutes."""
    return _url(request, str(request[USER].id), NOTIFICATIONS)


def _url(request: http.Request, path: str, ticket_for: str) -> str:
    config, user = request.app[CONFIG], request[USER]
    base = config.server.public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    url = f"ws{base.removeprefix('http')}/ws/{path}"
    if config.auth.tokens:
        url += f"?ticket={request.app[TICKETS].issue(ticket_for, user.name)}"
    return url
