"""The database's tables.  Every change here needs a migration beside it (`migrations/`).

    users ── tts_settings
      └── stories
            └── scenes
                  ├── sessions              what it was told in, for clients that come back
                  └── narrations            one scene spoken by one voice
                        └── sentences ─┐    in order, with or without audio
          recordings <─────────────────┘    what is heard of a sentence
            └── recording_words             and when each word is, where the voice tells

Whatever hangs below a row goes with it.  A recording goes with the last sentence that
refers to it (triggers see to that, see the migrations).  Ids are never used again, so
that an old address cannot come to mean something new.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from narration.store.columns import Prose, UTCDateTime
from narration.story import NarrationState, Occasion, SceneState

__all__ = [
    "metadata",
    "narrations",
    "recording_words",
    "recordings",
    "scenes",
    "sentences",
    "sessions",
    "stories",
    "tts_settings",
    "users",
]

metadata = MetaData(
    # Named constraints are the only ones a later migration can refer to.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _state(kind: type[StrEnum]) -> Enum:
    """The state's own word in a plain column: a new state needs no new schema."""
    return Enum(
        kind,
        native_enum=False,
        length=20,
        values_callable=lambda states: [state.value for state in states],
    )


def _below(parent: str) -> ForeignKey:
    return ForeignKey(parent, ondelete="CASCADE")


users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Prose, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

tts_settings = Table(
    "tts_settings",
    metadata,
    Column("user_id", Integer, _below("users.id"), primary_key=True),
    Column("tts_enabled", Boolean, nullable=False),
    Column("auto_play_last_scene", Boolean, nullable=False),
    Column("realtime_tts_enabled", Boolean, nullable=False),
    Column("min_sentence_length", Integer, nullable=False),
    Column("provider_type", String(40), nullable=False),
    Column("api_url", Prose, nullable=False),
    Column("api_key", Prose, nullable=False),
    Column("timeout_seconds", Float, nullable=False),
    Column("extra_params", JSON, nullable=False),
    Column("default_voice", Prose, nullable=False),
    Column("speech_speed", Float, nullable=False),
    # Last, as a column is that is added later.
    Column("provider", Prose, nullable=False),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, _below("users.id"), nullable=False),
    Column("title", Prose, nullable=False),
    Column("premise", Prose, nullable=False),
    Column("language", Prose, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
    Index(None, "user_id", "updated_at"),
    sqlite_autoincrement=True,
)

scenes = Table(
    "scenes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", Integer, _below("stories.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", _state(SceneState), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("updated_at", UTCDateTime, nullable=False),
    Column("prompt", Prose, nullable=False),
    Column("text", Prose, nullable=False),
    UniqueConstraint("story_id", "number"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", Integer, _below("users.id"), nullable=False),
    Column("scene_id", Integer, _below("scenes.id"), nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Index(None, "scene_id", "created_at"),
)

narrations = Table(
    "narrations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scene_id", Integer, _below("scenes.id"), nullable=False),
    Column("state", _state(NarrationState), nullable=False),
    Column("provider", Prose, nullable=False),
    Column("voice", Prose, nullable=False),
    Column("speed", Float, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("parameters", Prose, nullable=False),
    Column("occasion", _state(Occasion), nullable=False),
    Column("message", Prose, nullable=True),
    Column("used_at", UTCDateTime, nullable=False),
    Index(None, "scene_id"),
    Index(None, "used_at"),
    sqlite_autoincrement=True,
)

# Without the pause that follows the sentence, which is as long as the settings say.
recordings = Table(
    "recordings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, _below("users.id"), nullable=False),
    # Of words and voice (`recording_key`).  Without one it is not used for other sentences.
    Column("key", String(64), nullable=True),
    Column("samples", Integer, nullable=False),
    # Of the PCM; what has no key may lack it.
    Column("crc", Integer, nullable=True),
    # As many as `audio` has, so that their sum can be told without reading any audio.
    Column("bytes", Integer, nullable=False),
    # A file: WAV at first, FLAC when there was time to make it.
    Column("audio", LargeBinary, nullable=False),
    # Whether that is FLAC.  SQLite has to read through the audio to get at it, as at whatever
    # is added later: its index tells which are not.
    Column("encoded", Boolean, nullable=False),
    UniqueConstraint("user_id", "key"),
    Index(None, "bytes"),
    Index("ix_recordings_unencoded", "id", sqlite_where=text("encoded = 0")),
    sqlite_autoincrement=True,
)

# A table of its own: SQLite would have to read through the sound to get at them.
recording_words = Table(
    "recording_words",
    metadata,
    Column("recording_id", Integer, _below("recordings.id"), primary_key=True),
    Column("words", JSON, nullable=False),
)

sentences = Table(
    "sentences",
    metadata,
    Column("narration_id", Integer, _below("narrations.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Prose, nullable=False),
    Column("spoken", Prose, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("paragraph_end", Boolean, nullable=False),
    # Those of its recording, without the pause that follows.
    Column("samples", Integer, nullable=False),
    Column("skipped", Prose, nullable=True),
    Column("recording_id", Integer, ForeignKey("recordings.id"), nullable=True),
    Column("rest_samples", Integer, nullable=False),
    # The service that spoke it, if that was not the narration's.
    Column("stand_in", Prose, nullable=True),
    Index(None, "recording_id"),
)
