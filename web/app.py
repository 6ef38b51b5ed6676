"""The composition root: builds the application from its settings."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiohttp import web as http

from actors.base import start, stop
from actors.narrator import Narrator
from actors.notifier import Notifier
from narration.audio import Transcoder
from narration.config import Config
from narration.encoding.recording_encoder import RecordingEncoder
from narration.export.exports import Exports
from narration.llm.opening import open_llm
from narration.proxies import environment_proxies
from narration.speech.kept import KeptSpeech
from narration.speech.opening import open_providers
from narration.speech.own.own_servers import OwnServers
from narration.speech.voice_lists import VoiceLists
from narration.store import Store
from web.auth import Tickets
from web.doors import doors, security_headers
from web.draining import retire
from web.errands import Errands
from web.errors import errors
from web.keys import (
    CONFIG,
    DRAINING,
    ENCODER,
    ERRANDS,
    EXPORTS,
    KEPT,
    LLM_KEY,
    LOAD,
    LOOP_LAG,
    NARRATOR,
    NOTICE_SOCKETS,
    NOTIFIER,
    OWN_SERVERS,
    PREVIEWS,
    PROVIDERS,
    SCENE_LOCKS,
    SOCKETS,
    STORE,
    TICKETS,
    TRANSCODER,
    VOICE_LISTS,
)
from web.loop_lag import LoopLag
from web.narrating import resume_put_off, resume_unfinished
from web.open_sockets import OpenSockets
from web.process_load import ProcessLoad
from web.room import keeping_room
from web.routes import add_routes
from web.scene_locks import SceneLocks

__all__ = ["create_app"]

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 1024 * 1024


def create_app(
    config: Config, *, when_built: Callable[[], None] = lambda: None
) -> http.Application:
    """The whole server.  Its services start with it and end with it, in reverse.

    `when_built` is called when all of it is there, and no session yet.
    """

    async def built(_: http.Application) -> AsyncIterator[None]:
        when_built()
        yield

    app = http.Application(middlewares=[errors, doors], client_max_size=MAX_BODY_BYTES)
    app[CONFIG] = config
    app[TICKETS] = Tickets()
    app[SOCKETS] = OpenSockets(config.session.max_sockets, "this session has")
    app[NOTICE_SOCKETS] = OpenSockets(
        config.session.max_notification_sockets, "you have notifications on"
    )
    app[DRAINING] = asyncio.Event()
    app[SCENE_LOCKS] = SceneLocks()
    app[VOICE_LISTS] = VoiceLists()
    app[PREVIEWS] = set()
    app[LOAD] = ProcessLoad()
    app.cleanup_ctx.extend(
        [
            _loop_lag,
            _store,
            _encoder,
            _transcoder,
            _exports,
            _services,
            _notifier,
            _narrator,
            _errands,
            built,
            _resumed,
            keeping_room,
        ]
    )
    app.on_response_prepare.append(security_headers)
    app.on_shutdown.append(retire)  # Before sockets are closed.
    add_routes(app)
    return app


async def _loop_lag(app: http.Application) -> AsyncIterator[None]:
    async with LoopLag(time.monotonic) as app[LOOP_LAG]:
        yield


async def _store(app: http.Application) -> AsyncIterator[None]:
    app[STORE] = store = await Store.open(app[CONFIG].store.path)
    interrupted = await store.interrupt_unfinished()
    if interrupted:
        logger.info("%d scenes were left unfinished by the last run", interrupted)
    yield
    await store.close()


async def _encoder(app: http.Application) -> AsyncIterator[None]:
    app[ENCODER] = encoder = RecordingEncoder(
        app[STORE], Path(app[CONFIG].store.path), has_time=app[LOAD].has_time
    )
    encoder.start()
    yield
    await encoder.aclose()


async def _transcoder(app: http.Application) -> AsyncIterator[None]:
    app[TRANSCODER] = transcoder = Transcoder()
    yield
    transcoder.close()


async def _exports(app: http.Application) -> AsyncIterator[None]:
    app[EXPORTS] = exports = await Exports.open(app[STORE], app[CONFIG].store)
    yield
    await exports.close()


async def _services(app: http.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    if unreadable := environment_proxies().unreadable:
        logger.warning("of the environment's proxies, not obeyed: %s", "; ".join(unreadable))
    async with (
        open_llm(config.llm) as llm,
        open_providers(config.speech) as providers,
        OwnServers.opened(config.speech) as own_servers,
    ):
        app[LLM_KEY], app[PROVIDERS], app[OWN_SERVERS] = llm, providers, own_servers
        app[KEPT] = KeptSpeech(app[STORE], app[TRANSCODER], config.loudness, config.speech)
        yield


async def _notifier(app: http.Application) -> AsyncIterator[None]:
    app[NOTIFIER] = notifier = start(Notifier, time.time)
    yield
    await stop(notifier)


async def _narrator(app: http.Application) -> AsyncIterator[None]:
    app[NARRATOR] = narrator = start(Narrator, app[CONFIG].session)
    yield
    await stop(narrator)


async def _errands(app: http.Application) -> AsyncIterator[None]:
    app[ERRANDS] = errands = Errands()
    yield
    await errands.end()


async def _resumed(app: http.Application) -> AsyncIterator[None]:
    trying = asyncio.create_task(resume_put_off(app)) if await resume_unfinished(app) else None
    yield
    if trying is not None:
        trying.cancel()
        await asyncio.wait({trying})
