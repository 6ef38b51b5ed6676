"""Finds the words that the embedded voice reads letter by letter."""

from __future__ import annotations

from narration.speech.embedded.voice import EmbeddedVoice

__all__ = ["spelled"]

_NAMES = {
    "a": "A", "b": "bi", "c": "si", "d": "di", "e": "i", "f": "ɛf", "g": "ʤi",
    "h": "Aʧ", "i": "I", "j": "ʤA", "k": "kA", "l": "ɛl", "m": "ɛm", "n": "ɛn",
    "o": "O", "p": "pi", "q": "kju", "r": "ɑɹ", "s": "ɛs", "t": "ti", "u": "ju",
    "v": "vi", "w": "dʌbᵊlju", "x": "ɛks", "y": "wI", "z": "zi",
}  # fmt: skip
_LONE_WORDS = frozenset("aio")


def spelled(voice: EmbeddedVoice, written: str) -> list[str]:
    """The words whose phonemes are the names of their letters, in a text as it is said."""
    return [word for word, phonemes, _ in voice.words(written) if _is_spelled(word, phonemes)]


def _is_spelled(word: str, phonemes: str) -> bool:
    letters = [char for char in word.lower() if char in _NAMES]
    bare = "".join(char for char in phonemes if char not in "ˈˌ— ")
    if len(letters) == 1 and letters[0] in _LONE_WORDS:
        return False
    return bool(letters) and bare == "".join(_NAMES[letter] for letter in letters)
