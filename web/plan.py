"""Puts together what one live scene needs: model, voice, text rules, archive."""

from __future__ import annotations

import asyncio
import secrets

from aiohttp import web as http
from narration.context import build_messages

from actors.session import Plan, Voicing
from narration.audio import encode
from narration.config import TextConfig
from narration.events import AudioFormat
from narration.speech import Speech, SpeechRequest
from narration.store import Store
from narration.store.archive import SceneArchive
from narration.story import Scene, Sentence, Story, TTSSettings
from narration.text import Cutter
from web.keys import CONFIG, LLM_KEY, SPEECH, STORE
from web.requests import User

__all__ = ["make_plan"]


async def make_plan(
    app: http.Application, user: User, story: Story, scene: Scene, *, speak: bool
) -> Plan:
    """The plan for `scene`; with `speak`, and if the user's settings agree, it is spoken."""
    config, store, speech = app[CONFIG], app[STORE], app[SPEECH]
    settings = await store.tts_settings(user.id)
    messages = build_messages(
        title=story.title,
        premise=story.premise,
        language=story.language,
        scenes=await store.previous_texts(user.id, story.id, scene.number),
        prompt=scene.prompt,
        context_tokens=config.scene.context_tokens,
    )
    voice = settings.default_voice or speech.default_voice
    voicing = None
    if speak and settings.tts_enabled:
        voicing = _voicing(speech, voice, settings, story.language, config.text)
    return Plan(
        session_id=secrets.token_urlsafe(24),
        user_id=user.id,
        story_id=story.id,
        scene_id=scene.id,
        greeting=f"Writing scene {scene.number} of {story.title}",
        source=app[LLM_KEY].stream(messages),
        max_chars=config.scene.max_text_chars,
        voicing=voicing,
        archive=_archive(store, scene, speech, voice, settings),
        encode=_encode,
    )


def _voicing(
    speech: Speech, voice: str, settings: TTSSettings, language: str, text: TextConfig
) -> Voicing:
    slowest, fastest = speech.profile.speeds
    speed = min(max(settings.speech_speed, slowest), fastest)
    longest = min(
        text.max_sentence_length or speech.profile.max_chars, speech.profile.max_chars
    )

    def rest_ms(sentence: Sentence) -> int:
        if sentence.paragraph_end:
            return text.pause_between_paragraphs_ms
        return text.pause_between_sentences_ms

    return Voicing(
        synthesize=lambda spoken: speech.synthesize(SpeechRequest(spoken, voice, speed)),
        rest_ms=rest_ms,
        cutter=Cutter(
            language=language,
            min_sentence_length=settings.min_sentence_length,
            max_sentence_length=longest,
            first_unit_min=text.first_unit_min,
        ),
        idle_ms=text.idle_ms,
    )


def _archive(
    store: Store, scene: Scene, speech: Speech, voice: str, settings: TTSSettings
) -> SceneArchive:
    return SceneArchive(store, scene.id, speech.name, voice, settings.speech_speed)


async def _encode(pcm: bytes, format: AudioFormat) -> bytes:
    return await asyncio.to_thread(encode, pcm, format)
