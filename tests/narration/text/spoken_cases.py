"""What is written and what is spoken, by kind: `data/spoken.jsonl`, one case a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

__all__ = ["PAUSE", "SPOKEN_CASES", "SpokenCase"]

PAUSE = "⏸"
"""Stands in a text where the model pauses."""


class SpokenCase(NamedTuple):
    """A text, and what a voice is given of it, a piece for each unit that has words."""

    kind: str
    language: str
    written: str
    spoken: list[str]


def _read() -> list[SpokenCase]:
    path = Path(__file__).parent / "data" / "spoken.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [SpokenCase(**json.loads(line)) for line in lines]


SPOKEN_CASES = _read()
