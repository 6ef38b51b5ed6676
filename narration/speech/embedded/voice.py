"""The embedded voice: what it says for a text, and how that sounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from narration.speech.embedded.english import normalised

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EmbeddedVoice"]

# Its model was made for up to this many in one go.
_MAX_PHONEMES = 400
_PAUSES = (re.compile(r".*[.!?…]\s"), re.compile(r".*[,;:—]\s"), re.compile(r".*\s"))
_SPACE_BEFORE_MARK = re.compile(r"[ ,]+(?=[.,;:!?…)])|(?<=\() ")
_SPEAKABLE = re.compile(r"[^\W\d_]")
# Of a word that is in no dictionary it would leave out what comes after so many letters.
_LONGEST_WORD = 24
_LONG_WORD = re.compile(rf"[^\W\d_]{{{_LONGEST_WORD}}}(?=[^\W\d_])")


# Where it takes these for something else, it spells them or leaves them out.
_TAGS = {"a": "DT", "am": "VBP"}
_PAUSE_MARKS = frozenset(".,;:!?…—")


class EmbeddedVoice:
    """Hibari with our own reading of the text.

    The package would read "no." as "number" and cut "No. 5" in two.  So its sentences come
    whole, with everything written as it is said, and it changes nothing in them.
    """

    def __init__(self, threads: int = 1) -> None:
        from hibari import Hibari

        self._hibari = Hibari(threads=threads)
        self._lexicon = _HibariLexicon(self._hibari.g2p)

    def written_out(self, text: str) -> str:
        """`text` as it is said; sounds are marked `[Shh](/phonemes/)`."""
        return normalised(text, self._lexicon)

    def words(self, written: str) -> Iterator[tuple[str, str, str]]:
        """Yield every word and mark of a text that is written out, its phonemes, and a space.

        That is empty where none follows.
        """
        g2p = self._hibari.g2p
        tokens = g2p.tokenize(_LONG_WORD.sub(r"\g<0> ", written))
        for token in tokens:
            if token.text in _PAUSE_MARKS:
                token.phonemes = token.text
            elif token.phonemes is None:
                token.tag = _TAGS.get(token.text, token.tag)
        for token in g2p.phonemize_tokens(tokens):
            yield token.text, token.phonemes or "", token.whitespace

    def phonemes(self, text: str) -> str:
        """What is said for `text`, in the alphabet of the voice; "" if that is nothing."""
        words = self.words(self.written_out(text))
        said = "".join(phonemes + space for _, phonemes, space in words)
        said = _SPACE_BEFORE_MARK.sub("", said.strip(" ,"))
        return said if _SPEAKABLE.search(said) else ""

    def speak(self, text: str, speed: float) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of `text`, in one piece unless it is too long for the model.

        The same text sounds the same every time.
        """
        random = np.random.default_rng(0)
        for part in _parts(self.phonemes(text)):
            yield self._hibari.from_ids(self._hibari.ids(part), speed, random)


class _HibariLexicon:
    """What the package's dictionary has."""

    def __init__(self, g2p: Any) -> None:
        self._g2p = g2p
        self._common = g2p.lexicon.golds
        self._rare = g2p.lexicon.silvers

    def has(self, word: str) -> bool:
        return word in self._common or word in self._rare or self._is_a_form(word)

    def is_common(self, word: str) -> bool:
        return word in self._common

    def phonemes(self, word: str) -> str:
        said: str = self._g2p(word, normalize_text=False)
        return said

    def _is_a_form(self, word: str) -> bool:
        """Whether it is a word with -s, -ed, -ing or 's; the dictionary has few of them."""
        lexicon = self._g2p.lexicon
        return any(
            form(word, "", None, None)[0]
            for form in (lexicon.stem_s, lexicon.stem_ed, lexicon.stem_ing)
        )


def _parts(phonemes: str) -> Iterator[str]:
    """`phonemes` in as few pieces as the model can take, cut where a pause is."""
    while len(phonemes) > _MAX_PHONEMES:
        cuts = (pause.match(phonemes, 0, _MAX_PHONEMES) for pause in _PAUSES)
        end = next((cut.end() for cut in cuts if cut), _MAX_PHONEMES)
        yield phonemes[:end].strip()
        phonemes = phonemes[end:]
    if phonemes:
        yield phonemes
