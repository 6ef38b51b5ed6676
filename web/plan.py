"""Puts together what one live scene needs: model, voice, text rules, archive."""

from __future__ import annotations

import secrets

from aiohttp import web as http
from msgspec.structs import replace

from actors.session import Plan, Voicing
from narration.config import TextConfig
from narration.context import build_messages, context_budget
from narration.speech import Speech, SpeechRequest
from narration.store.archive import SceneArchive
from narration.story import Scene, Sentence, Story
from narration.text import Cutter
from web.keys import CONFIG, LLM_KEY, SPEECH, STORE, TRANSCODER
from web.requests import User

__all__ = ["make_plan"]


async def make_plan(
    app: http.Application, user: User, story: Story, scene: Scene, *, speak: bool
) -> Plan:
    """The plan for `scene`; with `speak`, and if the user's settings agree, it is spoken."""
    config, store, speech, transcoder = app[CONFIG], app[STORE], app[SPEECH], app[TRANSCODER]
    settings = await store.tts_settings(user.id)
    messages = build_messages(
        title=story.title,
        premise=story.premise,
        language=story.language,
        scenes=await store.previous_texts(user.id, story.id, scene.number),
        prompt=scene.prompt,
        context_tokens=context_budget(config),
    )
    slowest, fastest = speech.profile.speeds
    how = SpeechRequest(
        text="",
        voice=settings.default_voice or speech.default_voice,
        speed=min(max(settings.speech_speed, slowest), fastest),
    )
    voicing = None
    if speak and settings.tts_enabled:
        shortest = settings.min_sentence_length
        voicing = _voicing(speech, how, story.language, shortest, config.text)
    return Plan(
        session_id=secrets.token_urlsafe(24),
        user_id=user.id,
        story_id=story.id,
        scene_id=scene.id,
        greeting=f"Writing scene {scene.number} of {story.title}",
        source=app[LLM_KEY].stream(messages),
        max_chars=config.scene.max_text_chars,
        voicing=voicing,
        archive=SceneArchive(
            store,
            transcoder,
            scene_id=scene.id,
            provider=speech.name,
            voice=how.voice,
            speed=how.speed,
        ),
        encode=transcoder.encode,
    )


def _voicing(
    speech: Speech, how: SpeechRequest, language: str, shortest: int, text: TextConfig
) -> Voicing:
    longest = min(
        text.max_sentence_length or speech.profile.max_chars, speech.profile.max_chars
    )

    def rest_ms(sentence: Sentence) -> int:
        if sentence.paragraph_end:
            return text.pause_between_paragraphs_ms
        return text.pause_between_sentences_ms

    return Voicing(
        synthesize=lambda spoken: speech.synthesize(replace(how, text=spoken)),
        rest_ms=rest_ms,
        cutter=Cutter(
            language=language,
            min_sentence_length=shortest,
            max_sentence_length=longest,
            first_unit_min=text.first_unit_min,
        ),
        idle_ms=text.idle_ms,
    )
