"""What the application and a request carry, each under a typed key."""

from __future__ import annotations

import asyncio

from aiohttp import web as http

from actors.base import ActorRef
from actors.narrator import Command as NarratorCommand
from narration.audio import Transcoder
from narration.config import Config
from narration.llm import LLM
from narration.speech import Speech
from narration.speech.scheduler import Scheduler
from narration.store import Store
from web.auth import Tickets
from web.open_sockets import OpenSockets

__all__ = [
    "CONFIG",
    "DRAINING",
    "LLM_KEY",
    "NARRATOR",
    "SCHEDULER",
    "SOCKETS",
    "SPEECH",
    "STARTING",
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
NARRATOR: http.AppKey[ActorRef[NarratorCommand]] = http.AppKey("narrator")
TRANSCODER = http.AppKey("transcoder", Transcoder)
SOCKETS = http.AppKey("sockets", OpenSockets)
DRAINING = http.AppKey("draining", asyncio.Event)
"""Set when the server has been told to end, and begins nothing any more."""
STARTING: http.AppKey[set[int]] = http.AppKey("starting")
"""The ids of scenes whose session is about to begin."""
TICKETS = http.AppKey("tickets", Tickets)
