"""The server under test, and the mock upstream behind it, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from narration.errors import NarrationError
from web.mock_upstream.log import UpstreamLog

__all__ = ["LoadError", "Target"]

_ANSWER_SECONDS = 60.0
_AT_ONCE = 20


class LoadError(NarrationError):
    """The load test cannot be run; the message says why."""


class Target:
    """Many connections at once, without a limit, and without looking at what comes."""

    def __init__(self, url: str, upstream: str, http: aiohttp.ClientSession) -> None:
        self.url = url.rstrip("/")
        self.http = http
        self.upstream = upstream.rstrip("/")

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, upstream: str, token: str) -> AsyncIterator[Target]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS),
        ) as http:
            yield cls(url, upstream, http)

    async def new_stories(self, count: int) -> list[int]:
        """A story for each session, so that none reminds the model of another's scene."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int) -> int:
            async with turns:
                body = {"title": f"Load {number}"}
                return int((await self.ask("POST", "/api/stories", body))["id"])

        return await asyncio.gather(*(one(number) for number in range(count)))

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The server's answer.

        Raises:
            LoadError: it refuses, or cannot be reached.
        """
        data = await self._answer(method, self.url + path, body)
        answer: dict[str, Any] = msgspec.json.decode(data or b"{}")
        return answer

    async def upstream_log(self) -> UpstreamLog:
        return msgspec.json.decode(await self._log("GET"), type=UpstreamLog)

    async def forget_log(self) -> None:
        await self._log("DELETE")

    async def _log(self, method: str) -> bytes:
        try:
            return await self._answer(method, f"{self.upstream}/log", None)
        except LoadError as error:
            raise LoadError(
                f"{error}; the server's model and voice must be `narration mock-upstream`, "
                "whose address --upstream gives"
            ) from error

    async def _answer(self, method: str, url: str, body: Any) -> bytes:
        try:
            async with self.http.request(method, url, json=body) as response:
                data = await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise LoadError(f"no answer from {url}: {error}") from error
        if response.status >= 400:
            said = data[:200].decode(errors="replace")
            raise LoadError(f"{url} answered {response.status}: {said}")
        return data
