"""Voices: what is asked of one, and the adapters that answer.

`narration.speech.opening` gets the configured one.  It is not imported here: the embedded
voice's own process imports this package too, and needs none of the HTTP clients.
"""

from narration.speech.base import Audio, Profile, Speech, SpeechRequest, Voice

__all__ = ["Audio", "Profile", "Speech", "SpeechRequest", "Voice"]
