"""Puts together what one session needs: model or stored text, voice, text rules, archive."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence

import msgspec
from aiohttp import web as http

from actors.plan import Background, Plan, Voicing
from actors.sentence_buffer import PIECE_CHARS
from narration.config import TextConfig
from narration.context import context_budget, continue_messages, takes_up_answers
from narration.joint import joined
from narration.llm import Finish
from narration.speech.cast import Part
from narration.store.archive import NarrationArchive, SceneArchive
from narration.store.continuations import Continuation
from narration.story import (
    Beginning,
    Occasion,
    Scene,
    Sentence,
    Story,
    TTSSettings,
)
from narration.text import Cutter
from web.casting import casting, usable
from web.keys import CONFIG, KEPT, LLM_KEY, LOAD, NOTIFIER, STORE, TRANSCODER
from web.requests import User

__all__ = ["make_narration_plan", "make_plan", "new_session_id"]


def new_session_id() -> str:
    """One that nobody can guess."""
    return secrets.token_urlsafe(24)


async def make_plan(
    app: http.Application,
    user: User,
    story: Story,
    scene: Scene,
    *,
    speak: bool,
    previous_texts: Sequence[str],
    session_id: str | None = None,
    continued: Continuation | None = None,
) -> Plan:
    """The plan to write `scene`; with `speak`, and if the user's settings agree, it is spoken.

    A scene that is `continued` keeps the voice that it has been spoken with, as long as
    the voice's server is the same.

    Args:
        app: whose services it uses.
        user: whose scene it is.
        story: the scene's.
        scene: what is to be written.
        speak: whether somebody is to hear it.
        previous_texts: what the story's scenes before this one are.
        session_id: the session's, if it has one already.
        continued: what there is of the scene.
    """
    config, store, transcoder = app[CONFIG], app[STORE], app[TRANSCODER]
    settings = usable(app, await store.tts_settings(user.id))
    beginning = Beginning() if continued is None else continued.beginning
    spoken = None if continued is None else continued.spoken
    take_up = takes_up_answers(config)
    messages = continue_messages(
        title=story.title,
        premise=story.premise,
        language=story.language,
        scenes=previous_texts,
        prompt=scene.prompt,
        written=beginning.text,
        context_tokens=context_budget(config),
        take_up=take_up,
    )
    source = app[LLM_KEY].stream(messages)
    if beginning.text:
        source = joined(source, beginning.text, exact=take_up)
    parts = casting(app, user.id, settings)
    if spoken is not None and spoken.spoken_by.provider == parts[0].by.provider:
        before = msgspec.structs.replace(
            settings,
            default_voice=spoken.spoken_by.voice,
            speech_speed=spoken.spoken_by.speed,
        )
        parts = casting(app, user.id, before)
    voicing = None
    if speak and settings.tts_enabled:
        voicing = _voicing(app, user, parts, story.language, settings)
    doing = "Going on with" if beginning.text else "Writing"
    return Plan(
        session_id=session_id or new_session_id(),
        user_id=user.id,
        story_id=story.id,
        scene_id=scene.id,
        greeting=f"{doing} scene {scene.number} of {story.title}",
        beginning=beginning,
        source=source,
        max_chars=config.scene.max_text_chars - len(beginning.text),
        voicing=voicing,
        archive=SceneArchive(
            store,
            transcoder,
            user_id=user.id,
            scene_id=scene.id,
            spoken_by=parts[0].by,
            occasion=Occasion.LIVE,
            narration=None if spoken is None else spoken.id,
            first=len(beginning.starts_ms),
            on_stored=app[KEPT].stored,
        ),
        encode=transcoder.encode,
        has_time=app[LOAD].has_time,
    )


async def make_narration_plan(
    app: http.Application,
    user: User,
    story: Story,
    scene: Scene,
    *,
    occasion: Occasion,
    settings: TTSSettings,
    patient: bool = False,
) -> Plan:
    """The plan to speak a scene that is written, in the background.  With `patient` a voice
    that does not work is waited for until it does.
    """
    parts = casting(app, user.id, settings)
    transcoder, notifier = app[TRANSCODER], app[NOTIFIER]
    return Plan(
        session_id=new_session_id(),
        user_id=user.id,
        story_id=story.id,
        scene_id=scene.id,
        greeting=f"Narrating scene {scene.number} of {story.title}",
        source=_stored(scene.text),
        # One more than there is: at the limit the text would count as cut off.
        max_chars=len(scene.text) + 1,
        voicing=_voicing(app, user, parts, story.language, settings, patient=patient),
        background=Background(auto_play=occasion is Occasion.AUTO_PLAY, notify=notifier),
        archive=NarrationArchive(
            app[STORE],
            transcoder,
            user_id=user.id,
            scene_id=scene.id,
            spoken_by=parts[0].by,
            occasion=occasion,
            on_stored=app[KEPT].stored,
        ),
        encode=transcoder.encode,
        has_time=app[LOAD].has_time,
    )


async def _stored(text: str) -> AsyncGenerator[str | Finish]:
    for start in range(0, len(text), PIECE_CHARS):
        yield text[start : start + PIECE_CHARS]
        await asyncio.sleep(0)
    yield Finish("stop")


def _voicing(
    app: http.Application,
    user: User,
    parts: Sequence[Part],
    language: str,
    settings: TTSSettings,
    *,
    patient: bool = False,
) -> Voicing:
    text = app[CONFIG].text
    return Voicing(
        synthesize=app[KEPT].of(user.id, parts, patient=patient),
        rest_ms=lambda sentence: _rest_ms(sentence, text),
        cutter=Cutter(
            language=language,
            min_sentence_length=settings.min_sentence_length,
            max_sentence_length=_longest(parts, text),
            first_unit_min=text.first_unit_min,
        ),
        idle_ms=text.idle_ms,
    )


def _rest_ms(sentence: Sentence, text: TextConfig) -> int:
    if sentence.paragraph_end:
        return text.pause_between_paragraphs_ms
    return text.pause_between_sentences_ms


def _longest(parts: Sequence[Part], text: TextConfig) -> int:
    """What everybody can speak: who steps in gets the same sentences."""
    safe = min(part.provider.speech.profile.max_chars for part in parts)
    return min(text.max_sentence_length or safe, safe)
