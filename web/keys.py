"""What the application and a request carry, each under a typed key."""

from __future__ import annotations

import asyncio

from aiohttp import web as http

from actors.base import ActorRef
from actors.narrator import Command as NarratorCommand
from actors.notifier import Command as NotifierCommand
from narration.audio import Transcoder
from narration.config import Config
from narration.encoding.recording_encoder import RecordingEncoder
from narration.export.exports import Exports
from narration.llm import LLM
from narration.speech.kept import KeptSpeech
from narration.speech.own.own_servers import OwnServers
from narration.speech.provider import Providers
from narration.speech.voice_lists import VoiceLists
from narration.store import Store
from web.auth import Tickets
from web.errands import Errands
from web.loop_lag import LoopLag
from web.open_sockets import OpenSockets
from web.process_load import ProcessLoad
from web.scene_locks import SceneLocks

__all__ = [
    "CONFIG",
    "DRAINING",
    "ENCODER",
    "ERRANDS",
    "EXPORTS",
    "KEPT",
    "LLM_KEY",
    "LOAD",
    "LOOP_LAG",
    "NARRATOR",
    "NOTICE_SOCKETS",
    "NOTIFIER",
    "OWN_SERVERS",
    "PREVIEWS",
    "PROVIDERS",
    "SCENE_LOCKS",
    "SOCKETS",
    "STORE",
    "TICKETS",
    "TRANSCODER",
    "VOICE_LISTS",
]

CONFIG = http.AppKey("config", Config)
STORE = http.AppKey("store", Store)
LLM_KEY: http.AppKey[LLM] = http.AppKey("llm")
PROVIDERS = http.AppKey("providers", Providers)
"""The services that may speak.  Whoever has one say something takes a place at it first."""
OWN_SERVERS = http.AppKey("own_servers", OwnServers)
"""Services that users have of their own."""
VOICE_LISTS = http.AppKey("voice_lists", VoiceLists)
PREVIEWS: http.AppKey[set[int]] = http.AppKey("previews")
"""Users who have a voice tried out at this moment."""
KEPT = http.AppKey("kept", KeptSpeech)
"""Says what was said before for the same user, without any service."""
NARRATOR: http.AppKey[ActorRef[NarratorCommand]] = http.AppKey("narrator")
NOTIFIER: http.AppKey[ActorRef[NotifierCommand]] = http.AppKey("notifier")
ENCODER = http.AppKey("encoder", RecordingEncoder)
TRANSCODER = http.AppKey("transcoder", Transcoder)
EXPORTS = http.AppKey("exports", Exports)
"""Makes files of what is stored."""
SOCKETS = http.AppKey("sockets", OpenSockets)
"""Those of sessions."""
NOTICE_SOCKETS = http.AppKey("notice_sockets", OpenSockets)
"""Those on which users are told what becomes of their scenes."""
DRAINING = http.AppKey("draining", asyncio.Event)
"""Set when the server has been told to end, and begins nothing any more."""
LOOP_LAG = http.AppKey("loop_lag", LoopLag)
LOAD = http.AppKey("load", ProcessLoad)
ERRANDS = http.AppKey("errands", Errands)
SCENE_LOCKS = http.AppKey("scene_locks", SceneLocks)
TICKETS = http.AppKey("tickets", Tickets)
