"""What the server and the process of a voice say to each other."""

from __future__ import annotations

import msgspec

__all__ = ["SAY", "SPOKEN", "Say", "Spoken"]


class Say(msgspec.Struct, frozen=True):
    """Server to voice.  `id` is different for every request."""

    id: int
    text: str
    speed: float


class Spoken(msgspec.Struct, frozen=True):
    """Voice to server.  `pcm` is empty if there was nothing to say, or with an `error`."""

    id: int
    pcm: bytes
    error: str = ""


SAY = msgspec.msgpack.Decoder(Say)
SPOKEN = msgspec.msgpack.Decoder(Spoken)
