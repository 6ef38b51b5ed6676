"""How a table of words is written."""

from __future__ import annotations

__all__ = ["listed"]


def listed(text: str) -> frozenset[str]:
    """The words of a list written as text, in the letters they are written in."""
    return frozenset(text.split())
