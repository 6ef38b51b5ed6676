"""Audio that spells its text, so that a listener can prove that he has all of it.

Every character is a block of 65 ms.  A block begins with a head: a magic number, the CRC of
the text, the block's index, how many there are, and the character's code point.  What follows
is the same in all of them, and loud enough to pass for speech.
"""

from __future__ import annotations

import struct
import zlib

from narration.audio.edges import FADE_IN_MS, FADE_OUT_MS
from narration.audio.pcm import BYTES_PER_MS, BYTES_PER_SAMPLE

__all__ = ["BLOCK_BYTES", "BLOCK_MS", "MOST_CHARACTERS", "fault", "spelt"]

BLOCK_MS = 65
BLOCK_BYTES = BLOCK_MS * BYTES_PER_MS
MOST_CHARACTERS = 0xFFFF
"""What the number of blocks in a head can count."""

_HEAD = struct.Struct("<4sIHHI")
_MAGIC = b"\x34\x12\x78\x56"
_FILLING = bytes(at * 37 & 0x3F for at in range(BLOCK_BYTES - _HEAD.size))

# What a server may change at the ends of a sentence: it fades them.
_FADED_IN = FADE_IN_MS * BYTES_PER_MS
_FADED_OUT = FADE_OUT_MS * BYTES_PER_MS


def spelt(text: str, first: int = 0, last: int = MOST_CHARACTERS) -> bytes:
    """The audio of the characters from `first` up to, and without, `last`."""
    crc, count = zlib.crc32(text.encode()), len(text)
    heads = (
        _HEAD.pack(_MAGIC, crc, index, count, ord(text[index]))
        for index in range(first, min(last, count))
    )
    return b"".join([head + _FILLING for head in heads])


def fault(pcm: bytes, text: str) -> str:
    """What is wrong with audio that ought to spell `text`; empty if nothing is.

    Every sample is compared but those that are faded at the ends.  Silence may follow.
    """
    expected = spelt(text)
    size = len(expected)
    if len(pcm) < size:
        return f"{len(pcm) / BLOCK_BYTES:.2f} blocks came of {len(text)}"
    if pcm[size:].strip(b"\0"):
        return f"after its {len(text)} blocks comes what is no silence"
    if len(pcm) % BYTES_PER_SAMPLE:
        return "half a sample came"
    if pcm[_FADED_IN : size - _FADED_OUT] == expected[_FADED_IN : size - _FADED_OUT]:
        return ""
    return _first_difference(pcm, expected)


def _first_difference(pcm: bytes, expected: bytes) -> str:
    count = len(expected) // BLOCK_BYTES
    for index in range(1, count):
        at = index * BLOCK_BYTES
        head = _HEAD.unpack_from(pcm, at)
        if head == _HEAD.unpack_from(expected, at):
            continue
        magic, crc, found, _, _ = head
        if magic != _MAGIC:
            return f"block {index} of {count} has no head"
        if crc != _HEAD.unpack_from(expected, at)[1]:
            return f"block {index} of {count} is of another text"
        return f"block {found} stands where block {index} of {count} should"
    return "a block's samples are changed behind its head"
