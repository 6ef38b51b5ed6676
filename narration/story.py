"""Stories, their scenes, and the sentences a scene is spoken in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

__all__ = [
    "Beginning",
    "Narration",
    "NarrationState",
    "Occasion",
    "RecordedSentence",
    "Scene",
    "SceneState",
    "Sentence",
    "SentenceAudio",
    "SpokenBy",
    "Story",
    "TTSSettings",
    "Word",
]


class Story(msgspec.Struct, frozen=True):
    """What the scenes belong to.  `language` is a BCP 47 code such as `en`."""

    id: int
    title: str
    premise: str
    language: str
    created_at: datetime
    updated_at: datetime


class SceneState(StrEnum):
    """How far a scene's text has come."""

    WRITING = "writing"
    """The model is at work on it."""
    COMPLETE = "complete"
    """The model ended it."""
    STOPPED = "stopped"
    """The listener stopped it; the text is what was written by then."""
    PARTIAL = "partial"
    """The model broke off; the text is what it wrote before."""
    INTERRUPTED = "interrupted"
    """The server ended while it was being written."""


class Scene(msgspec.Struct, frozen=True):
    """One scene.  `number` counts from 1 within the story."""

    id: int
    story_id: int
    number: int
    prompt: str
    text: str
    state: SceneState
    created_at: datetime
    updated_at: datetime


class Sentence(msgspec.Struct, frozen=True):
    """A unit that is spoken.

    `number` counts from 0 within the scene.  `text` is what is shown, and is
    exactly `scene.text[start:end]`.  `spoken` is what the voice is given, and is
    empty where there is nothing to say (a row of asterisks).
    """

    number: int
    text: str
    spoken: str
    start: int
    end: int
    paragraph_end: bool


class Word(msgspec.Struct, frozen=True):
    """A word as a voice spoke it, in ms from the start of its sentence's audio.

    Services spell out numbers and signs before they speak, so words need not be those of
    the text, and their times are approximate.
    """

    text: str
    start_ms: float
    end_ms: float


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """What there is already of a scene that is to go on.

    `text` is all of it.  Of that, `text[:spoken_chars]` was narrated, in as many
    sentences as `starts_ms` has places in the scene's audio, which is `audio_ms` long.
    """

    text: str = ""
    spoken_chars: int = 0
    starts_ms: tuple[float, ...] = ()
    audio_ms: float = 0.0


class RecordedSentence(msgspec.Struct, frozen=True):
    """A sentence as it was recorded.  `skipped` is why it has no audio, or no more of it.

    The last `rest_bytes` of `pcm` are the pause that follows what was spoken.  `words` are
    empty where the voice does not tell them.  `spoken_by` is who stood in for the scene's
    voice, if somebody did.
    """

    sentence: Sentence
    pcm: bytes
    skipped: str | None
    rest_bytes: int = 0
    words: tuple[Word, ...] = ()
    spoken_by: SpokenBy | None = None


class SpokenBy(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks, and how: with the spoken text, all that the audio depends on.

    `provider` is the service's configured name.  `parameters` is a digest of all else that
    the service is told (its model, extra parameters) and of the loudness that is aimed at.
    """

    provider: str
    voice: str
    speed: float
    parameters: str


class Occasion(StrEnum):
    """Why a scene is spoken."""

    LIVE = "live"
    """A listener hears it while it is written."""
    DEMAND = "demand"
    """Somebody asked for it, of a scene that is there."""
    AUTO_PLAY = "auto_play"
    """It was just written, and the user wants such scenes to play by themselves."""


class NarrationState(StrEnum):
    """How far the narration of a scene has come."""

    SPEAKING = "speaking"
    """Sentences are still being added."""
    COMPLETE = "complete"
    """Every sentence is there, as audio or as a hole."""
    STOPPED = "stopped"
    """It ended before the text did: the listener stopped it, or a service gave up."""
    INTERRUPTED = "interrupted"
    """The server ended while it was being spoken."""
    FAILED = "failed"
    """The voice could not speak it; what it did speak is kept."""
    OUTDATED = "outdated"
    """The scene's text was changed since; it is no longer this scene's audio."""


class Narration(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a scene's audio.  `message` is why it failed."""

    id: int
    scene_id: int
    state: NarrationState
    spoken_by: SpokenBy
    occasion: Occasion
    message: str | None
    created_at: datetime


class SentenceAudio(msgspec.Struct, frozen=True):
    """A sentence as it was narrated: its place in the text and in the audio.

    `start_ms` is counted from the start of the scene's audio.  The last `rest_ms` of
    `duration_ms` are the pause that follows.  A hole has `skipped` (the reason), and no
    duration, or that of the audio that came before it broke off.  `stand_in` is the service
    that spoke it, if that was not the narration's.  `words` are empty where the voice does
    not tell them.
    """

    number: int
    text: str
    start: int
    end: int
    start_ms: float
    duration_ms: float
    rest_ms: float
    skipped: str | None
    stand_in: str | None = None
    words: tuple[Word, ...] = ()


class TTSSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A user's choices about narration.

    `provider` is one of the services that the operator offers, and empty for the first of
    them.  Where the operator allows it, it may be a server of the user's own instead: at
    `api_url`, with the API that `provider_type` names, and `api_key` if it asks for one;
    `timeout_seconds` bounds the wait for a sentence's first audio there.  `extra_params`
    go along with every sentence; a service of the operator's takes those that its adapter
    lists.  An empty `default_voice` is the service's own default.  `speech_speed` 1 is normal.
    """

    tts_enabled: bool = True
    auto_play_last_scene: bool = False
    realtime_tts_enabled: bool = False
    min_sentence_length: Annotated[int, msgspec.Meta(ge=0, le=200)] = 20
    provider: Annotated[str, msgspec.Meta(max_length=40)] = ""
    provider_type: Annotated[str, msgspec.Meta(max_length=40)] = ""
    api_url: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    api_key: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=300)] = 30.0
    extra_params: dict[str, Any] = {}
    default_voice: Annotated[str, msgspec.Meta(max_length=200)] = ""
    speech_speed: Annotated[float, msgspec.Meta(ge=0.25, le=4.0)] = 1.0

    def __post_init__(self) -> None:
        # It may have been pasted, or come out of a file, with what is around it.
        msgspec.structs.force_setattr(self, "api_key", self.api_key.strip())
