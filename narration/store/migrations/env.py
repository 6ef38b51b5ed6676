"""Runs the migrations on the connection that `narration.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from narration.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes most of a table only by building it anew.
    render_as_batch=True,
)
context.run_migrations()
