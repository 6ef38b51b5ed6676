"""What the application and a request carry, each under a typed key."""

from __future__ import annotations

import asyncio

from aiohttp import web as http

from actors.base import ActorRef
from actors.narrator import Command as NarratorCommand
from actors.notifier import Command as NotifierCommand
from narration.audio import Transcoder
from narration.config import Config
from narration.export.exports import Exports
from narration.llm import LLM
from narration.speech import Speech
from narration.speech.kept import KeptSpeech
from narration.speech.scheduler import Scheduler
from narration.store import Store
from web.auth import Tickets
from web.errands import Errands
from web.open_sockets import OpenSockets
from web.scene_locks import SceneLocks

__all__ = [
    "CONFIG",
    "DRAINING",
    "ERRANDS",
    "EXPORTS",
    "KEPT",
    "LLM_KEY",
    "NARRATOR",
    "NOTICE_SOCKETS",
    "NOTIFIER",
    "SCENE_LOCKS",
    "SCHEDULER",
    "SOCKETS",
    "SPEECH",
    "STORE",
    "TICKETS",
    "TRANSCODER",
]

CONFIG = http.AppKey("config", Config)
STORE = http.AppKey("store", Store)
LLM_KEY: http.AppKey[LLM] = http.AppKey("llm")
SPEECH: http.AppKey[Speech] = http.AppKey("speech")
SCHEDULER = http.AppKey("scheduler", Scheduler)
"""Whoever has `SPEECH` say something takes a place here first."""
KEPT = http.AppKey("kept", KeptSpeech)
"""Says what was said before for the same user, without `SPEECH`."""
NARRATOR: http.AppKey[ActorRef[NarratorCommand]] = http.AppKey("narrator")
NOTIFIER: http.AppKey[ActorRef[NotifierCommand]] = http.AppKey("notifier")
TRANSCODER = http.AppKey("transcoder", Transcoder)
EXPORTS = http.AppKey("exports", Exports)
"""Makes files of what is stored."""
SOCKETS = http.AppKey("sockets", OpenSockets)
"""Those of sessions."""
NOTICE_SOCKETS = http.AppKey("notice_sockets", OpenSockets)
"""Those on which users are told what becomes of their scenes."""
DRAINING = http.AppKey("draining", asyncio.Event)
"""Set when the server has been told to end, and begins nothing any more."""
ERRANDS = http.AppKey("errands", Errands)
SCENE_LOCKS = http.AppKey("scene_locks", SceneLocks)
TICKETS = http.AppKey("tickets", Tickets)
