"""Calls to a narration server: with a time limit, and with errors a person can read."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from narration.errors import NarrationError

__all__ = ["HttpCalls", "NoAnswer", "NotThere", "RefusedByServer"]

ANSWER_SECONDS = 30.0
"""How long an answer may take: starting a scene may wait for the server's disk."""

CONNECT_SECONDS = 10.0
HEARTBEAT_SECONDS = 6.0
"""After half as long again without a sign of the server, a socket counts as broken.  The audio
a player has by then lasts longer, so it plays on over a short cut of the network."""

GOODBYE_SECONDS = 2.0


class RefusedByServer(NarrationError):
    """The server said no, or cannot be understood; the message is its own."""


class NoAnswer(RefusedByServer):
    """The server cannot be reached, or cannot answer now; it may later."""


class NotThere(RefusedByServer):
    """The server does not have, or has no more, what was asked for."""


class HttpCalls:
    """One server, and who is calling.  Every method raises `RefusedByServer`."""

    def __init__(
        self, url: str, token: str = "", *, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.url = url.rstrip("/")
        self._answer_seconds = answer_seconds
        self._http = aiohttp.ClientSession(headers=headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def get(self, path: str, *, seconds: float | None = None) -> dict[str, Any]:
        """The JSON that is at `path`."""
        return await self._call("GET", path, None, seconds)

    async def post(
        self, path: str, body: dict[str, Any] | None = None, *, seconds: float | None = None
    ) -> dict[str, Any]:
        """What the server answers to `body`."""
        return await self._call("POST", path, body or {}, seconds)

    async def connect(self, url: str) -> aiohttp.ClientWebSocketResponse:
        """An open socket."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(
                    url,
                    heartbeat=HEARTBEAT_SECONDS,
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=GOODBYE_SECONDS),
                )
        except TimeoutError as error:
            seconds = f"{CONNECT_SECONDS:g} s"
            raise NoAnswer(f"{self.url} opens no socket within {seconds}") from error
        except aiohttp.WSServerHandshakeError as error:
            message = f"{self.url} opens no socket: {error.message}"
            raise _refusal(error.status, message) from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"no connection to {self.url}: {error}") from error

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None, seconds: float | None
    ) -> dict[str, Any]:
        seconds = seconds or self._answer_seconds
        limit = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        url = self.url + path
        try:
            async with self._http.request(method, url, json=body, timeout=limit) as response:
                answer = await response.json()
        except TimeoutError as error:
            raise NoAnswer(f"no answer from {self.url} within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"no answer from {self.url}: {error}") from error
        except ValueError as error:
            raise RefusedByServer(f"{url} answered what is no JSON: {error}") from error
        if not isinstance(answer, dict):
            raise RefusedByServer(f"{url} answered what is no JSON object")
        if response.status >= 400:
            raise _refusal(response.status, _message(answer))
        return answer


def _refusal(status: int, message: str) -> RefusedByServer:
    if status == 404:
        return NotThere(message)
    return (NoAnswer if status == 429 or status >= 500 else RefusedByServer)(message)


def _message(answer: dict[str, Any]) -> str:
    match answer:
        case {"error": {"message": str(message)}}:
            return message
        case _:
            return str(answer)
