"""The spoken form of a scene: its sentences in order, each with its audio or as a hole."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.audio.pcm import SAMPLE_RATE
from narration.errors import NotFound
from narration.store.columns import stored_prose, told_moment
from narration.store.database import Database
from narration.store.narrations import current_of, narration_of, note_use
from narration.store.recordings import (
    NewRecording,
    forget_recording,
    keep_recording,
    stored_words,
    words_of,
)
from narration.store.scenes import of_user
from narration.store.tables import (
    narrations,
    recording_words,
    recordings,
    scenes,
    sentences,
)
from narration.story import Narration, Sentence, SentenceAudio, Word

__all__ = [
    "KeptSentence",
    "Piece",
    "SentenceRecording",
    "Sentences",
    "SpokenScene",
    "keep_sentence",
    "samples_ms",
]

_RECORDED = """
    SELECT text, spoken, start, "end", paragraph_end, skipped, rest_samples,
        narrations.used_at, audio, words
    FROM sentences
    JOIN narrations ON narrations.id = narration_id
    LEFT JOIN recordings ON recordings.id = sentences.recording_id
    LEFT JOIN recording_words ON recording_words.recording_id = recordings.id
    WHERE narration_id = ? AND number = ?
"""
# Whole audio stays, and of a sentence that broke off the longest part.
_KEEP_SENTENCE = """
    INSERT INTO sentences (
        narration_id, number, text, spoken, start, "end", paragraph_end,
        samples, skipped, recording_id, rest_samples, stand_in
    )
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (narration_id, number) DO UPDATE SET
        text = excluded.text, spoken = excluded.spoken,
        start = excluded.start, "end" = excluded."end",
        paragraph_end = excluded.paragraph_end, samples = excluded.samples,
        skipped = excluded.skipped, recording_id = excluded.recording_id,
        rest_samples = excluded.rest_samples, stand_in = excluded.stand_in
    WHERE sentences.skipped IS NOT NULL
    AND (excluded.skipped IS NULL OR excluded.samples >= sentences.samples)
"""


class SentenceRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence's audio as a file, without the pause of `rest_samples` that follows.

    `recording_id` tells it from any other audio, for ever.
    """

    recording_id: int
    audio: bytes
    rest_samples: int


