"""Who can speak here: the services on offer, their voices, and how one of them sounds."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web as http

from narration.audio import duration_ms
from narration.errors import Busy, SpeechError
from narration.speech.adapters import ADAPTERS
from narration.speech.base import Voice
from narration.speech.preview import preview as speak_preview
from narration.speech.provider import Provider, Providers
from narration.text.cleaner import clean
from web.casting import casting, chosen, usable
from web.errors import BadRequest, Unprocessable, describe_invalid
from web.keys import CONFIG, OWN_SERVERS, PREVIEWS, PROVIDERS, STORE, TRANSCODER, VOICE_LISTS
from web.requests import USER, json_body
from web.tts_settings import changed, check
from web.wire import json_response

__all__ = ["SAMPLE", "preview", "read_all"]

SAMPLE = "The lamp went out at nine, and nobody in the house said a word about it."

_MAX_CHARS = 300
_WATCH_SECONDS = 0.25

T = TypeVar("T")


_Text = Annotated[str, msgspec.Meta(max_length=_MAX_CHARS)]


async def read_all(request: http.Request) -> http.Response:
    """The voices of the user's service, or of one that is named, and what else there is."""
    app, user = request.app, request[USER]
    name, own = request.query.get("provider"), False
    if name is None:
        settings = usable(app, await app[STORE].tts_settings(user.id))
        provider, own = chosen(app, user.id, settings), bool(settings.provider_type)
    else:
        provider = app[PROVIDERS].named(name)
    voices: list[Voice] = []
    error = None
    try:
        voices = await app[VOICE_LISTS].of(provider)
    except SpeechError as failed:
        error = {
            "code": "voice_failed",
            "message": str(failed),
            "retryable": failed.retryable,
        }
    return json_response(
        {
            "provider": provider.name,
            "own": own,
            "default_voice": provider.speech.default_voice,
            "voices": voices,
            "error": error,
            "providers": [_described(one) for one in _offered(app[PROVIDERS])],
            "own_servers": app[CONFIG].speech.own_servers,
            "types": [
                {
                    "type": type,
                    "label": ADAPTERS[type].label,
                    "speeds": ADAPTERS[type].profile.speeds,
                    "params": ADAPTERS[type].profile.params,
                }
                for type in app[OWN_SERVERS].types
            ],
        }
    )


async def preview(request: http.Request) -> http.Response:
    """A sentence in a voice that may not be saved yet, or precisely why there is none."""
    app, user = request.app, request[USER]
    try:
        given = await json_body(request, dict[str, Any])
        text = msgspec.convert(given.pop("text", SAMPLE), _Text)
    except BadRequest as error:
        raise Unprocessable(str(error)) from error
    except msgspec.ValidationError as error:
        raise Unprocessable(f"text: {describe_invalid(error)}") from error
    settings = changed(await app[STORE].tts_settings(user.id), given)
    check(app, settings)
    part = casting(app, user.id, settings)[0]
    spoken = clean(text)
    if not spoken:
        raise Unprocessable("text: there is nothing in it that could be spoken")
    most = part.provider.speech.profile.max_chars
    if len(spoken) > most:
        raise Unprocessable(f"text: {part.provider.name} speaks {most} characters at once")
    if user.id in app[PREVIEWS]:
        raise Busy("you are listening to another preview; wait until it is there")
    app[PREVIEWS].add(user.id)
    try:
        loudness, transcoder = app[CONFIG].loudness, app[TRANSCODER]
        made = await _while_connected(
            request, speak_preview(part, spoken, user.id, loudness, transcoder)
        )
    finally:
        app[PREVIEWS].discard(user.id)
    file = await transcoder.encode(made.pcm, "mp3")
    return json_response(
        {
            "provider": part.provider.name,
            "voice": part.by.voice,
            "text": text,
            "format": "mp3",
            "audio": base64.b64encode(file).decode(),
            "duration_ms": duration_ms(made.pcm),
            "first_audio_ms": made.first_audio_ms,
            "total_ms": made.total_ms,
            "words": made.words,
        }
    )


def _offered(providers: Providers) -> list[Provider]:
    """All, in the order in which they step in; the first is the default."""
    others = (one for one in providers.all.values() if one not in providers.chain)
    return [*providers.chain, *others]


def _described(provider: Provider) -> dict[str, Any]:
    speech = provider.speech
    return {
        "name": provider.name,
        "type": provider.type,
        "label": ADAPTERS[provider.type].label,
        "streams": speech.profile.streams,
        "word_times": speech.profile.word_times,
        "speeds": speech.profile.speeds,
        "params": speech.profile.params,
        "default_voice": speech.default_voice,
    }


async def _while_connected(request: http.Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; it is called off when the client goes, which the server does not
    do by itself.
    """
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=_WATCH_SECONDS))[0]:
            if request.transport is None or request.transport.is_closing():
                raise ConnectionResetError
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
