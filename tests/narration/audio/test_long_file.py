"""A long file's chapters, as many as there may be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from narration.audio.long_file import Chapter, LongFile, LongFormat, Tags
from tests.narration.audio.chapter_readers import (
    mp3_starts_ms,
    mp4_chapters,
    mp4_has_short_table,
)

TAGS = Tags(title="T", album="A", artist="B", genre="C")
COUNTS = [1, 2, 255, 256, 260, 511, 700]


def book(path: Path, format: LongFormat, count: int) -> bytes:
    chapters = [Chapter(f"Scene {i} – é", 40 * i, 40 * i + 40) for i in range(count)]
    file = LongFile(path, format, TAGS, chapters)
    file.feed(bytes(48 * 40 * count))
    file.finish()
    return path.read_bytes()


def as_players_have_it(path: Path, count: int) -> None:
    with av.open(str(path)) as file:
        found = [(one["start"], one["metadata"]["title"]) for one in file.chapters()]
        assert {one["time_base"] for one in file.chapters()} == {Fraction(1, 1_000)}
        assert found == [(40 * i, f"Scene {i} – é") for i in range(count)]
        samples = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    assert samples == pytest.approx(0.04 * count, abs=0.05)


@pytest.mark.parametrize("count", COUNTS)
def test_an_mp3_lists_every_chapter_in_its_table_of_contents(
    tmp_path: Path, count: int
) -> None:
    path = tmp_path / "book.mp3"
    assert mp3_starts_ms(book(path, "mp3", count)) == [40 * i for i in range(count)]
    as_players_have_it(path, count)


@pytest.mark.parametrize("count", COUNTS)
def test_an_m4b_has_every_chapter_and_no_table_that_ends_before(
    tmp_path: Path, count: int
) -> None:
    path = tmp_path / "book.m4b"
    data = book(path, "m4b", count)
    assert mp4_chapters(data) == count
    assert mp4_has_short_table(data) == (count <= 255)
    assert data.index(b"moov") < data.index(b"mdat"), "a player would have to fetch all of it"
    as_players_have_it(path, count)
