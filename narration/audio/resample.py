"""Turns a stream of PCM of any rate into ours: 24 kHz mono, without a seam between pieces."""

from __future__ import annotations

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

__all__ = ["Resampler"]

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


class Resampler:
    """Takes 16 bit little endian PCM in pieces, and gives it at 24 kHz, mixed down to mono.

    Args:
        rate: samples a second of what comes in.
        channels: how many it has, at most 8.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._rate = rate
        self._layout = _LAYOUTS[channels]
        self._frame_bytes = channels * BYTES_PER_SAMPLE
        self._held = b""
        self._as_it_is = rate == SAMPLE_RATE and channels == 1
        self._resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)

    def feed(self, pcm: bytes) -> bytes:
        """The samples that `pcm` completes; a part of a sample is kept for the next call."""
        pcm = self._held + pcm
        whole = len(pcm) - len(pcm) % self._frame_bytes
        pcm, self._held = pcm[:whole], pcm[whole:]
        if self._as_it_is or not pcm:
            return pcm
        frame = AudioFrame(
            format="s16", layout=self._layout, samples=len(pcm) // self._frame_bytes
        )
        frame.sample_rate = self._rate
        frame.planes[0].update(pcm)
        return self._resample(frame)

    def flush(self) -> bytes:
        """The last samples, which waited for what comes after them."""
        self._held = b""
        return b"" if self._as_it_is else self._resample(None)

    def _resample(self, frame: AudioFrame | None) -> bytes:
        # A plane's buffer may be longer than its samples.
        return b"".join(
            bytes(done.planes[0])[: done.samples * BYTES_PER_SAMPLE]
            for done in self._resampler.resample(frame)
        )
