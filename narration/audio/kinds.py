"""Tells what kind of audio file something is from its first bytes.

FFmpeg could tell as well, but among all it knows are playlists, which make it open
whatever they name.
"""

from __future__ import annotations

from narration.audio.decoders import FileKind
from narration.audio.mpeg import MAX_FRAME_BYTES, header_at
from narration.errors import AudioError

__all__ = ["ENOUGH_BYTES", "begins_with_frames", "kind_of"]

ENOUGH_BYTES = 12
"""So many tell the kind of every file that says it."""

_MARKS: tuple[tuple[bytes, FileKind], ...] = (
    (b"RIFF", "wav"),
    # The wav reader says what is wrong with these two.
    (b"RIFX", "wav"),
    (b"RF64", "wav"),
    (b"ID3", "mpeg"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
)
_OTHERS = (
    (0, b"\x1aE\xdf\xa3", "WebM"),
    (0, b"FORM", "AIFF"),
    (0, b".snd", "AU"),
    (0, b"caff", "CAF"),
    (0, b"#!AMR", "AMR"),
    (4, b"ftyp", "MP4"),
)
_HEADER_BYTES = 7


def kind_of(start: bytes) -> FileKind | None:
    """The kind that a file's first bytes say it is of; None if they do not say it.

    Raises:
        AudioError: it is of a kind that is not read here.
    """
    for mark, kind in _MARKS:
        if start.startswith(mark):
            return kind
    for at, mark, name in _OTHERS:
        if start.startswith(mark, at):
            raise AudioError(f"this is {name}, which is not read here")
    return None


def begins_with_frames(start: bytes) -> bool | None:
    """Whether that is MP3 or AAC, and not samples that look like it: where a first frame
    ends there has to be another one of its kind.  None if that needs more bytes.
    """
    if len(start) < _HEADER_BYTES and start[:1] == b"\xff":
        return None
    first = header_at(start)
    if first is None:
        return False
    assert first.length <= MAX_FRAME_BYTES
    if len(start) < first.length + _HEADER_BYTES:
        return None
    second = header_at(start, first.length)
    return second is not None and second[:2] == first[:2]
