"""Narrating a scene that is there, on demand: begin or retry, see how far it is, delete."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiohttp import web as http

from actors.sentence_buffer import BROKE_OFF, NOTHING_TO_SAY
from narration.story import Narration, NarrationState, Occasion, SentenceAudio, SpokenBy
from web.addresses import websocket_url
from web.casting import casting
from web.keys import EXPORTS, SCENE_LOCKS, STORE
from web.narrating import begin_narration
from web.requests import USER, User, path_id
from web.sessions import background_session, forget, is_at_work, settle
from web.wire import json_response

__all__ = ["begin", "delete", "read"]


async def begin(request: http.Request) -> http.Response:
    """Narrate a scene, unless that is being done, or was done as the user wants it.

    What was spoken of it before, and was kept, is not spoken again.
    """
    app, user = request.app, request[USER]
    scene_id = path_id(request, "scene_id", "scene")
    status = 200
    async with app[SCENE_LOCKS].held(scene_id):
        # First: what is whole may be listened to still, which nothing is to disturb.
        done = (await _stored(app, user, scene_id)).leaves_nothing_to_do
        if not done and await background_session(app, user.id, scene_id) is None:
            scene = await settle(app, user.id, scene_id)
            await begin_narration(app, user, scene, Occasion.DEMAND)
            status = 201
        answer = await _described(request, scene_id)
    if status == 201:
        # The store may not have taken that yet.
        answer |= {"occasion": Occasion.DEMAND, "up_to_date": True}
    return json_response(answer, status=status)


async def read(request: http.Request) -> http.Response:
    scene_id = path_id(request, "scene_id", "scene")
    return json_response(await _described(request, scene_id))


async def delete(request: http.Request) -> http.Response:
    """Call off what is being spoken of a scene, and delete what was spoken of it."""
    app, user = request.app, request[USER]
    scene_id = path_id(request, "scene_id", "scene")
    async with app[SCENE_LOCKS].held(scene_id):
        scene = await settle(app, user.id, scene_id)
        await app[STORE].delete_narrations(user.id, scene_id)
    await forget(app, user.id, scene_id=scene_id)
    await app[EXPORTS].forget(scene.story_id, [scene_id])
    return http.Response(status=204)


class _Stored(NamedTuple):
    """What there is of a scene's audio, and how its user wants it now."""

    narration: Narration | None
    sentences: list[SentenceAudio]
    wanted: SpokenBy

    @property
    def is_whole(self) -> bool:
        return self.narration is not None and self.narration.state is NarrationState.COMPLETE

    @property
    def is_up_to_date(self) -> bool:
        """Whether it is of the scene's text, and spoken as the user wants it now."""
        return (
            self.narration is not None
            and self.narration.state is not NarrationState.OUTDATED
            and self.narration.spoken_by == self.wanted
        )

    @property
    def holes(self) -> int:
        """Sentences that could be heard, and cannot, or not to their end."""
        silent = (None, NOTHING_TO_SAY, BROKE_OFF)
        return sum(one.skipped not in silent for one in self.sentences)

    @property
    def stand_ins(self) -> int:
        """Sentences that another service spoke, because the user's did not work then."""
        return sum(one.stand_in is not None for one in self.sentences)

    @property
    def leaves_nothing_to_do(self) -> bool:
        whole = self.is_whole and self.is_up_to_date
        return whole and not self.holes and not self.stand_ins


async def _stored(app: http.Application, user: User, scene_id: int) -> _Stored:
    store = app[STORE]
    settings = await store.tts_settings(user.id)
    return _Stored(
        await store.narration(user.id, scene_id),
        await store.sentences(user.id, scene_id),
        casting(app, user.id, settings)[0].by,
    )


async def _described(request: http.Request, scene_id: int) -> dict[str, Any]:
    app, user = request.app, request[USER]
    found = await background_session(app, user.id, scene_id)
    stored = await _stored(app, user, scene_id)
    if found is None:
        seems_spoken = stored.narration is not None and (
            stored.narration.state is NarrationState.SPEAKING
        )
        if seems_spoken and not await is_at_work(app, user.id, scene_id):
            # Its session broke down, or the disk did not take its end.
            return _at_rest(scene_id, stored) | {"state": NarrationState.INTERRUPTED}
        return _at_rest(scene_id, stored)
    _, session = found
    if stored.narration is None or stored.narration.state is not NarrationState.SPEAKING:
        stored = _Stored(None, [], stored.wanted)  # That was another; this has just begun.
    return _at_rest(scene_id, stored) | {
        "state": NarrationState.SPEAKING,
        "sentences_done": session.made,
        "total_sentences": session.total_sentences,
        "holes": session.holes,
        "session_id": session.session_id,
        "websocket_url": websocket_url(request, session.session_id),
    }


def _at_rest(scene_id: int, stored: _Stored) -> dict[str, Any]:
    narration, made = stored.narration, len(stored.sentences)
    by = stored.wanted if narration is None else narration.spoken_by
    last = stored.sentences[-1] if stored.sentences else None
    return {
        "scene_id": scene_id,
        "state": "none" if narration is None else narration.state,
        "occasion": None if narration is None else narration.occasion,
        "provider": by.provider,
        "voice": by.voice,
        "speed": by.speed,
        "sentences_done": made,
        "total_sentences": made if stored.is_whole else None,
        "holes": stored.holes,
        "stand_ins": stored.stand_ins,
        "duration_ms": last.start_ms + last.duration_ms if last else 0.0,
        "message": None if narration is None else narration.message,
        "up_to_date": stored.is_up_to_date,
        "session_id": None,
        "websocket_url": None,
    }
