"""Stories, scenes and their audio, kept in a database."""

from narration.store.store import Store

__all__ = ["Store"]
