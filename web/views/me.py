"""Who is asking, and where they are told what happens."""

from __future__ import annotations

from aiohttp import web as http

from web.addresses import notifications_url
from web.requests import USER
from web.wire import json_response

__all__ = ["read"]


async def read(request: http.Request) -> http.Response:
    user = request[USER]
    return json_response(
        {
            "user_id": user.id,
            "name": user.name,
            "notifications_url": notifications_url(request),
        }
    )
