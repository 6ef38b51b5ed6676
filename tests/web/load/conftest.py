"""The real server, with the mock upstream as its model and voice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from narration.config import Config
from web.load.target import Target
from web.mock_upstream.serving import mock_upstream
from web.mock_upstream.settings import MockSettings
from web.server import serving

Start = Callable[..., Any]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    @asynccontextmanager
    async def go(mock: MockSettings, **sections: dict[str, Any]) -> AsyncIterator[Target]:
        async with mock_upstream(mock) as upstream:
            voice = {"type": "openai", "url": f"{upstream}/v1", "voice": "v", "concurrency": 9}
            settings = {
                "server": {"port": 0},
                "store": {"path": str(tmp_path / "narration.db")},
                "llm": {"url": f"{upstream}/v1", "model": "mock"},
                "speech": {
                    "providers": {"mock": voice},
                    "retry_seconds": 0.01,
                    "breaker_failures": 1_000,
                },
                "loudness": {"even": False},
                "session": {"send_ahead_seconds": 600, "synthesis_ahead_seconds": 600},
            }
            config = msgspec.convert(settings | sections, Config)
            async with (
                serving(config) as url,
                Target.opened(url, upstream, "") as target,
            ):
                yield target

    return go
