"""The messages by which audio is read back, and that tell what is not as it was."""

from __future__ import annotations

from actors.base import Message, Ref
from narration.events import AudioFormat
from narration.story import RecordedSentence

__all__ = ["Fetch", "Fetched", "Replaced", "Stored"]

# SocketWriter -> Recorder and back


class Fetch(Message, frozen=True):
    """Read a sentence's audio back, in this format.

    With `speak`, one that was only skipped is spoken first.
    """

    sentence: int
    format: AudioFormat
    speak: bool
    reply_to: Ref[Fetched | Replaced | Stored]


class Fetched(Message, frozen=True):
    """What was recorded of it; None if nothing is known of it.

    `file` is it in another format than PCM; None if it could not be had.  What was to be
    spoken, and is still skipped, was skipped again meanwhile.
    """

    fetch: Fetch
    recorded: RecordedSentence | None
    file: bytes | None


class Replaced(Message, frozen=True):
    """A sentence was spoken again: the audio, maybe none, that had been recorded of it before
    is gone.  `Stored` follows.
    """

    sentence: int
    pcm: bytes


class Stored(Message, frozen=True):
    """What took its place is saved."""

    sentence: int
