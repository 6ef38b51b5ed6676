"""A user's narration settings.  The key of their own TTS server is taken, never given back."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web as http

from narration.story import TTSSettings
from web.errors import Forbidden
from web.keys import STORE
from web.requests import USER, json_body
from web.wire import json_response

__all__ = ["read", "update"]


async def read(request: http.Request) -> http.Response:
    return json_response(_shown(await request.app[STORE].tts_settings(request[USER].id)))


async def update(request: http.Request) -> http.Response:
    store, user = request.app[STORE], request[USER]
    settings = await json_body(request, TTSSettings)
    if "api_key" not in msgspec.json.decode(await request.read() or b"{}"):
        # Whoever read the settings was not given it, and so cannot send it back.
        kept = (await store.tts_settings(user.id)).api_key
        settings = msgspec.structs.replace(settings, api_key=kept)
    if settings.provider_type:
        raise Forbidden("this server lets nobody bring a TTS server of their own")
    await store.put_tts_settings(user.id, settings)
    return json_response(_shown(settings))


def _shown(settings: TTSSettings) -> dict[str, Any]:
    shown = msgspec.structs.asdict(settings)
    shown["api_key_set"] = bool(shown.pop("api_key"))
    return shown
