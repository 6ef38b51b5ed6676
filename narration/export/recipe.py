"""What a file is to be made of: recordings and pauses in order, and what players show."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from narration.audio import SAMPLE_RATE
from narration.audio.long_file import Chapter, LongFormat, Tags, bytes_a_second
from narration.store.sentences import Piece, samples_ms
from narration.story import Narration, Scene, Story

__all__ = [
    "BETWEEN_SCENES",
    "Part",
    "Recipe",
    "Spoken",
    "book_recipe",
    "file_prefix",
    "parts_of",
    "scene_recipe",
    "scene_tags",
]

BETWEEN_SCENES = SAMPLE_RATE
"""The pause between two scenes of an audiobook: a second."""

_ARTIST = "Narration"
_HEADER_BYTES = 100_000
# To be raised when the same recipe comes to mean another file.
_VERSION = 2


class Part(msgspec.Struct, frozen=True):
    """A recording, if there is one, and the pause after it."""

    recording_id: int | None
    samples: int
    rest_samples: int

    @property
    def length(self) -> int:
        return self.samples + self.rest_samples


class Spoken(msgspec.Struct, frozen=True):
    """A scene with audio, as a part of a longer file."""

    scene: Scene
    narration: Narration
    parts: tuple[Part, ...]

    @property
    def samples(self) -> int:
        return sum(part.length for part in self.parts)


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """All that a file's content depends on.

    `about` is what it is of (`file_prefix`), and `title` what a reader would call it.
    """

    about: str
    title: str
    format: LongFormat
    tags: Tags
    parts: tuple[Part, ...]
    scenes: tuple[int, ...]
    chapters: tuple[Chapter, ...] = ()

    @property
    def samples(self) -> int:
        return sum(part.length for part in self.parts)

    @property
    def digest(self) -> str:
        """The same for the same content, and another for any other."""
        told = msgspec.json.encode((_VERSION, self))
        return hashlib.sha256(told).hexdigest()[:32]

    @property
    def file_name(self) -> str:
        return f"{self.about}-{self.digest}.{self.format}"

    @property
    def most_bytes(self) -> int:
        """About how large the file becomes at the most."""
        seconds = self.samples / SAMPLE_RATE
        return _HEADER_BYTES + round(seconds * bytes_a_second(self.format))


def file_prefix(kind: Literal["scene", "story"], of: Scene | Story) -> str:
    """What the names of its files begin with.

    In another database, or one that was restored, its number may be that of somebody else's;
    the files of before may still be there, and are not to be given to them.
    """
    return f"{kind}-{of.id}-{of.created_at:%Y%m%dT%H%M%S%f}"


def scene_recipe(story: Story, spoken: Spoken, format: LongFormat) -> Recipe:
    """A whole scene as one file."""
    scene = spoken.scene
    return Recipe(
        about=file_prefix("scene", scene),
        title=f"{story.title} - Scene {scene.number}",
        format=format,
        tags=scene_tags(story, scene),
        parts=spoken.parts,
        scenes=(scene.id,),
    )


def scene_tags(story: Story, scene: Scene) -> Tags:
    return Tags(
        title=f"Scene {scene.number}",
        album=story.title,
        artist=_ARTIST,
        genre="Speech",
        track=scene.number,
    )


def book_recipe(story: Story, spoken: Sequence[Spoken], format: LongFormat) -> Recipe:
    """A story as one file with a chapter for every scene."""
    parts: list[Part] = []
    chapters: list[Chapter] = []
    at = 0
    for one in spoken:
        if parts:
            parts.append(Part(None, 0, BETWEEN_SCENES))
            at += BETWEEN_SCENES
        parts += one.parts
        end = at + one.samples
        chapters.append(
            Chapter(f"Scene {one.scene.number}", round(samples_ms(at)), round(samples_ms(end)))
        )
        at = end
    # A chapter reaches to the next: there is no place between two.
    closed = [
        msgspec.structs.replace(chapter, end_ms=following.start_ms)
        for chapter, following in itertools.pairwise(chapters)
    ]
    return Recipe(
        about=file_prefix("story", story),
        title=story.title,
        format=format,
        tags=Tags(title=story.title, album=story.title, artist=_ARTIST, genre="Audiobook"),
        parts=tuple(parts),
        scenes=tuple(one.scene.id for one in spoken),
        chapters=(*closed, *chapters[-1:]),
    )


def parts_of(pieces: Iterable[Piece]) -> tuple[Part, ...]:
    """Of what was narrated, what takes time; a hole without audio takes none."""
    return tuple(
        Part(piece.recording_id, piece.samples, piece.rest_samples)
        for piece in pieces
        if piece.samples or piece.rest_samples
    )
