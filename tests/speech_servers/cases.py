"""How every adapter is tried, and what is to come of every fault.

`tests/narration/speech/test_conformance.py` tries the adapters, and
`tests/web/test_hostile_voices_functional.py` what a listener gets.  A new adapter needs an
entry in `CASES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.speech_servers.base import Fault, SpeechServer
from tests.speech_servers.chatterbox import ChatterboxServer
from tests.speech_servers.elevenlabs import ElevenLabsServer
from tests.speech_servers.kokoro import KokoroServer
from tests.speech_servers.openai import OpenAIServer
from tests.speech_servers.piper import PiperServer

__all__ = ["CASES", "ERRORS", "NOT_A_SERVER", "Case", "Expected"]


class Case(NamedTuple):
    """How an adapter is tried: against what, and with which settings.

    `blind`: faults that its service's answer does not show; the length of the audio does.
    `lossy`: the audio comes back nearly, and not exactly, as it was.
    """

    type: str
    server: Callable[[], SpeechServer]
    settings: dict[str, Any] = {}
    blind: frozenset[Fault] = frozenset()
    lossy: bool = False


# A stream of samples, and one of MP3 or AAC, may end anywhere.
_ENDLESS = frozenset({Fault.TRUNCATED})

CASES = {
    "openai": Case("openai", OpenAIServer, blind=_ENDLESS),
    "openai_wav": Case("openai", OpenAIServer, {"response_format": "wav"}, blind=_ENDLESS),
    "openai_sse": Case("openai", OpenAIServer, {"extra_params": {"stream_format": "sse"}}),
    "openai_mp3": Case(
        "openai", OpenAIServer, {"response_format": "mp3"}, blind=_ENDLESS, lossy=True
    ),
    "openai_opus": Case("openai", OpenAIServer, {"response_format": "opus"}, lossy=True),
    "openai_flac": Case("openai", OpenAIServer, {"response_format": "flac"}),
    "openai_aac": Case(
        "openai", OpenAIServer, {"response_format": "aac"}, blind=_ENDLESS, lossy=True
    ),
    "kokoro": Case("kokoro", KokoroServer, blind=_ENDLESS),
    "kokoro_words": Case("kokoro", KokoroServer, {"word_times": True}, blind=_ENDLESS),
    "chatterbox": Case("chatterbox", ChatterboxServer, blind=_ENDLESS),
    "chatterbox_sse": Case(
        "chatterbox", ChatterboxServer, {"extra_params": {"stream_format": "sse"}}
    ),
    # Its voices have another rate than ours.
    "piper": Case("piper", PiperServer, {"voice": "en_US-joe-medium"}, lossy=True),
    "elevenlabs": Case("elevenlabs", ElevenLabsServer, blind=_ENDLESS),
    "elevenlabs_words": Case(
        "elevenlabs", ElevenLabsServer, {"word_times": True}, blind=_ENDLESS
    ),
}

NOT_A_SERVER = {"embedded"}
"""`test_embedded.py` kills and stops its processes instead."""


class Expected(NamedTuple):
    """What an error says, and what may be done about it."""

    said: str
    retryable: bool = True
    retry_after: float | None = None
    limits: dict[str, float] = {}


ERRORS = {
    Fault.UNAUTHORIZED: Expected("API key", retryable=False),
    Fault.NOT_FOUND: Expected("check", retryable=False),
    Fault.UNKNOWN_VOICE: Expected("voice", retryable=False),
    Fault.BUSY: Expected("too many requests", retry_after=7.0),
    Fault.FAILED: Expected("its log may say why"),
    Fault.NOT_READY: Expected("it is not ready"),
    Fault.ERROR_AS_OK: Expected(""),
    Fault.GONE: Expected("its log may say why"),
    Fault.CUT_AT_ONCE: Expected("broke off"),
    Fault.CUT: Expected("broke off"),
    Fault.CUT_OF_LENGTH: Expected("broke off"),
    Fault.EMPTY: Expected(""),
    Fault.HEADER_ONLY: Expected(""),
    Fault.TRUNCATED: Expected(""),
    Fault.HANG: Expected("did not begin to speak", limits={"first_audio_seconds": 0.2}),
    Fault.HANG_BEFORE_AUDIO: Expected(
        "did not begin to speak", limits={"first_audio_seconds": 0.2}
    ),
    # Some have no audio yet when the other half is missing.
    Fault.HANG_IN_THE_MIDDLE: Expected(
        "", limits={"stall_seconds": 0.2, "first_audio_seconds": 2.0}
    ),
    Fault.DRIP: Expected("takes longer than", limits={"sentence_seconds": 0.5}),
}
