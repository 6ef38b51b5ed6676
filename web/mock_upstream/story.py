"""Stories out of a seed: the same seed is the same text, cut into the same tokens."""

from __future__ import annotations

import random
import re

__all__ = ["sentences_of", "text_of", "tokens_of"]

_SYLLABLES = (
    *("al", "bor", "cas", "den", "el", "far", "gan", "hol", "is", "jor", "kal", "lin"),
    *("mar", "nor", "or", "pel", "quin", "ras", "sel", "tor", "ul", "ven", "wal", "yor"),
)
_WHO = (
    "the keeper",
    "the clerk",
    "the ferryman",
    "the younger",
    "the clockmaker",
    "the soldier",
    "the widow",
    "the stranger",
)
_DID = (
    "had never spoken about",
    "walked every evening to",
    "kept a careful list of",
    "dreamt once more about",
    "turned away slowly from",
    "paid a silver coin for",
    "remembered the smell of",
    "carried a letter across",
)
_WHAT = (
    "the bridge over the black water",
    "the house behind the orchard",
    "the bells of the drowned church",
    "the garden that no map had",
    "the last boat of the autumn",
    "the stairs below the station",
    "the road through the salt marsh",
    "the lamp in the upper window",
)
_WHEN = (
    "before anyone else was awake",
    "while the snow fell on the roofs",
    "as if it were the first time",
    "until the tide came in again",
    "because a promise is a promise",
    "when the fair had left the town",
)
_SHORT = (
    "{} waited.",
    "{} said no.",
    "Then {} left.",
    "And {} wept.",
    "{} had it!",
    "Was it {}?",
    "So {} slept.",
    "{} nodded.",
)
_TOKEN = re.compile(r" ?[A-Za-z]{1,7}| ?\d+| ?[^ A-Za-z\d]| ")


def sentences_of(seed: int, count: int) -> list[str]:
    """The story's sentences; joined with spaces they are its text."""
    dice = random.Random(seed)
    return [_sentence(dice, place) for place in range(count)]


def text_of(seed: int, count: int) -> str:
    """The story as it is written."""
    return " ".join(sentences_of(seed, count))


def tokens_of(text: str) -> list[str]:
    """The pieces a model would send it in; joined they are the text."""
    return _TOKEN.findall(text)


def _sentence(dice: random.Random, place: int) -> str:
    """Two of usual length, then a long one and a short one."""
    if place % 4 == 3:
        return dice.choice(_SHORT).format(_name(dice, 3))
    begun = f"{_name(dice, 4)} {dice.choice(_WHO)} {dice.choice(_DID)} {dice.choice(_WHAT)}"
    if place % 4 == 2:
        number, other = dice.randint(100, 999), dice.choice(_WHAT)
        begun = f"{begun} {dice.choice(_WHEN)}, and {number} others dreamt of {other}"
    elif place % 4 == 1:
        begun = f"{begun} {dice.choice(_WHEN)}"
    return begun + dice.choice("...!?")


def _name(dice: random.Random, syllables: int) -> str:
    """So that no two stories have the same sentence: servers keep what they have spoken."""
    return "".join(dice.choices(_SYLLABLES, k=syllables)).capitalize()
