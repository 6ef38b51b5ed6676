"""Measures how loud speech is, and makes it louder or softer with its peaks held down.

Everything here computes: call it from a thread.  FFmpeg's filters do the work, and let go
of Python's lock meanwhile.
"""

from __future__ import annotations

from array import array
from itertools import accumulate, repeat
from operator import mul

from av.audio.frame import AudioFrame

from narration.audio.filters import FilterChain, SampleFormat
from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

__all__ = ["MOST_DB", "Amplifier", "GlidingAmplifier", "LoudnessMeter"]

MOST_DB = 36.0
"""No sound is made louder or softer by more than that."""

# What FFmpeg shows while all it has heard is silence.
_SILENCE_LUFS = -70.0
_FULL_SCALE = 1 << 15
_GLIDE_DB_PER_SECOND = 20.0


class LoudnessMeter:
    """Measures integrated loudness as ITU-R BS.1770-4 defines it: weighted by how the ear
    hears, over blocks of 400 ms, without those that are silent or far softer than the rest.
    """

    def __init__(self) -> None:
        self._chain = FilterChain("s16", ("ebur128", "metadata=1:framelog=quiet"))
        self._samples = 0
        self._lufs = _SILENCE_LUFS

    @property
    def lufs(self) -> float | None:
        """How loud it was so far; None if that was silence, or less than 400 ms."""
        return self._lufs if self._lufs > _SILENCE_LUFS else None

    @property
    def seconds(self) -> float:
        """How much was fed so far."""
        return self._samples / SAMPLE_RATE

    def feed(self, pcm: bytes) -> None:
        """Hear `pcm` as what comes next."""
        self._samples += len(pcm) // BYTES_PER_SAMPLE
        for frame in self._chain.feed(pcm):
            self._lufs = float(frame.metadata.get("lavfi.r128.I", self._lufs))


class Amplifier:
    """Changes the level of PCM by always the same, and lets no peak be above a limit.

    A peak that would be is turned down smoothly, together with what is around it.  As many
    samples come out as went in, each in its place; the last 5 ms wait for what follows.
    Silence stays silence, and what needs no change comes out as it was.

    Args:
        gain_db: the change, at most `MOST_DB` up or down.
        peak_dbfs: the limit, below full scale.
    """

    def __init__(self, gain_db: float, peak_dbfs: float) -> None:
        self._chain = _limiter("s16", gain_db, peak_dbfs)

    def feed(self, pcm: bytes) -> bytes:
        """Put PCM in; what of it is ready."""
        return _pcm(self._chain.feed(pcm))

    def finish(self) -> bytes:
        """The last samples."""
        return _pcm(self._chain.finish())


class GlidingAmplifier:
    """An `Amplifier` whose change may be changed on the way: it then glides there, too
    slowly for a click.

    Args:
        gain_db: the change at first.
        peak_dbfs: the limit, below full scale.
    """

    def __init__(self, gain_db: float, peak_dbfs: float) -> None:
        self._chain = _limiter("flt", 0.0, peak_dbfs)
        self._gain_db = gain_db

    def feed(self, pcm: bytes, gain_db: float) -> bytes:
        """Put PCM in, on the way to a change by `gain_db`; what is ready."""
        samples = array("h", pcm)
        count, start = len(samples), self._gain_db
        if not count:
            return b""
        far = count * _GLIDE_DB_PER_SECOND / SAMPLE_RATE
        self._gain_db = min(max(gain_db, start - far), start + far)
        ratio = _factor((self._gain_db - start) / count)
        first = _factor(start) / _FULL_SCALE
        gains = accumulate(repeat(ratio, count - 1), mul, initial=first)
        return _pcm(self._chain.feed(array("f", map(mul, samples, gains)).tobytes()))

    def finish(self) -> bytes:
        """The last samples."""
        return _pcm(self._chain.finish())


def _limiter(takes: SampleFormat, gain_db: float, peak_dbfs: float) -> FilterChain:
    options = {
        "level_in": _factor(gain_db),
        "limit": _factor(peak_dbfs),
        "attack": 5,
        "release": 50,
        "level": 0,  # Else it would make all of it as loud as the limit allows.
        "latency": 1,  # It looks 5 ms ahead; this moves the sound back to its place.
    }
    told = ":".join(f"{name}={value}" for name, value in options.items())
    return FilterChain(takes, ("alimiter", told), ("aformat", "sample_fmts=s16"))


def _factor(db: float) -> float:
    return float(10 ** (db / 20))


def _pcm(frames: list[AudioFrame]) -> bytes:
    # A plane's buffer may be longer than its samples.
    return b"".join(
        bytes(frame.planes[0])[: frame.samples * BYTES_PER_SAMPLE] for frame in frames
    )
