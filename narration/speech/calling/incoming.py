"""What a speech service sends, turned into our PCM: parsed, not trusted."""

from __future__ import annotations

from collections.abc import Iterator

from narration.audio.decoders import Decoder, FileKind, open_decoder
from narration.audio.kinds import ENOUGH_BYTES, begins_with_frames, kind_of
from narration.audio.mpeg import header_at
from narration.audio.noise import WINDOW_BYTES, is_noise
from narration.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from narration.audio.resample import MAX_CHANNELS, RATES, Resampler
from narration.errors import AudioError

__all__ = ["MAX_SECONDS", "IncomingAudio"]

MAX_SECONDS = 600
"""The longest audio of one sentence: a few kilobytes can decode to hours of silence."""

_MAX_BYTES = MAX_SECONDS * SAMPLE_RATE * BYTES_PER_SAMPLE

_RAW_TYPES = {
    "",
    "application/octet-stream",
    "audio/l16",
    "audio/pcm",
    "audio/raw",
    "audio/x-l16",
    "audio/x-pcm",
    "audio/x-raw",
    "binary/octet-stream",
}
_FILE_TYPES = {
    "application/ogg": "Ogg",
    "audio/aac": "AAC",
    "audio/aacp": "AAC",
    "audio/flac": "FLAC",
    "audio/mp3": "MP3",
    "audio/mpeg": "MP3",
    "audio/ogg": "Ogg",
    "audio/opus": "Ogg",
    "audio/vnd.wave": "WAV",
    "audio/wav": "WAV",
    "audio/wave": "WAV",
    "audio/x-aac": "AAC",
    "audio/x-flac": "FLAC",
    "audio/x-wav": "WAV",
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TEXT = bytes((*b"\t\n\r", *range(32, 127)))


class IncomingAudio:
    """Takes a response's body in pieces, and gives PCM at 24 kHz, mono.

    The body may be raw samples, WAV, MP3, AAC with ADTS headers, Ogg Opus or Vorbis, or
    FLAC.  Its first bytes tell which, because some services send the same whatever they are
    asked for, and call it what they were asked for.  What does not say it by itself is
    taken as samples, if its type allows that: 16 bit and little endian, as they are even
    from most services that call it `audio/L16`.  Such samples are an error where they are
    loud noise, since then they are something else.

    Where the last of the audio is missing, that is an error if the format can show it.  Of
    raw samples, of WAV without a length, and of MP3 and AAC cut between two frames only
    the connection can tell.

    It computes: at most 1 ms for each KB of honest audio, and a fifth of that in most formats;
    what `may_take_long` can be made to.

    Args:
        content_type: what the service says it sends; a rate and channels in it count more
            than `sample_rate`.
        sample_rate: of raw samples, which do not tell it themselves.
    """

    def __init__(self, content_type: str, sample_rate: int) -> None:
        kind, *parameters = content_type.lower().split(";")
        self._type = kind.strip()
        pairs = (parameter.partition("=") for parameter in parameters)
        self._told = {name.strip(): value.strip(' "') for name, _, value in pairs}
        self._sample_rate = sample_rate
        self._first = b""
        self._decoder: Decoder | None = None
        self._kind: FileKind | None = None
        self._given = 0

    @property
    def may_take_long(self) -> bool:
        """Whether a little of what was taken in may be minutes of sound."""
        return self._kind not in (None, "wav")

    def take(self, data: bytes) -> None:
        """Take the next bytes in, and find out of what kind they are, without decoding them.

        Raises:
            AudioError: this is not audio, or not of a kind that is read here.
        """
        self._first += data
        if self._decoder is None:
            self._decoder = self._recognised(self._first)

    def samples(self) -> bytes:
        """Return the samples that what was taken in completes.

        Raises:
            AudioError: this is not audio, or not of a kind that is read here.
        """
        if self._decoder is None:
            return b""
        data, self._first = self._first, b""
        return self._limited(self._decoder.feed(data))

    def feed(self, data: bytes) -> bytes:
        """`take`, and `samples`."""
        self.take(data)
        return self.samples()

    def finish(self) -> bytes:
        """Return the last samples.

        Raises:
            AudioError: the audio is cut, or this is not audio.
        """
        data, self._first = self._first, b""
        if self._decoder is None:
            if not data:
                return b""
            self._decoder = self._recognised(data, whole=True)
            assert self._decoder is not None
        return self._limited(self._decoder.feed(data)) + self._limited(self._decoder.finish())

    def _limited(self, pieces: Iterator[bytes]) -> bytes:
        pcm: list[bytes] = []
        for piece in pieces:
            pcm.append(piece)
            self._given += len(piece)
            if self._given > _MAX_BYTES:
                raise AudioError(f"it sends more than {MAX_SECONDS} s of audio for a sentence")
        return pcm[0] if len(pcm) == 1 else b"".join(pcm)

    def _recognised(self, start: bytes, *, whole: bool = False) -> Decoder | None:
        """What reads a body that begins so; None if that needs more bytes, and `start` is
        not the whole of it.

        Raises:
            AudioError: nothing does.
        """
        if len(start) < ENOUGH_BYTES and not whole:
            return None
        if (kind := kind_of(start)) is not None:
            return self._open(kind)
        if self._is_text(start):
            raise AudioError("it answers with text instead of audio")
        if (name := _FILE_TYPES.get(self._type)) is not None:
            if name not in ("MP3", "AAC") or header_at(start) is None:
                raise AudioError(f"what it sends as {name} is something else")
            return self._open("mpeg")
        if self._type not in _RAW_TYPES:
            raise AudioError("it sends something that is not read here")
        has_frames = begins_with_frames(start)
        if has_frames is None and not whole:
            return None
        return self._open("mpeg") if has_frames else self._samples()

    def _open(self, kind: FileKind) -> Decoder:
        self._kind = kind
        return open_decoder(kind)

    def _is_text(self, start: bytes) -> bool:
        if self._type.startswith("text/") or self._type.endswith(("json", "xml")):
            return True
        # Samples would have to begin with a bang to be letters only.
        return not start.removeprefix(_BYTE_ORDER_MARK)[:ENOUGH_BYTES].translate(None, _TEXT)

    def _samples(self) -> Decoder:
        if self._told.get("endianness") == "big-endian":
            raise AudioError("it sends big endian samples, which are not read here")
        rate, channels = (_number(self._told.get(name)) for name in ("rate", "channels"))
        return _Samples(
            rate if rate in RATES else self._sample_rate,
            channels if 1 <= channels <= MAX_CHANNELS else 1,
        )


_JUDGED_WHOLE_BYTES = 5 * SAMPLE_RATE * BYTES_PER_SAMPLE


class _Samples:
    """Reads raw samples, which nothing says that they are: the first wait to be judged."""

    def __init__(self, rate: int, channels: int) -> None:
        self._resampler = Resampler(rate, channels)
        self._first = b""
        self._unjudged = b""
        self._judged_bytes = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._judge(data)
        self._first += data
        if self._judged_bytes:
            data, self._first = self._first, b""
            yield self._resampler.feed(data)

    def finish(self) -> Iterator[bytes]:
        yield self._resampler.feed(self._first)
        yield self._resampler.flush()

    def _judge(self, data: bytes) -> None:
        data = self._unjudged + data
        # What is noise is so from the start, or from where a byte was lost on.
        if is_noise(data if self._judged_bytes < _JUDGED_WHOLE_BYTES else data[:WINDOW_BYTES]):
            raise AudioError("what it sends as samples is noise")
        unjudged = len(data) % WINDOW_BYTES
        self._judged_bytes += len(data) - unjudged
        self._unjudged = data[len(data) - unjudged :]


def _number(told: str | None) -> int:
    """What a parameter says; 0 if that is no number."""
    return int(told) if told and len(told) < 9 and told.isascii() and told.isdigit() else 0
