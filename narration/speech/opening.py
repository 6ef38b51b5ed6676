"""Gets the configured voice ready, and closes it in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from narration.config import SpeechConfig
from narration.http import host, load_certificates
from narration.speech.base import Speech
from narration.speech.embedded import EmbeddedSpeech
from narration.speech.openai import OpenAISpeech

__all__ = ["open_speech"]


@asynccontextmanager
async def open_speech(config: SpeechConfig) -> AsyncIterator[Speech]:
    """The voice at `config.url`, or the embedded one; ready to speak.

    Raises:
        SpeechError: the embedded voice cannot work here; the message says what to do.
    """
    if config.url:
        await load_certificates(config.url)
        service = OpenAISpeech(host(config.url), config)
        try:
            yield service
        finally:
            await service.aclose()
    else:
        voice = EmbeddedSpeech(config)
        try:
            await voice.start()
            yield voice
        finally:
            await voice.aclose()
