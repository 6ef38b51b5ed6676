"""Writes abbreviations out, each only where its neighbours show that it is one.

"No. 5" is a number and "no." an answer; "the Sun." shines and "on Sun. morning" is a day.
"""

from __future__ import annotations

import re

from narration.speech.embedded.english.words import (
    AFTER_NAME,
    ALSO_NAMES,
    ALWAYS,
    BEFORE_DAY,
    BEFORE_MONTH,
    BEFORE_NUMBER,
    BEFORE_ROMAN,
    BEFORE_YEAR,
    DAYS,
    DEGREES,
    LATIN,
    LETTERED,
    MONTH_NAMES,
    MONTHS,
    NUMBERED,
    PLACES,
    ROADS,
    SURE_TITLES,
    TITLES,
)
from narration.text.languages.en import ENGLISH

__all__ = ["ends_sentence", "without_abbreviations"]

_WORTH_A_LOOK = re.compile(
    r"[./&]|-[MTWFS]|\d [JFMASOND]"
    r"|\b(?:vs|aka|Xmas|Mk|[Ll][Vv][Ll]?|LTD|WWII?|Mrs?|Ms|Dr|St|Prof|Sgt|Capt|Lt|[JS]r)\b"
)
_WORD_BEFORE = re.compile(r"([\w'&]+)[.,]? \Z")
_WORD_AFTER = re.compile(r" ([^\W\d_][\w']*)")
_END = re.compile(r"[\"”')]*(?:\Z| )")
_PLACE_WORD = re.compile(
    r"(?:\d+\w*|\b(?:on|at|of|to|off|down|up|along|from|near|and|in)) (?:[A-Z][\w']* ){1,3}\Z"
)


def _one_of(table: dict[str, str] | frozenset[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))


_SHOUTED = {title.upper(): title for title in TITLES}
_TITLE = re.compile(rf"\b({_one_of(TITLES)}|{_one_of(_SHOUTED)})\b(\.?)(?![\w'])")
_MONSIEUR = re.compile(r"\bM\. (?=(?:de|du|des|le|la|St)\b)")
_ROAD = re.compile(rf"\b(?:({_one_of(ROADS)})\.|(St|Rd|Ave|Blvd|Hwy))(?![\w.'])")
_AFTER_NAME = re.compile(rf"(?<=[\w,)&] )({_one_of(AFTER_NAME)})\.(?!\w)")
_BEFORE_NUMBER = re.compile(
    rf"\b((?i:{_one_of(BEFORE_NUMBER)}))\. ?(?=#?\d)"
    rf"|\b((?i:{_one_of(BEFORE_ROMAN)}))\. ?(?=[IVXLC]{{2,}}(?![\w'])|[IVX](?=[.,;:)]|\Z))"
)
_MONTH = re.compile(
    rf"\b({_one_of(MONTHS)})(?:\.|(?= \d{{1,2}}\b(?!:)))(?!\w)"
    rf"|(?<=\d )({_one_of(MONTHS)})(?![\w.])"
)
_DATE_BEHIND = re.compile(r",? ?\d")
_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?(?: of)? \Z")
_DATE_OR_HOUR_BEHIND = re.compile(
    rf",? (?:\d|{'|'.join(MONTH_NAMES)}|[ap]\.m|morning|night|evening|afternoon)"
)
_DAYS = re.compile(rf"\b({_one_of(DAYS)})\.?[-–]({_one_of(DAYS)})\b\.?")
_DAY = re.compile(rf"\b({_one_of(DAYS)})\.(?!\w)")
_LATIN = re.compile(rf"(?<![\w.])({_one_of(LATIN)})\.(?!\w)", re.IGNORECASE)
_ALWAYS = re.compile(rf"(?<![\w.])({_one_of(ALWAYS)})(?![\w'])")
_ET_AL = re.compile(r"\bet al\.")
_INCHES = re.compile(r"(?<=\d )in\.(?= [a-z(]|,)")
_DOTTED = re.compile(
    r"(?<![\w.'])((?:[^\W\d_]{1,2}\.){1,7}[^\W\d_]{1,2})\.?(?!\w)"
    r"|(?<![\w.'])((?:[A-Z]\. ){1,7}[A-Z])\.(?!\w)"
)
_LETTER = re.compile(r"(?<![\w.'-])([A-Z])\.(?=[\"”')]*(?: |\Z))")
_DOTTED_WORD = re.compile(r"(?:[A-Z]\.)+[A-Z]\Z|(?:[a-z]\.)+[a-z]\Z")
_NAME = re.compile(r"[A-Z][\w']+")
_ARTICLES = frozenset(("a", "an", "the", "this", "that"))


def without_abbreviations(text: str) -> str:
    """`text` with its abbreviations as words, and full stops only where a sentence ends."""
    if not _WORTH_A_LOOK.search(text):
        return text
    text = _BEFORE_NUMBER.sub(_before_number, text)
    text = _LATIN.sub(lambda found: LATIN[found[1].lower()] + _stop(found), text)
    text = _ALWAYS.sub(lambda found: ALWAYS[found[1]], text)
    text = _ET_AL.sub(lambda found: "and others" + _stop(found), text)
    text = _MONTH.sub(_month, text)
    text = _DAYS.sub(lambda found: f"{DAYS[found[1]]} to {DAYS[found[2]]}", text)
    text = _DAY.sub(_day, text)
    text = _ROAD.sub(_road, text)
    text = _MONSIEUR.sub("Monsieur ", text)
    text = _TITLE.sub(_title, text)
    text = _AFTER_NAME.sub(_after_name, text)
    text = _INCHES.sub("inches", text)
    text = _DOTTED.sub(_dotted, text)
    return _LETTER.sub(_letter, text)


