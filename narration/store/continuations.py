"""Scenes that broke off, taken up again where their text and their audio end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.audio.pcm import SAMPLE_RATE
from narration.errors import Conflict, NotFound
from narration.store.columns import now
from narration.store.database import Database
from narration.store.scenes import SCENE, of_user
from narration.store.tables import narrations, scenes, sentences
from narration.story import Beginning, NarrationState, Scene, SceneState

__all__ = ["Continuation", "Continuations", "Spoken"]


class Spoken(msgspec.Struct, frozen=True):
    """The narration a scene has, and how it was spoken."""

    id: int
    state: NarrationState
    provider: str
    voice: str
    speed: float


class Continuation(msgspec.Struct, frozen=True):
    """A scene as it was before it is gone on with, and what there is of it."""

    scene: Scene
    beginning: Beginning
    spoken: Spoken | None


_SPOKEN = tuple(narrations.c[name] for name in Spoken.__struct_fields__)


class Continuations:
    """The part of the store that lets a scene go on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def continue_scene(self, user_id: int, scene_id: int) -> Continuation:
        """Let a scene be written again.  Its narration is as it was until more is spoken.

        Of the narration counts what is whole from the start: sentences at its end that
        have no whole audio are to be cut and spoken again.

        Raises:
            NotFound: the scene is not there for this user.
            Conflict: it is being written, or is complete.
        """
        query = select(*SCENE).where(scenes.c.id == scene_id, of_user(user_id))
        newest = (
            select(*_SPOKEN)
            .where(
                narrations.c.scene_id == scene_id,
                narrations.c.state != NarrationState.OUTDATED,
            )
            .order_by(narrations.c.id.desc())
            .limit(1)
        )

        async def go_on(connection: AsyncConnection) -> Continuation:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                raise NotFound("there is no such scene")
            scene = Scene(**row)
            if scene.state is SceneState.WRITING:
                raise Conflict("the scene is being written; stop it first")
            if scene.state is SceneState.COMPLETE:
                raise Conflict("the scene is complete; write the story's next scene instead")
            await connection.execute(
                update(scenes)
                .where(scenes.c.id == scene_id)
                .values(state=SceneState.WRITING, updated_at=now())
            )
            found = (await connection.execute(newest)).mappings().one_or_none()
            if found is None:
                return Continuation(scene, Beginning(text=scene.text), None)
            spoken = Spoken(**found)
            if spoken.state is NarrationState.COMPLETE:
                # Of a scene that will have more text.
                await _set_narration(connection, spoken.id, NarrationState.STOPPED)
            in_order = (
                select(sentences)
                .where(sentences.c.narration_id == spoken.id)
                .order_by(sentences.c.number)
            )
            rows = (await connection.execute(in_order)).all()
            return Continuation(scene, _beginning(scene.text, rows), spoken)

        return await self._database.write(go_on)

    async def give_up(self, continuation: Continuation) -> None:
        """Let the scene be as it was: nobody went on with it."""
        scene, spoken = continuation.scene, continuation.spoken

        async def restore(connection: AsyncConnection) -> None:
            await connection.execute(
                update(scenes)
                .where(scenes.c.id == scene.id)
                .values(state=scene.state, updated_at=scene.updated_at)
            )
            if spoken is not None:
                await _set_narration(connection, spoken.id, spoken.state)

        await self._database.write(restore)


def _beginning(text: str, rows: Iterable[Row[Any]]) -> Beginning:
    """What of `text` was narrated, up to the last sentence that is whole."""
    beginning = Beginning(text=text)
    starts: list[float] = []
    end = samples = 0
    for number, row in enumerate(rows):
        # A server that was killed may have saved a sentence, and not yet its text.
        in_place = row.start >= end and text[row.start : row.end] == row.text
        if row.number != number or not in_place or text[end : row.start].strip():
            break
        starts.append(_ms(samples))
        end, samples = row.end, samples + row.samples
        if row.skipped is None:
            beginning = Beginning(
                text=text,
                spoken_chars=end,
                starts_ms=tuple(starts),
                audio_ms=_ms(samples),
            )
    return beginning


def _ms(samples: int) -> float:
    return samples * 1_000 / SAMPLE_RATE


async def _set_narration(
    connection: AsyncConnection, narration_id: int, state: NarrationState
) -> None:
    await connection.execute(
        update(narrations).where(narrations.c.id == narration_id).values(state=state)
    )
