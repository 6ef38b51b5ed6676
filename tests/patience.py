"""How long a test waits for what must come: only one that fails waits so long."""

from __future__ import annotations

__all__ = ["PATIENCE_SECONDS"]

PATIENCE_SECONDS = 90.0
"""A busy machine is slow, and no test is about that."""
