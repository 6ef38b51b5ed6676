"""What the normaliser asks the voice: which words it knows, and how it says one."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Lexicon", "marked"]


class Lexicon(Protocol):
    """The voice's own dictionary.  Words are given in small letters."""

    def has(self, word: str) -> bool:
        """Whether `word` is in it, rare words and names included."""
        ...

    def is_common(self, word: str) -> bool:
        """Whether `word` is in that part of it that was made by hand."""
        ...

    def phonemes(self, word: str) -> str:
        """How the voice says `word` by itself; "" if it cannot."""
        ...


def marked(word: str, phonemes: str) -> str:
    """`word`, to be said just like `phonemes`, in the notation of the voice."""
    return f"[{word}](/{phonemes}/)"
