"""Decodes packets of one codec, and leaves out what an encoder put around the sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import av
from av.audio.codeccontext import AudioCodecContext
from av.packet import Packet

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.audio.resample import Mixer
from narration.errors import AudioError

__all__ = ["Codec", "Sound", "ours"]

Codec = Literal["mp3float", "aac", "opus", "vorbis", "flac"]
"""FFmpeg's names of them."""

_NAMES: dict[Codec, str] = {
    "mp3float": "an MP3",
    "aac": "an AAC stream",
    "opus": "an Ogg Opus stream",
    "vorbis": "an Ogg Vorbis stream",
    "flac": "a FLAC file",
}


class Sound:
    """What a codec makes of packets, at 24 kHz, 16 bit, mono.

    Args:
        codec: which one.
        setup: what it must know before the first packet.
        skip: samples of ours to leave out at the beginning.
        keep: how many to give after that; None if that is not known.

    Raises:
        AudioError: the setup is broken.
    """

    def __init__(
        self,
        codec: Codec,
        setup: bytes | None = None,
        *,
        skip: int = 0,
        keep: int | None = None,
    ) -> None:
        self.made = 0
        """Samples that were decoded, at their own rate."""
        self._codec = codec
        context = av.CodecContext.create(codec, "r")
        assert isinstance(context, AudioCodecContext)
        context.thread_count = 1
        if setup is not None:
            context.extradata = setup
        if codec == "flac":
            context.options = {"err_detect": "crccheck+explode"}
        with _broken(codec):
            context.open()
        self._context = context
        self._mixer = Mixer()
        self._skip = skip * BYTES_PER_SAMPLE
        self._keep = keep
        self._given = 0
        self._held = b""

    def keep(self, samples: int | None) -> None:
        """Give as many in all; None if that is not known any more."""
        self._keep = samples

    def decode(self, packet: bytes | None) -> bytes:
        """The sound that `packet` completes; None says that no more will come.

        Raises:
            AudioError: the packet is broken.
        """
        sound = b""
        with _broken(self._codec):
            for frame in self._context.decode(None if packet is None else Packet(packet)):
                self.made += frame.samples
                sound += self._mixer.feed(frame)
            if packet is None:
                sound += self._mixer.flush()
        return self._trimmed(sound)

    def _trimmed(self, sound: bytes) -> bytes:
        skipped = min(self._skip, len(sound))
        self._skip -= skipped
        sound = self._held + sound[skipped:]
        wanted = len(sound)
        if self._keep is not None:
            wanted = max(0, self._keep * BYTES_PER_SAMPLE - self._given)
        # What is too much is held, as it may turn out not to be.
        sound, self._held = sound[:wanted], sound[wanted:]
        self._given += len(sound)
        return sound


@contextmanager
def _broken(codec: Codec) -> Iterator[None]:
    """Say in our words what FFmpeg says of the input in its own."""
    try:
        yield
    except av.FFmpegError as error:
        raise AudioError(f"{_NAMES[codec]} is broken") from error


def ours(samples: int, rate: int) -> int:
    """How many samples of ours take as long as that many of another rate."""
    return round(samples * SAMPLE_RATE / rate)
