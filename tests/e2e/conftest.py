"""The whole server in this process, for the tests that need to see into it."""

from __future__ import annotations

from tests.web.conftest import model, start_server, voice

__all__ = ["model", "start_server", "voice"]
