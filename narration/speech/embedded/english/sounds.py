"""Interjections, stutters and long-drawn words, as they sound and not as they are spelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

from narration.speech.embedded.english.initials import INITIALISMS
from narration.speech.embedded.english.lexicon import Lexicon, marked
from narration.speech.embedded.english.sound_words import (
    CONSONANTS,
    DRAWN_OUT,
    ELIDED,
    H_DROPPED,
    NOT_STUTTERED,
    SOUNDS,
    SYLLABLES,
)

__all__ = ["is_sound", "with_sounds"]

_MARKED = re.compile(r"(\[[^\]]*\]\([^)]*\))")
_WORD = re.compile(r"(?<![\w.'])[^\W\d_]+(?:-[^\W\d_]+|'[^\W\d_]+)*(?!\.\w|[\w'])")
_SOUNDS = tuple((re.compile(rf"(?:{written})\Z"), said) for written, said in SOUNDS)
_LAUGH = re.compile(rf"(?:({'|'.join(SYLLABLES)})\1+h?)\Z")
_CONSONANT = re.compile("|".join(CONSONANTS))
_VOWELLESS = re.compile(r"[^\W\d_aeiouyàâäéèêëíîïóôöúûü]{2,}\Z")
_VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)
_RUN = re.compile(r"(.)\1{2,}", re.IGNORECASE)
_CONSONANT_RUN = re.compile(r"([^\W\d_aeiou])\1{2,}", re.IGNORECASE)
_RUNS = re.compile(r"((.)\2+)", re.IGNORECASE)
_STUTTER = re.compile(
    r"(?<![\w.])(?<!\w')((?:([^\W\d_]{1,3})(?:-|—|… ?))(?:\2(?:-|—|… ?))*)(?=\2[^\W\d_])"
    r"([^\W\d_]+(?:'[^\W\d_]+)*)",
    re.IGNORECASE,
)
_ELIDED = re.compile(rf"(?<![\w'])(?:{'|'.join(ELIDED)})(?![\w'—-])", re.IGNORECASE)
_INITIAL_A = re.compile(r"(?<![\w.'])A\.(?= [A-Z])")
_H_DROPPED = re.compile(r"(?<![\w'\"“])'([aeiouAEIOU][^\W\d_]*)(?![\w'])")
_CLOSING_QUOTE = re.compile(r"[\w.,;:!?—…]'(?!\w)")
_MASKED = re.compile(
    r"(?<![\w*'])([^\W\d_]{1,3})\*+([^\W\d_]*)(?!\w)"
    r"|(?<![\w'])([^\W\d_aeiouyAEIOUY])—+([b-df-hj-np-tv-xz]{1,2})(?![\w—-])"
    r"|(?<![\w'-])([^\W\d_aeiouyAEIOUY]{1,2})-(?!th\b)([b-df-hj-np-tv-xz]{1,4})(?![\w'-])"
)
_VOWEL = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻɐ")
_MOST_RUNS = 3
_HELD = re.compile(r"([^\W\d_])(?:-\1)+(?:-|(?![^\W_]))", re.IGNORECASE)
_A_DOING = re.compile(r"(?<![\w'-])([aA])-(?=[a-z]+in['g]?\b)")
_LETTER_A = re.compile(r"(?<![\w.'-])A-(?=[^\W\d_]{3})")
_ELISION = re.compile(r"(?<![\w'])([dDlL])'([A-ZÀ-Þ][^\W\d_]+)")
_LETTER_BY_LETTER = re.compile(r"[^\W\d_](?:-[a-z])+\Z")
_PAIR = re.compile(r"([a-z])\1+", re.IGNORECASE)


def is_sound(word: str) -> bool:
    """Whether `word`, in whatever letters, is an interjection that is not spelled."""
    return _said(word.lower()) is not None


def with_sounds(text: str, lexicon: Lexicon) -> str:
    """`text` with sounds marked as they are made, and drawn-out words as what they are."""
    steps = (
        (_INITIAL_A, lambda found: marked("A", "ˈA")),
        (_ELIDED, lambda found: marked(found[0], ELIDED[found[0].lower()])),
        (_H_DROPPED, lambda found: _without_h(found, lexicon)),
        (_A_DOING, lambda found: marked(found[1], "ə") + " "),
        (_ELISION, lambda found: f"{found[1].upper()}{found[2].lower()}"),
        (_MASKED, lambda found: _masked(found, lexicon)),
        (_STUTTER, lambda found: _stutter(found, lexicon)),
        (_LETTER_A, lambda found: marked("A", "ˈA") + " "),
        (_WORD, lambda found: _word(found, lexicon)),
    )
    for written, said in steps:
        text = _outside_marks(written, said, text)
    return text


def _outside_marks(
    written: re.Pattern[str], said: Callable[[re.Match[str]], str], text: str
) -> str:
    """`text` with whatever is `written` replaced, except in what is marked already."""
    pieces = _MARKED.split(text)
    pieces[::2] = [written.sub(said, piece) for piece in pieces[::2]]
    return "".join(pieces)


def _word(found: re.Match[str], lexicon: Lexicon) -> str:
    word = found[0]
    small = word.lower()
    if (said := _said(small)) is not None:
        return marked(word, said)
    drawn = _HELD.sub(r"\1", word)
    if drawn != word and not small.startswith("i-i") and lexicon.has(drawn.lower()):
        return drawn
    if _LETTER_BY_LETTER.match(word) and _PAIR.search(joined := word.replace("-", "")):
        return _short(_PAIR.sub(r"\1\1\1", joined), lexicon)
    if "-" in word:
        return "-".join(_part(part, lexicon) for part in word.split("-"))
    return _part(word, lexicon)


def _part(word: str, lexicon: Lexicon) -> str:
    small = word.lower()
    if _RUN.search(small):
        return _short(word, lexicon)
    if _VOWELLESS.match(small) and word[1:].islower() and not lexicon.has(small):
        if word.upper() in INITIALISMS:
            return ".".join(word.upper())
        return marked(word, _sounded(small))
    return word


def _said(word: str) -> str | None:
    for written, said in _SOUNDS:
        if written.match(word):
            return said
    if laugh := _LAUGH.match(word):
        times = word.count(laugh[1])
        return "".join(
            ("ˈ" if not number else "") + SYLLABLES[laugh[1]] for number in range(times)
        )
    return None


def _sounded(word: str) -> str:
    """The consonants one after the other; one that is written often is held."""
    word = _RUN.sub(r"\1\1", word)
    said = "".join(CONSONANTS[found[0]] for found in _CONSONANT.finditer(word))
    return re.sub(r"(.)\1+", r"\1ː", said)


def _short(word: str, lexicon: Lexicon) -> str:
    """A word that is drawn out, "Nooooo", as the word it is."""
    pieces = _RUNS.split(word)
    runs = [index for index in range(1, len(pieces), 3) if len(pieces[index]) > 2][:_MOST_RUNS]
    found = []
    for lengths in product((2, 1), repeat=len(runs)):
        tried = list(pieces)
        tried[2::3] = [""] * len(
            tried[2::3]
        )  # The letter of each run, which the split gives too.
        for index, length in zip(runs, lengths, strict=True):
            tried[index] = pieces[index][:length]
        if lexicon.is_common((candidate := "".join(tried)).lower()):
            found.append(candidate)
    if found:
        return next((word for word in found if word.lower() in DRAWN_OUT), found[0])
    if _VOWELLESS.match(word.lower()):
        return marked(word, _sounded(word.lower()))
    return _RUN.sub(r"\1\1", _CONSONANT_RUN.sub(r"\1", word))


def _without_h(found: re.Match[str], lexicon: Lexicon) -> str:
    """A word that has lost its h, " 'eard", as that word without it."""
    left = found[1].lower()
    whole = f"h{left}"
    if not lexicon.is_common(whole):
        return found[0]
    if lexicon.is_common(left) and (
        left not in H_DROPPED or not found[1].islower() or _CLOSING_QUOTE.search(found.string)
    ):
        return found[0]  # It stands behind a quotation mark.
    return marked(found[0], lexicon.phonemes(whole).replace("h", "", 1))


def _masked(found: re.Match[str], lexicon: Lexicon) -> str:
    """A word that is not written in full, "f**k", as the letters that are there sound."""
    if is_sound(found[0]):
        return found[0]
    letters = (found[1] or found[3] or found[5], found[2] or found[4] or found[6] or "")
    said = (
        _sounded(part.lower()) if not _VOWELS.search(part) else lexicon.phonemes(part.lower())
        for part in letters
    )
    return marked(f"{letters[0]}-{letters[1]}", "".join(said))


def _stutter(found: re.Match[str], lexicon: Lexicon) -> str:
    """The beginning of the word as often as it is written: "W-wait" is w' wait."""
    start, word = found[2], found[3]
    if len(start) > 1 and any(char in "aeiouy" for char in start.lower()):
        return found[0]
    if f"{start}-{word}".lower() in NOT_STUTTERED or not found[1].strip("-—… "):
        return found[0]
    times = len(re.findall(rf"(?i){start}", found[1]))
    if start.lower() == word.lower() or (start.upper() == "I" and word.startswith("I'")):
        return f"{'I, ' * times}{word}"
    onset = _onset(lexicon.phonemes(word.lower()))
    if not onset:
        return word
    sound = marked(start, onset)
    return f"{f'{sound} ' * times}{word}"


def _onset(phonemes: str) -> str:
    """What a word begins with, up to its first vowel; consonants alone get a short one."""
    bare = phonemes.replace("ˈ", "").replace("ˌ", "")
    for at, char in enumerate(bare):
        if char in _VOWEL:
            return bare[:at] + "ə" if at else char
    return bare
