"""The first schema: users, stories, scenes, and what was spoken of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tts_settings",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("tts_enabled", sa.Boolean(), nullable=False),
        sa.Column("auto_play_last_scene", sa.Boolean(), nullable=False),
        sa.Column("realtime_tts_enabled", sa.Boolean(), nullable=False),
        sa.Column("min_sentence_length", sa.Integer(), nullable=False),
        sa.Column("provider_type", sa.String(40), nullable=False),
        sa.Column("api_url", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("timeout_seconds", sa.Float(), nullable=False),
        sa.Column("extra_params", sa.JSON(), nullable=False),
        sa.Column("default_voice", sa.Text(), nullable=False),
        sa.Column("speech_speed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_tts_settings"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_tts_settings_user_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "stories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("premise", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_stories_user_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stories_user_id_updated_at", "stories", ["user_id", "updated_at"])
    op.create_table(
        "scenes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scenes"),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name="fk_scenes_story_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("story_id", "number", name="uq_scenes_story_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "narrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scene_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_narrations"),
        sa.ForeignKeyConstraint(
            ["scene_id"], ["scenes.id"], name="fk_narrations_scene_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_narrations_scene_id", "narrations", ["scene_id"])
    op.create_table(
        "sentences",
        sa.Column("narration_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spoken", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("paragraph_end", sa.Boolean(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("narration_id", "number", name="pk_sentences"),
        sa.ForeignKeyConstraint(
            ["narration_id"],
            ["narrations.id"],
            name="fk_sentences_narration_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "sentence_audio",
        sa.Column("narration_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("flac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("narration_id", "number", name="pk_sentence_audio"),
        sa.ForeignKeyConstraint(
            ["narration_id", "number"],
            ["sentences.narration_id", "sentences.number"],
            name="fk_sentence_audio_narration_id_number",
            ondelete="CASCADE",
        ),
    )
