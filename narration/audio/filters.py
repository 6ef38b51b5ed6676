"""Sends sound through FFmpeg's filters, piece by piece, without a seam between them."""

from __future__ import annotations

from typing import Literal

from av.audio.frame import AudioFrame
from av.error import BlockingIOError, EOFError
from av.filter import Graph

from narration.audio.pcm import SAMPLE_RATE

__all__ = ["FilterChain", "SampleFormat"]

SampleFormat = Literal["s16", "flt"]

_BYTES = {"s16": 2, "flt": 4}


class FilterChain:
    """The filters one after the other, for mono at 24 kHz.  It computes: use it in a thread.

    Args:
        takes: what kind of samples are fed.
        filters: each one's name, and its options as FFmpeg writes them.
    """

    def __init__(self, takes: SampleFormat, *filters: tuple[str, str]) -> None:
        self._takes = takes
        self._graph = Graph()
        self._graph.threads = 1  # More are of no use here, and starting them takes longer.
        self._samples = 0
        last = self._graph.add_abuffer(sample_rate=SAMPLE_RATE, format=takes, layout="mono")
        for name, options in (*filters, ("abuffersink", "")):
            filter_ = self._graph.add(name, options)
            last.link_to(filter_)
            last = filter_
        self._graph.configure()

    def feed(self, samples: bytes) -> list[AudioFrame]:
        """Put whole samples in; what has come out of the last filter."""
        count = len(samples) // _BYTES[self._takes]
        if not count:
            return []
        frame = AudioFrame(format=self._takes, layout="mono", samples=count)
        frame.planes[0].update(samples)
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._samples
        self._samples += count
        self._graph.push(frame)
        return self._come_out()

    def finish(self) -> list[AudioFrame]:
        """What comes out last.  Nothing can be fed after that."""
        if not self._samples:
            return []
        self._graph.push(None)
        return self._come_out()

    def _come_out(self) -> list[AudioFrame]:
        frames: list[AudioFrame] = []
        try:
            while True:
                frame = self._graph.pull()
                assert isinstance(frame, AudioFrame)
                frames.append(frame)
        except (BlockingIOError, EOFError):
            return frames
