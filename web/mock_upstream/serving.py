"""Runs the mock upstream on a port of loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from narration.errors import ConfigError
from web.mock_upstream.connection import Connection
from web.mock_upstream.log import Log
from web.mock_upstream.settings import MockSettings

__all__ = ["mock_upstream"]

_HOST = "127.0.0.1"


@asynccontextmanager
async def mock_upstream(
    settings: MockSettings, port: int = 0, *, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[str]:
    """A running model and voice; gives their address, such as `http://127.0.0.1:9100`.

    Raises:
        ConfigError: the port cannot be had.
    """
    log = Log(settings)
    try:
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(settings, log, clock), _HOST, port, backlog=2048
        )
    except OSError as error:
        raise ConfigError(f"cannot listen on {_HOST}:{port}: {error.strerror}") from error
    try:
        yield f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