def ends_sentence(text: str, after: int) -> bool:
    """Whether the full stop before `after` also ends its sentence."""
    end = _END.match(text, after)
    if end is None:
        return False
    following = text[end.end() :]
    if not following:
        return True
    opener = re.match(r"[\"“'(—]*([\w']+)", following)
    return opener is not None and opener[1][0].isupper() and _opens(opener[1])


def _opens(word: str) -> bool:
    return word.lower() in ENGLISH.openers


def _stop(found: re.Match[str]) -> str:
    return "." if ends_sentence(found.string, found.end()) else ""


def _before(found: re.Match[str]) -> str:
    word = _WORD_BEFORE.search(found.string[: found.start()])
    return word[1] if word else ""


def _after(found: re.Match[str]) -> str:
    word = _WORD_AFTER.match(found.string, found.end())
    return word[1] if word else ""


def _is_name(word: str) -> bool:
    return word[:1].isupper() and not _opens(word)


def _before_number(found: re.Match[str]) -> str:
    short = found[1] or found[2]
    rest = found.string[found.end() :]
    if short.lower() in BEFORE_YEAR and not re.match(r"\d{3,4}\b", rest):
        return found[0]
    if len(short) == 1 and short.isupper():
        return found[0]  # An initial.
    written = BEFORE_NUMBER.get(short.capitalize()) or BEFORE_NUMBER[short.lower()]
    return (written.capitalize() if short[0].isupper() else written.lower()) + " "


def _month(found: re.Match[str]) -> str:
    short = found[1] or found[2]
    name = MONTHS[short]
    if found[2] or _DATE_BEHIND.match(found.string, found.end()):
        return name
    if _DAY_BEFORE.search(found.string[: found.start()]):
        return name + _stop(found)
    led = short not in ALSO_NAMES or _before(found).lower() in BEFORE_MONTH
    if found[0].endswith(".") and (led or _goes_on(found)):
        return name + _stop(found)
    return found[0]


def _day(found: re.Match[str]) -> str:
    dated = _DATE_OR_HOUR_BEHIND.match(found.string, found.end())
    led = found[1] not in ALSO_NAMES or _before(found).lower() in BEFORE_DAY
    if dated or led or _goes_on(found):
        return DAYS[found[1]] + _stop(found)
    return found[0]


def _goes_on(found: re.Match[str]) -> bool:
    """Whether the sentence does, so that the full stop is not its end: "Fri., Sat. and"."""
    rest = found.string[found.end() :]
    if _before(found).lower() in _ARTICLES:
        return False
    return re.match(r"[,;:]| [a-z]", rest) is not None


def _road(found: re.Match[str]) -> str:
    """A street is behind its name, a saint and a doctor before theirs."""
    short = found[1] or found[2]
    before = found.string[: found.start()]
    word = _before(found)
    if short == "Dr" and not _PLACE_WORD.search(before):
        return found[0]
    named = _is_name(word) or word[:1].isdigit()
    if not named or word in TITLES or word in TITLES.values():
        return found[0]
    if not before.endswith(f"{word} ") and word not in AFTER_NAME:
        return found[0]
    unsure = short in TITLES or not found[1]
    if unsure and _is_name(_after(found)) and not re.search(r"\d \w+ \Z", before):
        return found[0]
    return ROADS[short] + (_stop(found) if found[1] else "")


def _title(found: re.Match[str]) -> str:
    short, stop = _SHOUTED.get(found[1], found[1]), found[2]
    shouted = short != found[1]
    if shouted and not (stop and _after(found)[:1].isupper()):
        return found[0]
    after = _after(found)
    named = (
        _is_name(after)
        or (after[:1].isupper() and after.lower() in ENGLISH.also_names)
        or (after[:1].isupper() and len(after) == 1)
    )
    if named and (stop or short in SURE_TITLES or short in PLACES):
        if short in ("Sr", "Br", "Fr", "Pt") and _is_name(_before(found)):
            return found[0]
        return TITLES[short]
    if short in SURE_TITLES and stop:
        return TITLES[short] + _stop(found)
    return found[0]


def _after_name(found: re.Match[str]) -> str:
    word = _before(found)
    if not (word[:1].isupper() or word in ("&", "and")):
        return found[0]
    return AFTER_NAME[found[1]] + _stop(found)


def _dotted(found: re.Match[str]) -> str:
    """`U. S. A.` and `p.m.` as one word that the voice spells, `U.S.A`."""
    letters = (found[1] or found[2]).replace(" ", "")
    if letters.upper() == "O.K":
        return "OK" + (_stop(found) if found[0].endswith(".") else "")
    if letters in DEGREES:
        letters = ".".join(letters.replace(".", "").upper())
    if not _DOTTED_WORD.match(letters):
        return found[0]
    return letters + (" ." if found[0].endswith(".") and _stop(found) else "")


def _letter(found: re.Match[str]) -> str:
    """An initial without its full stop; one that ends a sentence apart from it.

    The voice would not hear the full stop if it did not stand apart.
    """
    letter = found[1]
    following = found.string[found.end() :].lstrip("\"”') ")
    if following[:1].islower():
        return letter
    if not _is_initial(letter, _before(found), following):
        return f"{letter} ."
    return "A." if letter == "A" else letter  # This one could be an article.


def _is_initial(letter: str, before: str, following: str) -> bool:
    """Whether it begins a name, unlike in "So do I. He left" and "plan B. Nobody knew"."""
    name = _NAME.match(following)
    if name is None or _opens(name[0]) or name[0] in TITLES.values():
        return False
    if before in _ARTICLES or before.lower() in NUMBERED | LETTERED:
        return False
    return letter != "I" or before.istitle()
