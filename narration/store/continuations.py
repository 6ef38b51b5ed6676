"""Scenes that broke off, taken up again where their text and their audio end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from narration.errors import Conflict, NotFound
from narration.store.columns import now
from narration.store.database import Database
from narration.store.narrations import current_of, narration_of
from narration.store.scenes import SCENE, of_user
from narration.store.sentences import samples_ms
from narration.store.tables import narrations, scenes, sentences
from narration.story import Beginning, Narration, NarrationState, Scene, SceneState

__all__ = ["Continuation", "Continuations"]


class Continuation(msgspec.Struct, frozen=True):
    """A scene as it was before it is gone on with, and what there is of it.

    `complete`: those of its narrations that were spoken to the end of the text it had.
    """

    scene: Scene
    beginning: Beginning
    spoken: Narration | None
    complete: tuple[int, ...] = ()


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
        current = select(narrations).where(narrations.c.id == current_of(scene_id))
        complete = select(narrations.c.id).where(
            narrations.c.scene_id == scene_id,
            narrations.c.state == NarrationState.COMPLETE,
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
            found = (await connection.execute(current)).mappings().one_or_none()
            if found is None:
                return Continuation(scene, Beginning(text=scene.text), None)
            spoken = narration_of(found)
            # Of a scene that will have more text.
            whole = tuple((await connection.scalars(complete)).all())
            await _set_narrations(connection, whole, NarrationState.STOPPED)
            in_order = (
                select(sentences)
                .where(sentences.c.narration_id == spoken.id)
                .order_by(sentences.c.number)
            )
            rows = (await connection.execute(in_order)).all()
            return Continuation(scene, _beginning(scene.text, rows), spoken, whole)

        return await self._database.write(go_on)

    async def give_up(self, continuation: Continuation) -> None:
        """Let the scene be as it was: nobody went on with it."""
        scene, complete = continuation.scene, continuation.complete

        async def restore(connection: AsyncConnection) -> None:
            await connection.execute(
                update(scenes)
                .where(scenes.c.id == scene.id)
                .values(state=scene.state, updated_at=scene.updated_at)
            )
            await _set_narrations(connection, complete, NarrationState.COMPLETE)

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
        starts.append(samples_ms(samples))
        end, samples = row.end, samples + row.samples + row.rest_samples
        if row.skipped is None:
            beginning = Beginning(
                text=text,
                spoken_chars=end,
                starts_ms=tuple(starts),
                audio_ms=samples_ms(samples),
            )
    return beginning


async def _set_narrations(
    connection: AsyncConnection, narration_ids: Sequence[int], state: NarrationState
) -> None:
    await connection.execute(
        update(narrations).where(narrations.c.id.in_(narration_ids)).values(state=state)
    )
