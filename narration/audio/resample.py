"""Turns sound of any rate into ours: 24 kHz mono, without a seam between pieces."""

from __future__ import annotations

from typing import Literal

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.errors import AudioError

__all__ = ["MAX_CHANNELS", "RATES", "Mixer", "Resampler", "SampleFormat"]

SampleFormat = Literal["u8", "s16", "s32", "flt"]
"""Samples that lie one after the other: unsigned 8, signed 16 or 32 bit, or 32 bit floats."""

_SAMPLE_BYTES = {"u8": 1, "s16": 2, "s32": 4, "flt": 4}

_LAYOUTS = {
    1: "mono",
    2: "stereo",
    3: "3.0",
    4: "4.0",
    5: "5.0",
    6: "5.1",
    7: "6.1",
    8: "7.1",
}
MAX_CHANNELS = max(_LAYOUTS)

RATES = range(8_000, 192_001)
"""Samples a second that are taken.  Of a few, a small file would make hours of sound."""


class Mixer:
    """Takes frames as decoders make them, and gives their sound at 24 kHz, mixed down to
    mono.  A frame of another rate or layout than the one before it may follow.
    """

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._takes: tuple[str, str, int] | None = None

    def feed(self, frame: AudioFrame) -> bytes:
        """What is ready of `frame` and of what came before it.

        Raises:
            AudioError: its rate is not in `RATES`.
        """
        if frame.sample_rate not in RATES:
            raise AudioError(f"audio of {frame.sample_rate} Hz is not read here")
        takes = (frame.format.name, frame.layout.name, frame.sample_rate)
        last = b""
        if takes != self._takes:
            last = self.flush()
            self._takes = takes
            self._resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        return last + self._resample(frame)

    def flush(self) -> bytes:
        """The last samples, which waited for what comes after them.  More may be fed."""
        last = self._resample(None)
        self._resampler = self._takes = None
        return last

    def _resample(self, frame: AudioFrame | None) -> bytes:
        if self._resampler is None:
            return b""
        # A plane's buffer may be longer than its samples.
        return b"".join(
            bytes(done.planes[0])[: done.samples * BYTES_PER_SAMPLE]
            for done in self._resampler.resample(frame)
        )


class Resampler:
    """Takes PCM in pieces, and gives it at 24 kHz, mixed down to mono.

    Args:
        rate: samples a second of what comes in.
        channels: how many it has, at most `MAX_CHANNELS`.
        format: what its samples are; those of more than 8 bit are little endian.
    """

    def __init__(self, rate: int, channels: int, format: SampleFormat = "s16") -> None:
        self._rate = rate
        self._format = format
        self._layout = _LAYOUTS[channels]
        self._frame_bytes = channels * _SAMPLE_BYTES[format]
        self._held = b""
        self._as_it_is = (rate, channels, format) == (SAMPLE_RATE, 1, "s16")
        self._mixer = Mixer()

    def feed(self, pcm: bytes) -> bytes:
        """The samples that `pcm` completes; a part of a sample is kept for the next call."""
        pcm = self._held + pcm
        whole = len(pcm) - len(pcm) % self._frame_bytes
        pcm, self._held = pcm[:whole], pcm[whole:]
        if self._as_it_is or not pcm:
            return pcm
        samples = len(pcm) // self._frame_bytes
        frame = AudioFrame(format=self._format, layout=self._layout, samples=samples)
        frame.sample_rate = self._rate
        frame.planes[0].update(pcm)
        return self._mixer.feed(frame)

    def flush(self) -> bytes:
        """The last samples, which waited for what comes after them.

        A part of a sample at the very end is dropped, and is no error: nobody could hear
        it, and that a connection was cut the connection tells.
        """
        self._held = b""
        return self._mixer.flush()
