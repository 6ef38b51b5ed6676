"""Recordings: a sentence's sound, kept once for all narrations that it occurs in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0003"
down_revision = "0002"

# Whatever makes a sentence go, or gives it another sound: no sound stays that nobody hears.
_DROP_UNUSED = """
    CREATE TRIGGER {name} AFTER {change} ON sentences
    WHEN OLD.recording_id IS NOT NULL {unless}
    BEGIN
        DELETE FROM recordings
        WHERE id = OLD.recording_id
        AND NOT EXISTS (SELECT 1 FROM sentences WHERE recording_id = OLD.recording_id);
    END
"""


def upgrade() -> None:
    """Move the audio of sentences over, and say more of each narration."""
    op.create_table(
        "recordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=True),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("crc", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("flac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_recordings_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("user_id", "key", name="uq_recordings_user_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recordings_bytes", "recordings", ["bytes"])
    # Written out: Alembic would add the reference in a step that SQLite does not have.
    op.execute(
        "ALTER TABLE sentences ADD COLUMN recording_id INTEGER "
        "CONSTRAINT fk_sentences_recording_id REFERENCES recordings (id)"
    )
    op.add_column(
        "sentences",
        sa.Column("rest_samples", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column(
        "narrations", sa.Column("parameters", sa.Text(), nullable=False, server_default="")
    )
    op.add_column(
        "narrations",
        sa.Column("occasion", sa.String(20), nullable=False, server_default="live"),
    )
    op.add_column("narrations", sa.Column("message", sa.Text(), nullable=True))
    op.add_column(
        "narrations",
        sa.Column(
            "used_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default="1970-01-01 00:00:00.000000",
        ),
    )
    op.execute("UPDATE narrations SET used_at = created_at")
    op.create_index("ix_narrations_used_at", "narrations", ["used_at"])

    # How it was made is not known well enough to use it for anything else: it has no key.
    # The pause after the sentence is part of it.
    op.execute(
        "INSERT INTO recordings (id, user_id, samples, bytes, flac) "
        "SELECT sentence_audio.rowid, stories.user_id, sentences.samples, "
        "length(sentence_audio.flac), sentence_audio.flac "
        "FROM sentence_audio JOIN sentences USING (narration_id, number) "
        "JOIN narrations ON narrations.id = narration_id "
        "JOIN scenes ON scenes.id = scene_id JOIN stories ON stories.id = story_id"
    )
    op.execute(
        "UPDATE sentences SET recording_id = (SELECT sentence_audio.rowid FROM sentence_audio "
        "WHERE sentence_audio.narration_id = sentences.narration_id "
        "AND sentence_audio.number = sentences.number)"
    )
    op.drop_table("sentence_audio")
    op.create_index("ix_sentences_recording_id", "sentences", ["recording_id"])
    op.execute(_DROP_UNUSED.format(name="sentence_gone", change="DELETE", unless=""))
    op.execute(
        _DROP_UNUSED.format(
            name="sentence_spoken_anew",
            change="UPDATE OF recording_id",
            unless="AND OLD.recording_id IS NOT NEW.recording_id",
        )
    )
