"""The encoder's process: reads recordings that are stored as WAV, and returns them as FLAC.

It runs when nobody else wants the processor, and only reads: what it makes is stored by the
server (see `UnencodedRecordings` for why).  It ends when its standard input does, so that it
never outlives its parent.
"""

from __future__ import annotations

import argparse
import io
import sqlite3
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

from narration.child_frames import encode_frame, read_frame
from narration.child_main import Hello, begin, say_hello
from narration.encoding.low_priority import give_way
from narration.encoding.messages import (
    ENCODE,
    BatchEnd,
    Encode,
    Encoded,
    Reply,
    Unencodable,
    Unreadable,
)
from narration.encoding.unencoded import UnencodedRecordings
from narration.errors import AudioError

__all__ = ["batch", "main", "serve"]

_CHANNELS, _SAMPLE_BYTES, _RATE = 1, 2, 24_000


def main() -> None:
    """Encode until the parent goes, when nobody else wants the processor."""
    give_way()
    serve()


def serve() -> None:
    """Encode until the parent goes."""
    to_parent = begin()
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", type=Path, required=True)
    args = parser.parse_args()
    try:
        import narration.encoding.flac_file  # noqa: F401 - now, not with the first recording.
    except (ImportError, OSError) as error:
        say_hello(to_parent, Hello(error=f"libsndfile cannot be loaded: {error}"))
        return
    say_hello(to_parent, Hello())
    while (request := read_frame(sys.stdin.buffer, ENCODE)) is not None:
        for reply in batch(args.database, request):
            to_parent.write(encode_frame(reply))
            # Should the next recording end this process, it is known which one that was.
            to_parent.flush()


def batch(database: Path, request: Encode) -> Iterator[Reply]:
    """The recordings of one batch, and what ends it.

    It has a connection of its own, which takes a moment to open, so that no error and no
    other database in its place (a backup that was restored) lasts longer than a batch.
    """
    try:
        recordings = UnencodedRecordings(database)
    except sqlite3.Error as error:
        yield Unreadable(str(error))
        return
    try:
        yield from _encoded(recordings, request)
    except sqlite3.Error as error:
        yield Unreadable(str(error))
    finally:
        recordings.close()


def _encoded(recordings: UnencodedRecordings, request: Encode) -> Iterator[Reply]:
    after, pass_over, size = request.after, request.pass_over, 0
    for _ in range(request.rows):
        found = recordings.next(after, pass_over)
        if found is None:
            yield BatchEnd(more=False)
            return
        (after, audio), pass_over = found, 0
        reply = _reply(after, audio)
        yield reply
        if isinstance(reply, Encoded):
            size += len(reply.flac)
        if size >= request.size:
            break
    yield BatchEnd(more=True)


def _reply(id: int, audio: object) -> Encoded | Unencodable:
    from narration.encoding.flac_file import FlacFile

    try:
        file = FlacFile()
        file.feed(_pcm(audio))
        return Encoded(id, file.finish())
    except Exception as error:  # noqa: BLE001 - a broken file shall not hold up the others.
        return Unencodable(id, f"{type(error).__name__}: {error}")


def _pcm(audio: object) -> bytes:
    """The samples of a WAV file that is just as we make them."""
    if not isinstance(audio, bytes):
        raise AudioError("there is no audio")
    with wave.open(io.BytesIO(audio), "rb") as file:
        kind = file.getnchannels(), file.getsampwidth(), file.getframerate()
        samples = file.getnframes()
        pcm = file.readframes(samples)
    if kind != (_CHANNELS, _SAMPLE_BYTES, _RATE):
        raise AudioError("it is not 24 kHz, 16 bit, mono")
    if len(pcm) != samples * _SAMPLE_BYTES:
        raise AudioError("it is shorter than it says")
    return pcm


if __name__ == "__main__":
    main()
