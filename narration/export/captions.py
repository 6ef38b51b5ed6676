"""Writes captions as players read them: WebVTT for browsers, SRT for all others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from narration.export.cues import Cue, cues
from narration.story import SentenceAudio

__all__ = ["CAPTION_TYPES", "CaptionFormat", "captions"]

CaptionFormat = Literal["vtt", "srt"]

CAPTION_TYPES: Mapping[CaptionFormat, str] = MappingProxyType(
    {"vtt": "text/vtt", "srt": "application/x-subrip"}
)

_TAG = re.compile(r"<(/?[A-Za-z][^<>]*)>")


def captions(sentences: Iterable[SentenceAudio], format: CaptionFormat) -> str:
    """What is heard of a scene, to be read along."""
    write = {"vtt": _vtt, "srt": _srt}[format]
    return write(cues(sentences))


def _vtt(shown: Iterable[Cue]) -> str:
    return "".join(("WEBVTT\n", *(f"\n{_block(cue, '.', _vtt_text)}" for cue in shown)))


def _srt(shown: Iterable[Cue]) -> str:
    numbered = enumerate(shown, 1)
    return "\n".join(f"{number}\n{_block(cue, ',', _srt_text)}" for number, cue in numbered)


def _block(cue: Cue, point: str, escape: Callable[[str], str]) -> str:
    # One that lasts for no millisecond would not be shown.
    start = round(cue.start_ms)
    end = max(round(cue.end_ms), start + 1)
    lines = "\n".join(escape(line.replace("\0", "\ufffd")) for line in cue.lines)
    return f"{_time(start, point)} --> {_time(end, point)}\n{lines}\n"


def _vtt_text(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt_text(line: str) -> str:
    # Nothing can be escaped here, but players leave out what looks like a tag.
    return _TAG.sub(r"‹\1›", line.replace("-->", "→"))


def _time(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"
