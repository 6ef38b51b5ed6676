"""Voices: what is asked of one, and how to get the configured one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from narration.speech.base import Profile, Speech, SpeechRequest, Voice

if TYPE_CHECKING:
    from narration.speech.opening import open_speech

__all__ = ["Profile", "Speech", "SpeechRequest", "Voice", "open_speech"]


def __getattr__(name: str) -> object:
    # The voice's process imports this package too, and shall not have to wait a third of a
    # second, and keep 40 MB, for the HTTP clients of those who open voices.
    if name == "open_speech":
        from narration.speech.opening import open_speech

        return open_speech
    raise AttributeError(name)
