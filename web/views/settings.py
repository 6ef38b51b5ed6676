"""A user's narration settings.  The key of their own TTS server is taken, never given back."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web as http

from narration.story import TTSSettings
from web.casting import is_available
from web.keys import STORE
from web.requests import USER, json_body
from web.tts_settings import check, with_kept_key
from web.wire import json_response

__all__ = ["read", "update"]


async def read(request: http.Request) -> http.Response:
    return _answer(request, await request.app[STORE].tts_settings(request[USER].id))


async def update(request: http.Request) -> http.Response:
    store, user = request.app[STORE], request[USER]
    settings = await json_body(request, TTSSettings)
    if "api_key" not in msgspec.json.decode(await request.read() or b"{}"):
        # Whoever read the settings was not given it, and so cannot send it back.
        settings = with_kept_key(settings, await store.tts_settings(user.id))
    check(request.app, settings)
    await store.put_tts_settings(user.id, settings)
    return _answer(request, settings)


def _answer(request: http.Request, settings: TTSSettings) -> http.Response:
    shown: dict[str, Any] = msgspec.structs.asdict(settings)
    shown["api_key_set"] = bool(shown.pop("api_key"))
    shown["provider_available"] = is_available(request.app, settings)
    return json_response(shown)
