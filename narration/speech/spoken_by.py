"""Says who speaks, and how, so that the same speech is known again."""

from __future__ import annotations

from narration.config import LoudnessConfig
from narration.speech.base import Speech
from narration.speech.digest import digest
from narration.story import SpokenBy

__all__ = ["spoken_by"]


def spoken_by(speech: Speech, voice: str, speed: float, loudness: LoudnessConfig) -> SpokenBy:
    """What `speech` makes of this choice: its own voice if none was chosen, and a speed
    that it obeys.
    """
    slowest, fastest = speech.profile.speeds
    level = (loudness.target_lufs, loudness.peak_dbfs) if loudness.even else ()
    return SpokenBy(
        provider=speech.name,
        voice=voice or speech.default_voice,
        speed=min(max(float(speed), slowest), fastest),
        parameters=digest(speech.parameters, level),
    )
