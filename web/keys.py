"""What the application and a request carry, each under a typed key."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web as http

from actors.base import ActorRef
from actors.narrator import Command as NarratorCommand
from narration.audio import Transcoder
from narration.config import Config
from narration.llm import LLM
from narration.speech import Speech
from narration.store import Store
from web.auth import Tickets

__all__ = [
    "CONFIG",
    "LLM_KEY",
    "NARRATOR",
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
NARRATOR: http.AppKey[ActorRef[NarratorCommand]] = http.AppKey("narrator")
TRANSCODER = http.AppKey("transcoder", Transcoder)
SOCKETS: http.AppKey[set[Callable[[], None]]] = http.AppKey("sockets")
"""How to cut each open socket, for the end of a server that waits no longer."""
TICKETS = http.AppKey("tickets", Tickets)
