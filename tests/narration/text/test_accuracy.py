"""How well text is cut: on standard sets, on fiction, in other languages; and how early."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import pytest

from narration.text import Cutter

DATA = Path(__file__).parent / "data"


class Item(NamedTuple):
    """A text and its sentences.  Behind an optional one a cut is neither right nor wrong."""

    id: str
    language: str
    text: str
    sentences: list[str]
    optional: frozenset[int]


class Cuts(NamedTuple):
    """Places between units, counted in characters that are no white space."""

    right: int
    wrong: int
    missed: int


def items(name: str) -> list[Item]:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Item(
            id=item["id"],
            language=item["language"],
            text=item["text"],
            sentences=item["sentences"],
            optional=frozenset(item.get("optional", ())),
        )
        for item in map(json.loads, lines)
    ]


def dense(text: str) -> str:
    return "".join(text.split())


def ends(parts: Iterable[str]) -> list[int]:
    place = 0
    places = []
    for part in parts:
        place += len(dense(part))
        places.append(place)
    return places


def whole_sentences(language: str) -> Cutter:
    """A cutter with all lengths off, so that every sentence is a unit."""
    return Cutter(language, min_sentence_length=0, max_sentence_length=0, first_unit_min=0)


def cut(item: Item, size: int) -> list[str]:
    """The units of its text, fed in tokens of `size` characters."""
    cutter = whole_sentences(item.language)
    units = []
    for start in range(0, len(item.text), size):
        units += cutter.feed(item.text[start : start + size])
    return [unit.text for unit in units + cutter.flush()]


def score(item: Item) -> Cuts:
    cuts = set(ends(cut(item, size=3))[:-1])
    places = ends(item.sentences)[:-1]
    optional = {place for number, place in enumerate(places) if number in item.optional}
    required = set(places) - optional
    return Cuts(len(cuts & required), len(cuts - required - optional), len(required - cuts))


@pytest.mark.parametrize(
    ("name", "least_exact", "least_f1"),
    [
        ("golden_en", 0.97, 0.98),
        ("fiction", 0.99, 0.99),
        ("hard", 0.97, 0.98),
        ("pysbd_multi", 0.94, 0.955),
    ],
)
def test_units_end_where_sentences_do(name: str, least_exact: float, least_f1: float) -> None:
    """F1 is of the places; exact is the share of texts without any mistake."""
    cuts = {item.id: score(item) for item in items(name)}
    mistaken = [id for id, (_, wrong, missed) in cuts.items() if wrong or missed]
    right, wrong, missed = (sum(column) for column in zip(*cuts.values(), strict=True))
    assert 1 - len(mistaken) / len(cuts) >= least_exact, mistaken
    assert 2 * right / (2 * right + wrong + missed) >= least_f1, mistaken


@pytest.mark.parametrize("name", ["golden_en", "fiction", "hard", "pysbd_multi"])
def test_nothing_is_lost_and_tokens_do_not_matter(name: str) -> None:
    for item in items(name):
        units = cut(item, size=1)
        assert dense("".join(units)) == dense(item.text), item.id
        assert units == cut(item, size=4) == cut(item, size=len(item.text) or 1), item.id


def delays(item: Item) -> Iterator[int]:
    """Characters that come behind each sentence before it goes out, one by one."""
    cutter = whole_sentences(item.language)
    required = set(ends(item.sentences)[:-1])
    place = 0
    for fed, char in enumerate(item.text, start=1):
        for unit in cutter.feed(char):
            place += len(dense(unit.text))
            if place in required:
                yield fed - unit.end


@pytest.mark.parametrize(("name", "most"), [("golden_en", 15), ("fiction", 15), ("hard", 15)])
def test_a_sentence_goes_out_as_soon_as_its_end_is_certain(name: str, most: int) -> None:
    found = sorted(delay for item in items(name) for delay in delays(item))
    assert len(found) > 20
    assert max(found) <= most
    if name == "fiction":
        assert mean(found) <= 2.5
        assert found[int(len(found) * 0.95)] <= 6


def boundary_cases() -> Iterator[tuple[str, list[str]]]:
    for line in (DATA / "boundaries.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, _, sentences = line.partition(": ")
            yield language, sentences.split(" | ")


@pytest.mark.parametrize(("language", "sentences"), list(boundary_cases()))
def test_each_of_these_is_cut_exactly(language: str, sentences: list[str]) -> None:
    between = "" if language in ("zh", "ja") else " "
    cutter = whole_sentences(language)
    units = cutter.feed(between.join(sentences)) + cutter.flush()
    assert [unit.text for unit in units] == sentences
