"""The word lists fit the rules that read them."""

from __future__ import annotations

import pytest

from narration.text.languages import LANGUAGES, Language, language_for

EVERY = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES.keys())


def lists(language: Language) -> dict[str, frozenset[str]]:
    fields = {name: getattr(language, name) for name in language.__struct_fields__}
    return {name: value for name, value in fields.items() if isinstance(value, frozenset)}


@EVERY
def test_words_are_listed_as_they_are_looked_up(language: Language) -> None:
    for name, words in lists(language).items():
        for word in words:
            assert word == word.lower(), name
            assert word.strip(".").strip() == word, name


@EVERY
def test_exceptions_are_from_the_lists_they_are_exceptions_to(language: Language) -> None:
    abbreviations = language.abbreviations | language.before_number | language.dates
    assert language.also_words <= abbreviations
    assert language.also_names <= language.openers
    assert language.pronouns <= language.lower_openers


def test_a_code_is_found_with_its_region_and_in_any_case() -> None:
    assert language_for("en-GB") is language_for("EN_us") is LANGUAGES["en"]


def test_an_unknown_language_has_no_english_in_it() -> None:
    unknown = language_for("tlh")
    assert "mr" not in unknown.abbreviations
    assert not unknown.openers
    assert not unknown.says
