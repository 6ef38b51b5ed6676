"""Read WebVTT and SRT as their descriptions say, and are as strict as those allow."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

__all__ = ["Read", "read_srt", "read_vtt"]

_TIMES = r"(\d\d):([0-5]\d):([0-5]\d){0}(\d{{3}}) --> (\d\d):([0-5]\d):([0-5]\d){0}(\d{{3}})"
_VTT_TIMES = re.compile(_TIMES.format(r"\."))
_SRT_TIMES = re.compile(_TIMES.format(","))
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


class Read(NamedTuple):
    """A cue as a player has it."""

    start_ms: int
    end_ms: int
    lines: list[str]


def read_vtt(text: str) -> list[Read]:
    header, *blocks = _blocks(text)
    assert header == ["WEBVTT"]
    return [_cue(_VTT_TIMES, block, _vtt_line) for block in blocks]


def read_srt(text: str) -> list[Read]:
    cues = []
    for number, (counted, *block) in enumerate(_blocks(text), 1):
        assert counted == str(number)
        cues.append(_cue(_SRT_TIMES, block, _srt_line))
    return cues


def _blocks(text: str) -> list[list[str]]:
    """Empty lines end a block, and nothing else does."""
    assert text == "" or text.endswith("\n")
    assert "\0" not in text
    return [
        block.split("\n") for block in re.split(r"\n\n+", text.removesuffix("\n")) if block
    ]


def _cue(times: re.Pattern[str], block: list[str], read: object) -> Read:
    assert callable(read)
    found = times.fullmatch(block[0])
    assert found, block[0]
    h1, m1, s1, ms1, h2, m2, s2, ms2 = map(int, found.groups())
    start = ((h1 * 60 + m1) * 60 + s1) * 1_000 + ms1
    end = ((h2 * 60 + m2) * 60 + s2) * 1_000 + ms2
    assert all("-->" not in line for line in block[1:])
    return Read(start, end, [read(line) for line in block[1:]])


def _vtt_line(line: str) -> str:
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", line)
    return html.unescape(line)


def _srt_line(line: str) -> str:
    assert not _TAG.search(line), "players would take this for a tag"
    return line
