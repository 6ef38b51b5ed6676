"""When words are spoken, who stood in for a voice, and which service a user chose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Everything new is empty at first."""
    op.create_table(
        "recording_words",
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name="pk_recording_words"),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recordings.id"],
            name="fk_recording_words_recording_id",
            ondelete="CASCADE",
        ),
    )
    op.add_column("sentences", sa.Column("stand_in", sa.Text(), nullable=True))
    op.add_column(
        "tts_settings", sa.Column("provider", sa.Text(), nullable=False, server_default="")
    )
