"""The spoken form of a scene: its sentences in order, each with its audio or as a hole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.audio.pcm import SAMPLE_RATE
from narration.errors import NotFound
from narration.store.columns import now
from narration.store.database import Database
from narration.store.scenes import of_user
from narration.store.tables import narrations, scenes, sentence_audio, sentences
from narration.story import NarrationState, Sentence, SentenceAudio

__all__ = ["Narrations"]

_SENTENCE = tuple(sentences.c[name] for name in Sentence.__struct_fields__)
_NEW = upsert(sentences).values(
    {column.name: bindparam(column.name) for column in sentences.c}
)
# Whole audio stays, and of a sentence that broke off the longest part.
_KEEP_SENTENCE = _NEW.on_conflict_do_update(
    index_elements=["narration_id", "number"],
    set_=dict(_NEW.excluded),
    where=sentences.c.skipped.is_not(None)
    & (_NEW.excluded.skipped.is_(None) | (_NEW.excluded.samples >= sentences.c.samples)),
)
_NEW_AUDIO = upsert(sentence_audio).values(
    {column.name: bindparam(column.name) for column in sentence_audio.c}
)
_KEEP_AUDIO = _NEW_AUDIO.on_conflict_do_update(
    index_elements=["narration_id", "number"], set_={"flac": _NEW_AUDIO.excluded.flac}
)


def _row(narration_id: int, sentence: Sentence) -> dict[str, Any]:
    return {
        "narration_id": narration_id,
        "number": sentence.number,
        "text": sentence.text,
        "spoken": sentence.spoken,
        "start": sentence.start,
        "end": sentence.end,
        "paragraph_end": sentence.paragraph_end,
        "samples": 0,
        "skipped": None,
    }


class Narrations:
    """The part of the store that keeps what was spoken.

    The methods without a `user_id` are for the session that narrates the scene.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start_narration(
        self, scene_id: int, provider: str, voice: str, speed: float
    ) -> int:
        """The id of a new narration of the scene, which takes the place of any earlier one.

        Raises:
            NotFound: the scene is gone.
        """
        row = insert(narrations).values(
            scene_id=scene_id,
            provider=provider,
            voice=voice,
            speed=speed,
            state=NarrationState.SPEAKING,
            created_at=now(),
        )

        async def start(connection: AsyncConnection) -> int:
            result = await connection.execute(row.returning(narrations.c.id))
            started: int = result.scalar_one()
            return started

        return await self._database.write(start)

    async def resume_narration(
        self, narration_id: int, provider: str, voice: str, speed: float, *, first: int
    ) -> None:
        """Let sentences be added again, from number `first` on; what there is of those goes.

        Raises:
            NotFound: the narration is gone.
        """

        async def resume(connection: AsyncConnection) -> None:
            resumed = await connection.execute(
                update(narrations)
                .where(narrations.c.id == narration_id)
                .values(
                    state=NarrationState.SPEAKING, provider=provider, voice=voice, speed=speed
                )
            )
            if not resumed.rowcount:
                raise NotFound("there is no such narration")
            await connection.execute(
                delete(sentences).where(
                    sentences.c.narration_id == narration_id, sentences.c.number >= first
                )
            )

        await self._database.write(resume)

    async def save_sentence(
        self, narration_id: int, sentence: Sentence, flac: bytes, samples: int
    ) -> None:
        """Keep a sentence's whole audio: `samples` of PCM, as FLAC.

        It takes the place of a hole.  Whole audio that is there already stays.

        Raises:
            NotFound: the narration is gone.
        """
        await self._keep(_row(narration_id, sentence) | {"samples": samples}, flac)

    async def skip_sentence(
        self,
        narration_id: int,
        sentence: Sentence,
        reason: str,
        flac: bytes | None = None,
        samples: int = 0,
    ) -> None:
        """Keep that a sentence has no audio, or no more than this, and why.

        More of its audio that is there already stays, and whole audio all the more.

        Raises:
            NotFound: the narration is gone.
        """
        row = _row(narration_id, sentence) | {"samples": samples, "skipped": reason}
        await self._keep(row, flac)

    async def _keep(self, row: dict[str, Any], flac: bytes | None) -> None:
        audio = {name: row[name] for name in ("narration_id", "number")} | {"flac": flac}

        async def keep(connection: AsyncConnection) -> None:
            kept = await connection.execute(_KEEP_SENTENCE, row)
            if kept.rowcount and flac is not None:
                await connection.execute(_KEEP_AUDIO, audio)

        await self._database.write(keep)

    async def finish_narration(self, narration_id: int, state: NarrationState) -> None:
        """Keep how the narration ended.  One whose text was changed meanwhile stays outdated.

        Raises:
            NotFound: the narration is gone.
        """

        async def finish(connection: AsyncConnection) -> None:
            one = narrations.c.id == narration_id
            found = await connection.scalar(select(narrations.c.state).where(one))
            if found is None:
                raise NotFound("there is no such narration")
            if found is not NarrationState.OUTDATED:
                await connection.execute(update(narrations).where(one).values(state=state))

        await self._database.write(finish)

    async def sentences(self, user_id: int, scene_id: int) -> list[SentenceAudio]:
        """The scene as it was last narrated, sentence by sentence; empty if it was not.

        Raises:
            NotFound: the scene is not there for this user.
        """
        async with self._database.reading() as connection:
            current = await _current(connection, user_id, scene_id)
            query = (
                select(sentences)
                .where(sentences.c.narration_id == current)
                .order_by(sentences.c.number)
            )
            rows = (await connection.execute(query)).all()
        spoken: list[SentenceAudio] = []
        before = 0
        for row in rows:
            spoken.append(
                SentenceAudio(
                    number=row.number,
                    text=row.text,
                    start=row.start,
                    end=row.end,
                    start_ms=_ms(before),
                    duration_ms=_ms(row.samples),
                    skipped=row.skipped,
                )
            )
            before += row.samples
        return spoken

    async def recorded(
        self, narration_id: int, number: int
    ) -> tuple[Sentence, bytes | None, str | None] | None:
        """A sentence as it was kept, its FLAC, and why it is a hole; None if it was not."""
        query = (
            select(*_SENTENCE, sentences.c.skipped, sentence_audio.c.flac)
            .outerjoin_from(sentences, sentence_audio)
            .where(sentences.c.narration_id == narration_id, sentences.c.number == number)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        *fields, skipped, flac = row
        return Sentence(*fields), flac, skipped

    async def sentence_flac(self, user_id: int, scene_id: int, number: int) -> bytes:
        """One sentence's audio, from the narration that `sentences` lists.

        Raises:
            NotFound: the scene is not there for this user, or has no such audio.
        """
        async with self._database.reading() as connection:
            current = await _current(connection, user_id, scene_id)
            flac: bytes | None = await connection.scalar(
                select(sentence_audio.c.flac).where(
                    sentence_audio.c.narration_id == current,
                    sentence_audio.c.number == number,
                )
            )
        if flac is None:
            raise NotFound("there is no audio of this sentence")
        return flac


async def _current(connection: AsyncConnection, user_id: int, scene_id: int) -> int | None:
    """The id of the newest narration of the scene as it is now."""
    newest = (
        select(func.max(narrations.c.id))
        .where(
            narrations.c.scene_id == scenes.c.id,
            narrations.c.state != NarrationState.OUTDATED,
        )
        .scalar_subquery()
    )
    scene = select(newest).where(scenes.c.id == scene_id, of_user(user_id))
    row = (await connection.execute(scene)).one_or_none()
    if row is None:
        raise NotFound("there is no such scene")
    current: int | None = row[0]
    return current


def _ms(samples: int) -> float:
    return samples * 1_000 / SAMPLE_RATE
