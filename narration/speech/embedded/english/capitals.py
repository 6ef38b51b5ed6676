"""Tells words in capitals, which are shouted, from initials, which are spelled."""

from __future__ import annotations

import re

from narration.speech.embedded.english.initials import (
    DOUBTFUL,
    INITIALISMS,
    SAID_AS_WORDS,
    UNLESS_SHOUTED,
)
from narration.speech.embedded.english.lexicon import Lexicon
from narration.speech.embedded.english.sounds import is_sound

__all__ = ["without_shouting"]

_CAPITALS = re.compile(r"[A-ZÀ-ÖØ-Þ]{2}|[A-ZÀ-ÖØ-Þ]'[A-ZÀ-ÖØ-Þ]")
_WORD = re.compile(r"(?<![\w.])[^\W\d_]+(?:'[^\W\d_]+)*(?!\.\w)")
# A name whose beginning stays in small letters among capitals: McDONALD.
_HALF = re.compile(r"\b(Mc|Mac|De|Di|La|Le|Fitz|Van)([A-Z]{2,})\b")
_VOWELS = frozenset("AEIOUYÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØÙÚÛÜÝ")
_CLUSTER = re.compile(
    r"[^AEIOUYÀ-Þ]{4}|^[^AEIOUYÀ-Þ]{3}(?<!STR)(?<!SCH)(?<!SHR)(?<!THR)(?<!SPR)(?<!CHR)"
)
_SHORT = 3
# Behind initials there may be a number, as in MI5, or they may lead a word: US-led.
_NUMBER = re.compile(r"-?\d")
_LED = re.compile(r"-[a-z]")


def without_shouting(text: str, lexicon: Lexicon) -> str:
    """`text` with words in capitals in small letters, and initials as `F.B.I`."""
    if not _CAPITALS.search(text):
        return text
    text = _HALF.sub(lambda name: name[1] + name[2].capitalize(), text)
    found = list(_WORD.finditer(text))
    loud = [_is_loud(word[0], lexicon) for word in found]
    quiet = any(len(word[0]) > 1 and not word[0].isupper() for word in found)
    pieces, at = [], 0
    for index, word in enumerate(found):
        if (stem := _stem(word[0])) is None:
            continue
        # What stands before a colon is who speaks.
        cried = text[word.end() : word.end() + 1] in (":", "!")
        shouted = not quiet or cried or _beside(found, loud, index)
        pieces.append(text[at : word.start()])
        at = word.end()
        numbered = len(stem) <= _SHORT and (
            _NUMBER.match(text, word.end())
            or (stem in DOUBTFUL and _LED.match(text, word.end()))
        )
        if numbered or _is_spelled(stem, shouted, _neighbours(found, index), lexicon):
            ending = "'s" if len(word[0]) > len(stem) else ""
            pieces.append(".".join(stem) + ending)
            if text[at : at + 1] == ".":
                pieces.append(" ")
        elif stem in SAID_AS_WORDS and lexicon.has(stem) and not lexicon.has(stem.lower()):
            pieces.append(word[0])
        else:
            first = not text[: word.start()].strip("\"'“(— ")
            pieces.append(_small(word[0], first, lexicon))
    return "".join([*pieces, text[at:]])


def _stem(word: str) -> str | None:
    """The capitals of `word`, without a plural or possessive s; None if it has others."""
    if len(word) < 2:
        return None
    if word.isupper():
        return word[:-2] if word.endswith("'S") and len(word) > 3 else word
    for ending in ("'s", "s"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1 and stem.isupper():
            return stem
    return None


def _is_loud(word: str, lexicon: Lexicon) -> bool:
    return (
        len(word) > 1
        and word.isupper()
        and word not in INITIALISMS
        and lexicon.has(word.lower())
    )


def _beside(found: list[re.Match[str]], loud: list[bool], index: int) -> bool:
    """Whether the next word before or behind, `I` and `A` left out, is a shouted one."""
    for step in (-1, 1):
        at = index + step
        while 0 <= at < len(found) and found[at][0] in ("I", "A"):
            at += step
        if 0 <= at < len(found) and loud[at]:
            return True
    return False


def _neighbours(found: list[re.Match[str]], index: int) -> tuple[str, str]:
    before = found[index - 1][0].lower() if index else ""
    after = ""
    if index + 1 < len(found):
        following = found[index + 1]
        if following.string[found[index].end() : following.start()].isspace():
            after = following[0].lower()
    return before, after


def _is_spelled(
    word: str, shouted: bool, neighbours: tuple[str, str], lexicon: Lexicon
) -> bool:
    if word in SAID_AS_WORDS or is_sound(word) or "'" in word:
        return False
    if word in INITIALISMS:
        return True
    if word in UNLESS_SHOUTED:
        return not shouted
    before, after = neighbours
    if word in DOUBTFUL:
        leading, following = DOUBTFUL[word]
        return not shouted and (before in leading or after in following)
    if lexicon.has(word.lower()):
        return False
    if not _VOWELS.intersection(word) or _CLUSTER.search(word):
        return not shouted or len(word) <= _SHORT
    return not shouted and len(word) <= _SHORT


def _small(word: str, first: bool, lexicon: Lexicon) -> str:
    small = word.lower()
    if small.startswith("i'"):
        return "I" + small[1:]
    if small.startswith("o'") and not lexicon.is_common(small):
        return small.title()
    return small.capitalize() if first or not lexicon.is_common(small) else small
