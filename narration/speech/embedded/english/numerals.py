"""Reads bare numbers: ranges, fractions, decimals, and those too long to be counted."""

from __future__ import annotations

import re

from narration.speech.embedded.english.words import CALIBRES, DIGITS, FRACTIONS, PARTS

__all__ = ["with_readable_numbers"]

_VULGAR = re.compile(rf"(?:(\d+) ?)?([{''.join(FRACTIONS)}])")
_FRACTION = re.compile(r"(?<![\w./])(?:(\d+) )?(\d{1,2})/(\d{1,3})(?![\w/]|\.\d)")
_TIMES = re.compile(r"(?<=\d) ?[×*·] ?(?=\d)")
_BY = re.compile(r"(?<=\d) ?x ?(?=\d)")
_TIMES_AS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)x\b")
_RANGE = re.compile(
    r"(?<![\w.,/-])(\d[\d,]*(?:\.\d+)?) ?(?:–|~|(?<! )-(?! )) ?(\d[\d,]*(?:\.\d+)?)(?![\w-])"
)
_LISTED = re.compile(r"(?<=\d),(?=\d{1,2}(?![\d,]))")
_ABOUT = re.compile(r"(?<!\w)~ ?(?=\d)")
_SIGN = re.compile(r"(?<![\w.)])([+-])(?=\.?\d)")
_EQUATION = {"+": "plus", "-": "minus", "=": "equals", "÷": "divided by", "±": "plus or minus"}
_OPERATOR = re.compile(r"(?<=[\w)]) ([+=÷±-]) (?=[\d(])|(?<=\d)([+=÷±])(?=\d)")
_PHONE = re.compile(r"(?<![\w.-])(?:(?:1-)?\d{3}-)?\d{3}-\d{4}(?![\w-])")
_CALLED = re.compile(r"\b((?i:call|dial)(?:ed|ing)? )(\d{3})(?!\d|[,.]\d)")
_CALIBRE = re.compile(rf"(?<![\w.])\.({'|'.join(CALIBRES)})(?=\W|\Z|s\b)")
_POINT = re.compile(r"(?<![\w.])(\d[\d,]*)?\.(\d+)(?![\w.]*\.\d|\w)")
_ADDRESS = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?![\w])")
_LONG = re.compile(r"(?<![\w.,])\d[\d,]*(?![\w.]\d)")
_LONGEST_COUNTED = 15
# Of a thousand decillions it knows no name.
_UNCOUNTED = re.compile(rf"\d{{{_LONGEST_COUNTED + 1},}}")
_YEARS = range(1000, 2100)


def with_readable_numbers(text: str) -> str:
    """`text` with numbers as digits or words that the voice reads as they are meant."""
    if not any(char.isdigit() or char in FRACTIONS for char in text):
        return text
    text = _VULGAR.sub(_vulgar, text)
    text = _PHONE.sub(lambda found: _one_by_one(found[0].replace("-", ",")), text)
    text = _CALLED.sub(lambda found: found[1] + _one_by_one(found[2]), text)
    text = _CALIBRE.sub(lambda found: CALIBRES[found[1]], text)
    text = _FRACTION.sub(_fraction, text)
    text = _TIMES.sub(" times ", text)
    text = _BY.sub(" by ", text)
    text = _TIMES_AS.sub(r"\1 times", text)
    text = _RANGE.sub(_range, text)
    text = _LISTED.sub(", ", text)
    text = _ABOUT.sub("about ", text)
    text = _OPERATOR.sub(lambda found: f" {_EQUATION[found[1] or found[2]]} ", text)
    text = _SIGN.sub(lambda found: _EQUATION[found[1]] + " ", text)
    text = _ADDRESS.sub(lambda found: " point ".join(map(_plain, found[0].split("."))), text)
    text = _POINT.sub(_point, text)
    text = _LONG.sub(_whole, text)
    return _UNCOUNTED.sub(lambda found: f" {_one_by_one(found[0])} ", text)


def _vulgar(found: re.Match[str]) -> str:
    part, whole = FRACTIONS[found[2]]
    return (f"{found[1]} and " if found[1] else "") + _share(part, whole, bool(found[1]))


def _share(part: int, whole: int, behind_a_number: bool = False) -> str:
    one, many = PARTS[whole]
    if part == 1:
        return f"a {one}" if behind_a_number else f"one {one}"
    return f"{part} {many}"


def _fraction(found: re.Match[str]) -> str:
    before, part, whole = found[1], int(found[2]), int(found[3])
    if 0 < part < whole and whole in PARTS and (part == 1 or whole < 10 or before):
        return (f"{before} and " if before else "") + _share(part, whole, bool(before))
    lead = f"{before} " if before else ""
    if part == whole or (part, whole) in ((9, 11), (24, 7), (7, 7)):
        return f"{lead}{part} {whole}"
    if 0 < part < whole and whole % 10 in (0, 5):
        return f"{lead}{part} out of {whole}"
    return f"{lead}{part} over {whole}"


def _range(found: re.Match[str]) -> str:
    first, last = found.groups()
    return f"{first} {last}" if first == last else f"{first} to {last}"  # 50-50 is none.


def _one_by_one(digits: str) -> str:
    """Every digit by itself; a comma stays a pause."""
    said = " ".join("," if char == "," else DIGITS[int(char)] for char in digits)
    return said.replace(" ,", ",")


def _plain(part: str) -> str:
    return part.lstrip("v") or part


def _point(found: re.Match[str]) -> str:
    whole, decimals = found[1] or "", found[2]
    if whole and not decimals.endswith("0"):
        return found[0]
    lead = f"{whole} " if whole else ""
    return f"{lead}point {_one_by_one(decimals)}"


def _whole(found: re.Match[str]) -> str:
    """The number as the voice counts it; it takes any of four digits for a year."""
    written = found[0].rstrip(",")
    tail = found[0][len(written) :]
    digits = written.replace(",", "")
    if len(digits) > _LONGEST_COUNTED or (digits[0] == "0" and len(digits) > 1):
        return _one_by_one(digits).replace("zero zero seven", "double oh seven") + tail
    if "," not in written and len(digits) == 4 and int(digits) not in _YEARS:
        return f"{digits[0]},{digits[1:]}{tail}"
    return written + tail
