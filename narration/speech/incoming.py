"""What a speech service sends, turned into our PCM: parsed, not trusted."""

from __future__ import annotations

from narration.audio.resample import Resampler
from narration.audio.wav import WavReader
from narration.errors import AudioError

__all__ = ["IncomingAudio"]

_ENOUGH_TO_KNOW = 4
_OTHER_FORMATS = {b"ID3": "MP3", b"OggS": "Ogg", b"fLaC": "FLAC"}
_OTHER_TYPES = {
    "audio/aac": "AAC",
    "audio/flac": "FLAC",
    "audio/mp3": "MP3",
    "audio/mpeg": "MP3",
    "audio/ogg": "Ogg",
    "audio/opus": "Opus",
}


class IncomingAudio:
    """Takes a response's body in pieces, and gives PCM at 24 kHz, mono.

    WAV is recognised by its first bytes, because some services send it whatever they
    are asked for; anything else that is not known to be a file counts as raw samples.

    Args:
        content_type: what the service says it sends.
        sample_rate: of raw samples, which do not tell it themselves.
    """

    def __init__(self, content_type: str, sample_rate: int) -> None:
        self._content_type = content_type.partition(";")[0].strip().lower()
        self._sample_rate = sample_rate
        self._first = b""
        self._known = False
        self._wav: WavReader | None = None
        self._resampler: Resampler | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the samples that `data` completes.

        Raises:
            AudioError: this is not audio, or not of a kind that is read here.
        """
        if not self._known:
            self._first += data
            if len(self._first) < _ENOUGH_TO_KNOW:
                return b""
            data, self._first = self._first, b""
            self._recognise(data)
        if self._wav is None:
            return self._resampled(data, self._sample_rate, channels=1)
        samples = self._wav.feed(data)
        if self._wav.sample_rate is None or self._wav.channels is None:
            return b""
        return self._resampled(samples, self._wav.sample_rate, self._wav.channels)

    def finish(self) -> bytes:
        """Return the last samples.

        Raises:
            AudioError: the audio is cut.
        """
        if self._wav is not None:
            self._wav.finish()
        return self._resampler.flush() if self._resampler is not None else b""

    def _recognise(self, start: bytes) -> None:
        self._known = True
        other = _OTHER_TYPES.get(self._content_type)
        for mark, name in _OTHER_FORMATS.items():
            if start.startswith(mark):
                other = name
        if start.startswith(b"RIFF"):
            self._wav = WavReader()
        elif other is not None:
            raise AudioError(f"it sends {other} instead of what it is asked for")
        elif self._is_text(start):
            raise AudioError("it answers with text instead of audio")

    def _is_text(self, start: bytes) -> bool:
        kind = self._content_type
        return (
            kind.startswith("text/")
            or kind.endswith("json")
            or start.startswith((b'{"', b"<!"))
        )

    def _resampled(self, samples: bytes, rate: int, channels: int) -> bytes:
        if self._resampler is None:
            self._resampler = Resampler(rate, channels)
        return self._resampler.feed(samples)
