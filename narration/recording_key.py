"""Names the sound of a sentence by all that it depends on, so that it is never made twice."""

from __future__ import annotations

import hashlib
import json

from narration.story import SpokenBy

__all__ = ["recording_key"]


def recording_key(spoken: str, by: SpokenBy) -> str:
    """The same for the same words, spoken in the same way; else another."""
    # JSON keeps the parts apart, and takes half a surrogate pair, which UTF-8 would not.
    told = json.dumps([spoken, by.provider, by.voice, float(by.speed), by.parameters])
    return hashlib.sha256(told.encode("ascii")).hexdigest()
