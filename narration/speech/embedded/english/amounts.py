"""Reads numbers with something that they count or tell: money, measures, times and dates."""

from __future__ import annotations

import re

from narration.speech.embedded.english.words import BIG, MONEY, MONTH_NAMES, UNITS

__all__ = ["ordinal", "with_amounts_in_words"]

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"


def _one_of(table: dict[str, tuple[str, str]]) -> str:
    return "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))


_SIGNS = "|".join(re.escape(sign) for sign in sorted(MONEY, key=len, reverse=True))
_BIG = r"hundred|thousand|million|billion|trillion"
_MONEY = re.compile(
    rf"(?<![\w.])(-?)({_SIGNS}) ?({NUMBER})(s\b)?(?:[ -]?({_BIG})\b|({'|'.join(BIG)})\b)?"
)
_STERLING = re.compile(r"£(\d+) (\d+)s\.(?: (\d+)d\.)?(?!\w)")
_MEASURE = re.compile(
    rf"(?<![\w.,])([+-]?)({NUMBER})(-| ?)({_one_of(UNITS)})"
    r"(\.(?= [a-z(])|(?:(?<=ft)|(?<=lb))\.(?= \d))?(?![\w/²³])"
)
_FEET = re.compile(r"(?<![\w.])(\d{1,2})'(?: ?(\d{1,2})(?:\"|''))?(?![\w'])")
_INCHES = re.compile(r"(?<![\w.'])(\d{1,2})(?:\"|'')(?=[ .,-](?:[a-z]|\Z))")
_TIME = re.compile(
    r"(?<![\w.:])(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?: ?([AaPp])\.?[Mm]\b\.?)?(?![\w:%]|\.\d)"
)
_HOUR = re.compile(r"(?<![\w.:])(\d{1,2}) ?([AaPp])\.?[Mm]\b(?: \.)?(?!\w)")
_MILITARY = re.compile(r"(?<![\w.,:])([012]\d)(\d\d) (?:hours\b|hrs\b(?:\.(?= [a-z]))?)")
_MONTH_NAMES = "|".join(MONTH_NAMES)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH_NAMES}) (\d{{1,2}})(?:st|nd|rd|th)?\b(?![:%]|[.,]\d| ?[ap]\.?m)"
)
_DAY_MONTH = re.compile(rf"(?<![\w.,:])(the )?(\d{{1,2}}) (?:of )?({_MONTH_NAMES})\b")
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_SLASHED = re.compile(r"(?<![\w/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\w/])")


def with_amounts_in_words(text: str) -> str:
    """`text` with the signs of money, measures, times and dates as words."""
    if not any(char.isdigit() for char in text):
        return text
    text = _ISO.sub(_iso, text)
    text = _SLASHED.sub(_slashed, text)
    text = _STERLING.sub(_sterling, text)
    text = _MONEY.sub(_money, text)
    text = _TIME.sub(_time, text)
    text = _HOUR.sub(_hour, text)
    text = _MILITARY.sub(_military, text)
    text = _MONTH_DAY.sub(_month_day, text)
    text = _DAY_MONTH.sub(_day_month, text)
    text = _FEET.sub(_feet, text)
    text = _INCHES.sub(_inches, text)
    return _MEASURE.sub(_measure, text)


def ordinal(number: int) -> str:
    """`number` as an ordinal in digits, which the voice reads as one: 3rd."""
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else suffix}"


def _counted(number: str, names: tuple[str, str]) -> str:
    one, many = names
    return f"{number} {one if number in ('1', '1.0') else many}"


def _money(found: re.Match[str]) -> str:
    minus, sign, amount, tens, scale, letter = found.groups()
    one, many, small_one, small_many = MONEY[sign]
    sign_word = "minus " if minus else ""
    rest = found.string[found.end() :]
    if tens:
        return f"{sign_word}{amount}s"
    if scale or letter:
        return f"{sign_word}{amount} {scale or BIG[letter]} {many}"
    if re.match(r"-[a-z]", rest):  # A $5-a-day job is a five-dollar-a-day job.
        return f"{sign_word}{amount} {one}"
    whole, _, part = amount.partition(".")
    if len(part) != 2:
        return f"{sign_word}{_counted(amount, (one, many))}"
    change = _counted(str(int(part)), (small_one, small_many))
    if int(part) == 0:
        return f"{sign_word}{_counted(whole, (one, many))}"
    if whole == "0":
        return f"{sign_word}{change}"
    return f"{sign_word}{_counted(whole, (one, many))} and {change}"


