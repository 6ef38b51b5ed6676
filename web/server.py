"""Runs the application: on its port, until it is told to end."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web as http

from narration.config import Config, ServerConfig
from narration.errors import ConfigError
from web.app import create_app
from web.draining import drain

__all__ = ["Interruption", "interrupted", "serving"]

_LAST_ANSWERS_SECONDS = 2.0
"""What requests may still take when all sessions are saved."""


class Interruption(asyncio.Event):
    """Set when the process has been told to end."""

    patient = False
    """Scenes may come to their end.  Not by Ctrl-C: a person at the keyboard wants it now."""


@asynccontextmanager
async def serving(
    config: Config,
    end: Interruption | None = None,
    *,
    when_built: Callable[[], None] = lambda: None,
) -> AsyncIterator[str]:
    """A running server; gives its address, such as `http://127.0.0.1:9876`.

    Scenes that are told when it ends are saved; if `end` is patient, they have had
    `server.drain_seconds` to come to their end.  `when_built`: see `create_app`.

    Raises:
        ConfigError: the port cannot be had, or a setting does not work out.
    """
    # The port first: a second server must not even touch the first one's database.
    listening = _bind(config.server)
    runner = http.AppRunner(
        # In a thread, since it looks for the page's files.
        await asyncio.to_thread(create_app, config, when_built=when_built),
        access_log=None,
        shutdown_timeout=_LAST_ANSWERS_SECONDS,
    )
    try:
        await runner.setup()
        await http.SockSite(runner, listening, backlog=1024).start()
        yield _address(config.server.host, listening.getsockname()[1])
        if end is not None and end.patient:
            # While the port is open: listeners may have to come back once more.
            await drain(runner.app, config.server.drain_seconds)
    finally:
        await runner.cleanup()
        listening.close()


def interrupted() -> Interruption:
    """Set by Ctrl-C, SIGTERM, or the end of its terminal (SIGHUP).  A second one of the first
    two ends the process at once.
    """
    end, loop = Interruption(), asyncio.get_running_loop()

    def interrupt(number: signal.Signals) -> None:
        if end.is_set() and number in (signal.SIGINT, signal.SIGTERM):
            os._exit(128 + number)
        if not end.is_set():
            end.patient = number != signal.SIGINT
            end.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # As it is under `nohup`.
            loop.add_signal_handler(number, interrupt, number)
    return end


def _bind(config: ServerConfig) -> socket.socket:
    where = f"{config.host}:{config.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"cannot listen on {where}: {error.strerror}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        advice = ""
        if error.errno == errno.EADDRINUSE:
            advice = (
                "; is the server running already?  NARRATION_SERVER__PORT sets another port"
            )
        raise ConfigError(f"cannot listen on {where}: {error.strerror}{advice}") from error
    listening.setblocking(False)
    return listening


def _address(host: str, port: int) -> str:
    if host in ("", "0.0.0.0", "::"):
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
