"""Makes one character of the many that are read alike: apostrophes, dashes, odd letters."""

from __future__ import annotations

import re
import unicodedata

from narration.speech.embedded.english.lexicon import Lexicon
from narration.speech.embedded.english.words import ELISIONS, LOOKALIKES, PLAIN

__all__ = ["with_marks_apart", "with_plain_characters"]

_PLAIN_ASCII = re.compile(r"[A-Za-z0-9 ,.;:!?\"'-]*\Z")
_PLAIN = str.maketrans(PLAIN)
_LOOKALIKES = str.maketrans(LOOKALIKES)
# Those whose compatibility form would be another thing: 5½ is not 51/2, nor is 10² 102.
_KEPT = frozenset("№½¼¾⅓⅔⅛⅜⅝⅞²³…™®©°ªº")
_APOSTROPHES = "´`′ʼʹʻˈ＇’‘‛"
# Between letters, at the end of a word, or before one that is known to have lost its start.
_APOSTROPHE = re.compile(
    rf"(?<=[^\W\d_])[{_APOSTROPHES}](?=[^\W\d_])|(?<=[sn])[{_APOSTROPHES}](?![^\W_])"
    rf"|(?<![^\W_])[{_APOSTROPHES}](?=\d0s\b|\d\d\b|(?i:{'|'.join(ELISIONS)})\b)"
)
_ELIDED = re.compile(
    rf"(?<![\w'])'(?=(?i:{'|'.join(ELISIONS - {'em', 'im', 'cause', 'bout'})})\b)"
)
_BETWEEN_HYPHENS = re.compile(r"-'?n'?-", re.IGNORECASE)
_BACKTICKS = re.compile(r"[`´]{1,2}")
_LONG_DASH = re.compile(
    r"(?<=\s)[-–](?=\s)|[-—]{2,}|(?<=[^\W\d_])–(?=[^\W\d_])|(?<=[^\W\d_])-(?=\s|[\"”]|'?(?:\s|\Z))"
)
_MIXED = re.compile(r"[^\W\d_]+")
_DASH = re.compile(r"\s*—[\s—]*")
# An apostrophe is between letters; a word that is marked has its own.
_QUOTATION = re.compile(r"(\[[^\]]*\]\([^)]*\))|(?<!\w)'|'(?!\w)")
_PARENTHESIS = re.compile(r"(?<!\])\((?!/)|(?<!/)\)")
_MARK = re.compile(r"[.,;:!?…](?=[\s.,;:!?…)—]|\Z)")
_MANY_MARKS = re.compile(r"([!?])[!?]+")
_ELLIPSIS = re.compile(r"\.{2,}|…\.*")
_ELLIPSIS_IN_WORDS = re.compile(r"(?<=\w)…+(?=\w)")
_READABLE = frozenset("ªµºßæðøþœıł")


def with_plain_characters(text: str, lexicon: Lexicon) -> str:
    """One apostrophe, one dash, plain letters, and a pause for words in another script."""
    if not _PLAIN_ASCII.match(text):
        text = "".join(map(_compatible, unicodedata.normalize("NFC", text)))
        text = "".join(
            char for char in text if unicodedata.category(char) not in ("Mn", "Me", "Cf")
        )
        text = _APOSTROPHE.sub("'", text).translate(_PLAIN)
        text = _BACKTICKS.sub(" ", text)
        text = _MIXED.sub(lambda found: _readable(found.group(), lexicon), text)
        text = text.replace("[", " ").replace("]", " ")
    text = _BETWEEN_HYPHENS.sub(" 'n' ", _ELIDED.sub("", text))
    text = _ELLIPSIS_IN_WORDS.sub("… ", _ELLIPSIS.sub("…", text))
    text = _MANY_MARKS.sub(lambda found: _one_mark(found.group()), text)
    return " ".join(_LONG_DASH.sub("—", text).split())


def with_marks_apart(text: str) -> str:
    """No quotation marks, and a space before every other mark that ends a word.

    The voice takes a word with a mark for another word, which is in no dictionary, wherever
    it does not recognise the mark: at the start of a line, "The is said like "th".
    """
    text = _QUOTATION.sub(
        lambda found: found[1] or " ",
        text.replace('"', " ").replace("“", " ").replace("”", " "),
    )
    text = _PARENTHESIS.sub(r" \g<0> ", _DASH.sub(" — ", text))
    return " ".join(_MARK.sub(r" \g<0>", text).split())


def _compatible(char: str) -> str:
    if char in _KEPT or char in _APOSTROPHES or ord(char) < 0x80:
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return unicodedata.normalize("NFKC", char)


def _one_mark(marks: str) -> str:
    """The voice has one tone for each of them: a question stays a question."""
    return "?" if "?" in marks else "!"


def _readable(word: str, lexicon: Lexicon) -> str:
    """`word` in letters that the voice can read, or a pause in its place."""
    if word.isascii() or not word.isalpha():
        return word
    if any(char.isascii() for char in word):
        word = word.translate(_LOOKALIKES)
    if len(word) == 1 and (name := unicodedata.name(word)).startswith("GREEK"):
        return name.split()[3].lower() if "LETTER" in name else word
    bare = "".join(map(_bare, word))
    if not any(char.isascii() or char in _READABLE for char in bare):
        return ", "
    known_with_marks = lexicon.has(word.lower()) and word.lower() != bare.lower()
    if known_with_marks or not bare.isascii():
        return word
    return bare if lexicon.has(bare.lower()) or not _is_latin_1(word) else word


def _is_latin_1(word: str) -> bool:
    return all(ord(char) < 0x100 for char in word)


def _bare(char: str) -> str:
    if char.isascii():
        return char
    base = unicodedata.normalize("NFD", char)[0]
    return PLAIN.get(base, base)