def _sterling(found: re.Match[str]) -> str:
    pounds, shillings, pence = found.groups()
    words = _counted(pounds, ("pound", "pounds"))
    words += f" {_counted(shillings, ('shilling', 'shillings'))}"
    return f"{words} and {_counted(pence, ('penny', 'pence'))}" if pence else words


def _measure(found: re.Match[str]) -> str:
    sign, number, joint, unit, _ = found.groups()
    if unit in ("m", "g", "h", "b", "V", "W", "l") and joint == "-":
        return found[0]
    if unit == "m" and re.search(r"\bI'\Z", found.string[: found.start()]):
        return found[0]
    one, many = UNITS[unit]
    minus = {"-": "minus ", "+": "plus "}.get(sign, "")
    if joint == "-":
        return f"{minus}{number} {one}"
    return minus + _counted(number, (one, many))


def _feet(found: re.Match[str]) -> str:
    feet, inches = found.groups()
    if inches is None and not re.match(
        r" (?:tall|long|high|wide|deep|by|x)\b", found.string[found.end() :]
    ):
        return found[0]
    tall = _counted(feet, ("foot", "feet"))
    return f"{tall} {inches}" if inches else tall


def _inches(found: re.Match[str]) -> str:
    if found.string[: found.start()].count('"') % 2:
        return found[0]  # It closes a quotation.
    return _counted(found[1], ("inch", "inches"))


def _time(found: re.Match[str]) -> str:
    hours, minutes, seconds, half = found.groups()
    dotted = found[0][len(hours)] == "."
    if int(hours) > 24 or int(minutes) > 59 or (dotted and not half):
        return found[0]
    spoken = str(int(hours))
    if minutes != "00":
        spoken += f" oh {int(minutes)}" if minutes[0] == "0" else f" {minutes}"
    elif not half:
        spoken += " o'clock" if 0 < int(hours) <= 12 else " hundred"
    if seconds:
        spoken += f" and {_counted(str(int(seconds)), ('second', 'seconds'))}"
    return spoken + _half_of_day(found, half)


def _hour(found: re.Match[str]) -> str:
    return f"{int(found[1])}{_half_of_day(found, found[2])}"


def _half_of_day(found: re.Match[str], half: str | None) -> str:
    """Letters that the voice spells, and the full stop that also ends the sentence."""
    if not half:
        return ""
    at_end = found[0].endswith(" .") or (
        found[0].endswith(".") and not found.string[found.end() :]
    )
    return f" {half.upper()}.M" + (" ." if at_end else "")


def _military(found: re.Match[str]) -> str:
    hours, minutes = found.groups()
    spoken = f"oh {int(hours)}" if hours[0] == "0" else hours
    return f"{spoken} {'hundred' if minutes == '00' else minutes} hours"


def _month_day(found: re.Match[str]) -> str:
    month, day = found[1], int(found[2])
    if not 1 <= day <= 31 or (month in ("May", "March") and not _is_date(found)):
        return found[0]
    return f"{month} {ordinal(day)}"


def _is_date(found: re.Match[str]) -> bool:
    """Whether this is no "May 5 people come in?": something ends it, or leads up to it."""
    rest = found.string[found.end() :]
    return (
        re.match(
            r"(?:[.,;:!?)\"'—]|\Z| \d{4}\b| (?:was|is|at|in|and|to|he|she|they|we|I|the)\b)",
            rest,
        )
        is not None
    )


def _day_month(found: re.Match[str]) -> str:
    day = int(found[2])
    return f"the {ordinal(day)} of {found[3]}" if 1 <= day <= 31 else found[0]


def _iso(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return _date(int(month), int(day), year) or found[0]


def _slashed(found: re.Match[str]) -> str:
    first, second, year = found.groups()
    month, day = (int(first), int(second)) if int(first) <= 12 else (int(second), int(first))
    return _date(month, day, year) or found[0]


def _date(month: int, day: int, year: str) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{MONTH_NAMES[month - 1]} {ordinal(day)}, {year}"
