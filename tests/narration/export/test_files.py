"""A scene, and a story, as one file: what other programs read in it, and hear."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from narration.audio.long_file import LongFile, LongFormat, Tags
from narration.export.captions import captions
from narration.export.maker import FileMaker
from narration.export.recipe import Recipe, Spoken, book_recipe, parts_of, scene_recipe
from narration.store import Store
from narration.story import Scene, Story
from tests.narration.export.cue_readers import read_srt
from tests.narration.export.spoken import Line, heard, onsets_ms, probe, speak

pytestmark = pytest.mark.skipif(
    shutil.which("ffprobe") is None, reason="ffprobe is not installed"
)

LINES: list[Line] = [
    ("The lamp went out at nine.", 1_310, 120),
    ("Nobody in the house said a word about it.", 2_003, 450),
    ("This was never spoken.", None),
    ("Only the rain answered her, softly at first.", 1_717, 120),
]
TAGS = Tags(title="T", album="A", artist="B", genre="C")


async def spoken_scene(store: Store, ann: int, scene: Scene) -> tuple[Spoken, bytes]:
    pcm = await speak(store, ann, scene, LINES)
    found = await store.pieces(ann, scene.id)
    assert found is not None
    return Spoken(scene, found.narration, parts_of(found.pieces)), pcm


def tags_of(shown: object) -> dict[str, str]:
    """Ogg keeps its tags with the stream."""
    assert isinstance(shown, dict)
    found = shown["format"].get("tags") or shown["streams"][0]["tags"]
    return {name.lower(): value for name, value in found.items()}


@pytest.mark.parametrize("format", ["mp3", "opus", "wav"])
async def test_a_scene_is_one_file_as_long_as_its_sentences_with_its_name_in_it(
    format: LongFormat, store: Store, maker: FileMaker, ann: int, story: Story, scene: Scene
) -> None:
    spoken, pcm = await spoken_scene(store, ann, replace(scene, number=3))
    recipe = scene_recipe(story, spoken, format)
    async with maker.file(ann, recipe) as path:
        shown = await asyncio.to_thread(probe, path)
        samples = await asyncio.to_thread(heard, path)
        size = path.stat().st_size
    assert recipe.samples == len(pcm) // 2
    assert abs(float(shown["format"]["duration"]) * 1_000 - len(pcm) / 48) < 50
    assert size <= recipe.most_bytes
    tags = tags_of(shown)
    assert (tags["title"], tags["album"]) == ("Scene 3", "The Lighthouse")
    assert (tags["track"], tags["artist"]) == ("3", "Narration")
    # Not a sample more or less, nothing in between, and in its place.
    meant = np.frombuffer(pcm, "<i2").astype(np.float64)
    assert len(samples) == len(meant)
    error = np.sqrt(np.mean((samples - meant) ** 2) / np.mean(meant**2))
    assert error < (0.15 if format != "wav" else 1e-9)
    srt = read_srt(captions(await store.sentences(ann, scene.id), "srt"))
    starts = [cue.start_ms for cue in srt]
    assert starts == pytest.approx(onsets_ms(samples, 60), abs=50)
    assert len(starts) == 3


@pytest.mark.parametrize("format", ["m4b", "mp3"])
async def test_a_story_is_one_file_with_a_chapter_for_every_scene(
    format: LongFormat, store: Store, maker: FileMaker, ann: int, story: Story, scene: Scene
) -> None:
    second = await store.create_scene(ann, story.id, "Go on.")
    both = [await spoken_scene(store, ann, one) for one in (scene, second)]
    recipe = book_recipe(story, [spoken for spoken, _ in both], format)
    async with maker.file(ann, recipe) as path:
        shown = await asyncio.to_thread(probe, path)
        samples = await asyncio.to_thread(heard, path)
        beginning = path.read_bytes()[:200]
    one_ms = len(both[0][1]) / 48
    whole_ms = 2 * one_ms + 1_000
    assert abs(float(shown["format"]["duration"]) * 1_000 - whole_ms) < 50
    chapters = [
        (one["tags"]["title"], float(one["start_time"]), float(one["end_time"]))
        for one in shown["chapters"]
    ]
    assert [name for name, _, _ in chapters] == ["Scene 1", "Scene 2"]
    seconds = [second for _, *both_ends in chapters for second in both_ends]
    there = [0, one_ms + 1_000, one_ms + 1_000, whole_ms]
    assert [1_000 * it for it in seconds] == pytest.approx(there, abs=2)
    tags = tags_of(shown)
    assert (tags["title"], tags["album"]) == ("The Lighthouse", "The Lighthouse")
    assert tags["genre"] == "Audiobook"
    if format == "m4b":
        assert b"moov" in beginning, "a player would have to fetch all of it before it seeks"
    # The second chapter begins where its first sentence does.
    assert onsets_ms(samples, 900)[1] == pytest.approx(one_ms + 1_000, abs=50)


@pytest.mark.parametrize("format", ["mp3", "opus", "m4b"])
def test_the_length_is_right_wherever_the_last_frame_ends(
    format: LongFormat, tmp_path: Path
) -> None:
    for extra in (0, 150, 300, 450, 575):
        samples = 24_000 + extra
        path = tmp_path / f"{extra}.{format}"
        file = LongFile(path, format, TAGS)
        file.feed(bytes(2 * samples))
        file.finish()
        shown = probe(path)
        assert abs(float(shown["format"]["duration"]) - samples / 24_000) < 0.05, extra


async def test_other_audio_tags_or_kind_make_another_file(
    store: Store, ann: int, story: Story, scene: Scene
) -> None:
    spoken, _ = await spoken_scene(store, ann, scene)
    recipe = scene_recipe(story, spoken, "mp3")
    again = scene_recipe(story, spoken, "mp3")
    assert again.file_name == recipe.file_name

    def changed(**what: object) -> Recipe:
        return replace(recipe, **what)

    others = [
        changed(format="opus"),
        changed(parts=recipe.parts[1:]),
        changed(parts=recipe.parts[::-1]),
        changed(tags=replace(recipe.tags, album="Another title")),
    ]
    names = {recipe.file_name, *(one.file_name for one in others)}
    assert len(names) == 5


def test_a_title_may_have_any_letters_in_it(tmp_path: Path) -> None:
    path = tmp_path / "it.mp3"
    tags = replace(TAGS, title="Der „Türmer“\0 und\ndas Meer 🌊 \ud800")
    file = LongFile(path, "mp3", tags)
    file.feed(bytes(48_000))
    file.finish()
    assert probe(path)["format"]["tags"]["title"] == "Der „Türmer“ und das Meer 🌊"