class KeptSentence(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence as it was kept: its audio, a file, and words, the pause of `rest_samples`
    that follows, and why it is a hole (`skipped`), if it is.
    """

    sentence: Sentence
    audio: bytes | None
    words: tuple[Word, ...]
    rest_samples: int
    skipped: str | None


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence as a part of a longer file: `samples` of a recording, then a pause.

    A hole has `skipped` (the reason); without any audio it has no recording either.
    `stand_in` is the service that spoke it, if that was not the narration's.
    """

    number: int
    text: str
    start: int
    end: int
    samples: int
    rest_samples: int
    skipped: str | None
    recording_id: int | None
    stand_in: str | None


class SpokenScene(msgspec.Struct, frozen=True, kw_only=True):
    """A scene's audio, all that there is of it so far, in order."""

    narration: Narration
    pieces: list[Piece]


_PIECE = tuple(sentences.c[name] for name in Piece.__struct_fields__)


class Sentences:
    """The part of the store that keeps what was spoken.

    The methods without a `user_id` are for the session that narrates the scene.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_sentence(
        self,
        narration_id: int,
        sentence: Sentence,
        recording: NewRecording | None,
        *,
        rest_samples: int = 0,
        skipped: str | None = None,
        stand_in: str | None = None,
    ) -> asyncio.Future[None]:
        """Keep a sentence's audio, and if that is not all of it why (`skipped`).

        Whole audio that is there already stays, and of audio that broke off the longest.

        Args:
            narration_id: the narration that it belongs to.
            sentence: the sentence.
            recording: its audio; a hole may have none.
            rest_samples: how long the pause is that follows it.
            skipped: why there is no audio, or no more of it.
            stand_in: the service that spoke it, if that is not the narration's.

        Raises:
            NotFound: the narration is gone.
        """
        return self._database.commit(
            lambda connection: keep_sentence(
                connection,
                narration_id,
                sentence,
                recording,
                rest_samples=rest_samples,
                skipped=skipped,
                stand_in=stand_in,
            )
        )

    async def recorded(self, narration_id: int, number: int) -> KeptSentence | None:
        """A sentence as it was kept; None if it was not."""
        row = await self._database.look_up(
            lambda connection: connection.execute(_RECORDED, (narration_id, number)).fetchone()
        )
        if row is None:
            return None
        text, spoken, start, end, paragraph_end, skipped, rest_samples, *others = row
        used_at, audio, words = others
        note_use(self._database, narration_id, told_moment(used_at))
        return KeptSentence(
            sentence=Sentence(number, text, spoken, start, end, bool(paragraph_end)),
            audio=audio,
            words=stored_words(words),
            rest_samples=rest_samples,
            skipped=skipped,
        )

    async def sentences(self, user_id: int, scene_id: int) -> list[SentenceAudio]:
        """The scene as it was last narrated, sentence by sentence; empty if it was not.

        Raises:
            NotFound: the scene is not there for this user.
        """
        async with self._database.reading() as connection:
            current, _ = await _current(connection, user_id, scene_id)
            pieces = await _pieces(connection, current)
            words = await _words(connection, current)
        spoken: list[SentenceAudio] = []
        before = 0
        for piece in pieces:
            length = piece.samples + piece.rest_samples
            spoken.append(
                SentenceAudio(
                    number=piece.number,
                    text=piece.text,
                    start=piece.start,
                    end=piece.end,
                    start_ms=samples_ms(before),
                    duration_ms=samples_ms(length),
                    rest_ms=samples_ms(piece.rest_samples),
                    skipped=piece.skipped,
                    stand_in=piece.stand_in,
                    words=words.get(piece.number, ()),
                )
            )
            before += length
        return spoken

    async def pieces(self, user_id: int, scene_id: int) -> SpokenScene | None:
        """The scene as it was last narrated, to make a file of it; None if it was not.

        To look is no use of it: whoever makes the file says so (`touch`).

        Raises:
            NotFound: the scene is not there for this user.
        """
        async with self._database.reading() as connection:
            current, _ = await _current(connection, user_id, scene_id)
            query = select(narrations).where(narrations.c.id == current)
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            pieces = await _pieces(connection, current)
        return SpokenScene(narration=narration_of(row), pieces=pieces)

    async def sentence_recording(
        self, user_id: int, scene_id: int, number: int
    ) -> SentenceRecording:
        """One sentence's audio, from the narration that `sentences` lists.

        Raises:
            NotFound: the scene is not there for this user, or has no such audio.
        """
        query = (
            select(recordings.c.id, sentences.c.rest_samples, recordings.c.audio)
            .join(sentences, sentences.c.recording_id == recordings.c.id)
            .where(sentences.c.number == number)
        )
        async with self._database.reading() as connection:
            current, used_at = await _current(connection, user_id, scene_id)
            one = query.where(sentences.c.narration_id == current)
            row = (await connection.execute(one)).one_or_none()
        if row is None or current is None:
            raise NotFound("there is no audio of this sentence")
        note_use(self._database, current, used_at)
        return SentenceRecording(
            recording_id=row.id, audio=row.audio, rest_samples=row.rest_samples
        )


def keep_sentence(
    connection: sqlite3.Connection,
    narration_id: int,
    sentence: Sentence,
    recording: NewRecording | None,
    *,
    rest_samples: int,
    skipped: str | None,
    stand_in: str | None,
) -> None:
    """See `Sentences.save_sentence`."""
    kept, is_new = None, False
    if recording is not None:
        kept, is_new = keep_recording(connection, recording)
    row = (
        narration_id,
        sentence.number,
        stored_prose(sentence.text),
        stored_prose(sentence.spoken),
        sentence.start,
        sentence.end,
        sentence.paragraph_end,
        0 if recording is None else recording.samples,
        None if skipped is None else stored_prose(skipped),
        kept,
        rest_samples,
        None if stand_in is None else stored_prose(stand_in),
    )
    saved = connection.execute(_KEEP_SENTENCE, row).rowcount
    if kept is not None and is_new and not saved:
        forget_recording(connection, kept)


async def _current(
    connection: AsyncConnection, user_id: int, scene_id: int
) -> tuple[int | None, datetime | None]:
    """The scene's audio as it is now, and when it was used last."""
    query = (
        select(narrations.c.id, narrations.c.used_at)
        .select_from(scenes)
        .outerjoin(narrations, narrations.c.id == current_of(scenes.c.id))
        .where(scenes.c.id == scene_id, of_user(user_id))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("there is no such scene")
    return row.id, row.used_at


async def _pieces(connection: AsyncConnection, narration_id: int | None) -> list[Piece]:
    query = (
        select(*_PIECE)
        .where(sentences.c.narration_id == narration_id)
        .order_by(sentences.c.number)
    )
    return [Piece(**row) for row in (await connection.execute(query)).mappings()]


async def _words(
    connection: AsyncConnection, narration_id: int | None
) -> dict[int, tuple[Word, ...]]:
    query = (
        select(sentences.c.number, recording_words.c.words)
        .join(recording_words, recording_words.c.recording_id == sentences.c.recording_id)
        .where(sentences.c.narration_id == narration_id)
    )
    rows = (await connection.execute(query)).all()
    return {number: words_of(words) for number, words in rows}


def samples_ms(samples: int) -> float:
    """How long so many samples last."""
    return samples * 1_000 / SAMPLE_RATE
