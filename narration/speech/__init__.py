"""Voices: what is asked of one, and how to get the configured one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from narration.config import SpeechConfig
from narration.speech.base import Profile, Speech, SpeechRequest, Voice

__all__ = ["Profile", "Speech", "SpeechRequest", "Voice", "open_speech"]


@asynccontextmanager
async def open_speech(config: SpeechConfig) -> AsyncIterator[Speech]:
    """The voice at `config.url`, or the embedded one; ready to speak.

    Raises:
        SpeechError: the embedded voice cannot work here; the message says what to do.
    """
    # Imported here because the voice's process imports this package too, and would
    # start a third of a second later.
    if config.url:
        from narration.http import host
        from narration.speech.openai import OpenAISpeech

        service = OpenAISpeech(host(config.url), config)
        try:
            yield service
        finally:
            await service.aclose()
    else:
        from narration.speech.embedded import EmbeddedSpeech

        voice = EmbeddedSpeech(config)
        try:
            await voice.start()
            yield voice
        finally:
            await voice.aclose()
