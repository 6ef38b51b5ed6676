"""Who speaks: whether the words behind a quotation say so, and belong to it."""

from __future__ import annotations

from narration.text.languages import Language
from narration.text.marks import Mark
from narration.text.view import View

__all__ = ["caseless_tag_follows", "drops_a_letter", "lower_case_starts", "tag_follows"]

_MOST_NAME_WORDS = 6
_SHORTEST_SENTENCE = 3
_LONGEST_PHRASE = 24
_LONGEST_UNSPACED_PHRASE = 12
_PHRASE_ENDS = frozenset('。！？，、；：….!?,;:।؟،\n"“”「」«»') | {""}


def tag_follows(view: View, index: int, language: Language) -> bool:
    """Whether a name and a verb of saying begin at `index`: `Old Benna demanded`."""
    if not language.says:
        return False
    if not (view.at(index).isupper() or view.at(index).islower()):
        return caseless_tag_follows(view, index, language)
    for position in range(_MOST_NAME_WORDS):
        word = view.word(index)
        if not word:
            return False
        lower = word.lower().replace("’", "'")
        stop = index + len(word)
        shouted = word.isupper() and len(word) > 1
        if position and (word[0].islower() or shouted):
            if lower in language.says:
                return not _says_nothing(view, stop)
            in_name = lower in language.name_links
            adverb = lower.endswith("ly") and len(lower) > 4  # Mara quietly said.
            if not (in_name or adverb):
                return False
        elif position == 0:
            if word[0].islower():
                return True
            if lower in language.openers and lower not in language.also_names:
                # "Stop!" I shouted.  "STOP!" SHE CRIED.
                speaker = (
                    lower in language.pronouns if shouted else lower in language.lone_words
                )
                return speaker and _says(view, stop, language)
        if "'" in lower:
            return False
        if view.at(stop) == ".":
            if lower not in language.abbreviations and len(word) > 1:
                return False
            stop += 1
        if view.at(stop) != " ":
            return False
        index = stop + 1
    return False


def _says_nothing(view: View, stop: int) -> bool:
    return all(view.at(stop + place) == char for place, char in enumerate(" nothing"))


def caseless_tag_follows(view: View, index: int, language: Language) -> bool:
    """The same where no capitals mark names: a verb of saying before the phrase ends."""
    stop = index
    while stop - index < _LONGEST_PHRASE and view.at(stop) not in _PHRASE_ENDS:
        stop += 1
    phrase = view.text[index:stop]
    if " " in phrase:
        return not language.says.isdisjoint(phrase.split())
    return any(verb in phrase[:_LONGEST_UNSPACED_PHRASE] for verb in language.says)


def drops_a_letter(view: View, index: int, language: Language) -> bool:
    """Whether the quotation mark at `index` is the apostrophe of a word such as `'em`."""
    return (
        view.at(index) in ("'", "’", "‘") and view.word(index + 1).lower() in language.elisions
    )


def lower_case_starts(view: View, mark: Mark, index: int, language: Language) -> bool:
    """Whether a lower-case word at `index` starts a sentence behind `?` or `!`.

    It goes on in `Alas! the king` and `What if he's right? she wondered.`; it
    starts anew in `what had he done? there was no way back.`
    """
    word = view.word(index).lower()
    if word not in language.lower_openers:
        return False
    if len(view.text[view.begin : mark.start].split(maxsplit=3)) < _SHORTEST_SENTENCE:
        return False
    return word not in language.pronouns or not _says(view, index + len(word), language)


def _says(view: View, stop: int, language: Language) -> bool:
    """Whether a verb of saying follows, perhaps behind an adverb."""
    for _ in range(2):
        if view.at(stop) != " ":
            return False
        word = view.word(stop + 1).lower()
        if word in language.says:
            return True
        if not word.endswith("ly"):
            return False
        stop += 1 + len(word)
    return False
