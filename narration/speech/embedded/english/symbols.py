"""Reads signs that stand for words, and addresses."""

from __future__ import annotations

import re

from narration.speech.embedded.english.words import SIGNS, SLASHED

__all__ = ["without_symbols"]

_WORTH_A_LOOK = re.compile(r"[^\w\s,.;:!?'\"—()-]|[_²³µ]|\w\.\w")
_MAIL = re.compile(r"(?<![\w.])([\w.+-]+)@((?:[\w-]+\.)+\w{2,})")
_HOST = re.compile(
    r"(?<![\w.@/])(?:https?://)?(?:www\.)?((?:[\w-]+\.)+(?:[a-z]{2,4}))\b((?:/[\w.-]+)*)/?(?!\w)"
)
_NUMBER_SIGN = re.compile(r"(?<!\w)#(?=\d)")
_LETTERS_AND = re.compile(r"\b([A-Z]{1,3})&([A-Z]{1,3})\b")
_AND = re.compile(r" ?& ?")
_AT = re.compile(r" ?@ ?")
_SLASHED = re.compile(
    rf"(?<![\w/])({'|'.join(map(re.escape, SLASHED))})(?![\w/])", re.IGNORECASE
)
_SLASH = re.compile(r"(?<=\w) ?/ ?(?=\w)")
_SIGN = re.compile("|".join(map(re.escape, SIGNS)))
# Behind a letter it stands for others: "f**k".
_STAR = re.compile(r"(?<![^\W\d_])(?<!\*)\*+")


def without_symbols(text: str) -> str:
    """`text` with signs as words, or as a space where a reader would say nothing."""
    if not _WORTH_A_LOOK.search(text):
        return text
    text = _MAIL.sub(lambda found: f"{_dotted(found[1])} at {_dotted(found[2])}", text)
    text = _HOST.sub(_host, text)
    text = _NUMBER_SIGN.sub("number ", text)
    text = _LETTERS_AND.sub(
        lambda found: f"{'.'.join(found[1])} and {'.'.join(found[2])}", text
    )
    text = _AND.sub(" and ", text)
    text = _AT.sub(" at ", text)
    text = _SLASHED.sub(lambda found: SLASHED[found[1].lower()], text)
    text = _SLASH.sub(" slash ", text)
    text = _STAR.sub(" ", text)
    text = _SIGN.sub(lambda found: f" {SIGNS[found[0]]} ", text)
    return " ".join(text.split()).replace(" ,", ",")


def _dotted(address: str) -> str:
    return (
        address.replace(".", " dot ")
        .replace("_", " ")
        .replace("+", " plus ")
        .replace("-", " ")
    )


def _host(found: re.Match[str]) -> str:
    if found[1].count(".") and any(len(part) > 2 for part in found[1].split(".")):
        return _dotted(found[1]) + found[2].replace(".", " dot ").replace("/", " slash ")
    return found[0]
