"""Audio is stored as it comes, and as FLAC later: what there is yet is FLAC."""

from __future__ import annotations

from alembic import op

__all__ = ["upgrade"]

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """No row is rewritten, so it takes no time however much audio there is."""
    op.execute("ALTER TABLE recordings RENAME COLUMN flac TO audio")
    op.execute("ALTER TABLE recordings ADD COLUMN encoded BOOLEAN NOT NULL DEFAULT 1")
    op.execute("CREATE INDEX ix_recordings_unencoded ON recordings (id) WHERE encoded = 0")
