"""Puts together what one live scene needs: model, voice, text rules, archive."""

from __future__ import annotations

import secrets

from aiohttp import web as http
from msgspec.structs import replace

from actors.plan import Plan, Voicing
from narration.config import TextConfig
from narration.context import context_budget, continue_messages, takes_up_answers
from narration.joint import joined
from narration.speech import Speech, SpeechRequest
from narration.speech.scheduler import Scheduler
from narration.store.archive import SceneArchive
from narration.store.continuations import Continuation
from narration.story import Beginning, Scene, Sentence, Story
from narration.text import Cutter
from web.keys import CONFIG, LLM_KEY, SCHEDULER, SPEECH, STORE, TRANSCODER
from web.requests import User

__all__ = ["make_plan"]


async def make_plan(
    app: http.Application,
    user: User,
    story: Story,
    scene: Scene,
    *,
    speak: bool,
    continued: Continuation | None = None,
) -> Plan:
    """The plan for `scene`; with `speak`, and if the user's settings agree, it is spoken.

    A scene that is `continued` keeps the voice that it has been spoken with, as long as
    the voice's server is the same.
    """
    config, store, speech, transcoder = app[CONFIG], app[STORE], app[SPEECH], app[TRANSCODER]
    settings = await store.tts_settings(user.id)
    beginning = Beginning() if continued is None else continued.beginning
    spoken = None if continued is None else continued.spoken
    take_up = takes_up_answers(config)
    messages = continue_messages(
        title=story.title,
        premise=story.premise,
        language=story.language,
        scenes=await store.previous_texts(user.id, story.id, scene.number),
        prompt=scene.prompt,
        written=beginning.text,
        context_tokens=context_budget(config),
        take_up=take_up,
    )
    source = app[LLM_KEY].stream(messages)
    if beginning.text:
        source = joined(source, beginning.text, exact=take_up)
    slowest, fastest = speech.profile.speeds
    voice, speed = settings.default_voice or speech.default_voice, settings.speech_speed
    if spoken is not None and spoken.provider == speech.name:
        voice, speed = spoken.voice, spoken.speed
    how = SpeechRequest(text="", voice=voice, speed=min(max(speed, slowest), fastest))
    voicing = None
    if speak and settings.tts_enabled:
        shortest = settings.min_sentence_length
        voicing = _voicing(speech, app[SCHEDULER], how, story.language, shortest, config.text)
    doing = "Going on with" if beginning.text else "Writing"
    return Plan(
        session_id=secrets.token_urlsafe(24),
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
            scene_id=scene.id,
            provider=speech.name,
            voice=how.voice,
            speed=how.speed,
            narration=None if spoken is None else spoken.id,
            first=len(beginning.starts_ms),
        ),
        encode=transcoder.encode,
    )


def _voicing(
    speech: Speech,
    scheduler: Scheduler,
    how: SpeechRequest,
    language: str,
    shortest: int,
    text: TextConfig,
) -> Voicing:
    longest = min(
        text.max_sentence_length or speech.profile.max_chars, speech.profile.max_chars
    )

    def rest_ms(sentence: Sentence) -> int:
        if sentence.paragraph_end:
            return text.pause_between_paragraphs_ms
        return text.pause_between_sentences_ms

    return Voicing(
        synthesize=lambda spoken, claim: scheduler.speak(
            speech, replace(how, text=spoken), claim
        ),
        rest_ms=rest_ms,
        cutter=Cutter(
            language=language,
            min_sentence_length=shortest,
            max_sentence_length=longest,
            first_unit_min=text.first_unit_min,
        ),
        idle_ms=text.idle_ms,
    )
