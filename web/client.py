"""A client of the server, as any app could have one: one HTTP call and one socket."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from narration.errors import NarrationError
from narration.events import Event
from web.wire import unframe

__all__ = ["Client", "RefusedByServer"]

_decode = msgspec.json.Decoder(Event).decode


class RefusedByServer(NarrationError):
    """The server said no, or cannot be understood; the message is its own."""


class Client:
    """Use it as an async context manager.  Every method raises `RefusedByServer`."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url.rstrip("/")
        self._http = aiohttp.ClientSession(headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.close()

    async def is_there(self) -> bool:
        """Whether a narration server answers at the address."""
        try:
            async with self._http.get(f"{self._url}/health") as response:
                return bool((await response.json()).get("status") == "ok")
        except (aiohttp.ClientError, OSError, ValueError, AttributeError):
            return False

    async def create_story(self, title: str, premise: str = "") -> int:
        """The id of a new story."""
        story = await self._post("/api/stories", {"title": title, "premise": premise})
        return int(story["id"])

    async def listen(self, story_id: int, prompt: str) -> AsyncGenerator[Event]:
        """Start a scene, and yield its events as they come, audio as PCM.

        Closing the generator stops the scene; what was written is kept.
        """
        started = await self._post(
            f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
            {"custom_prompt": prompt, "enable_tts_stream": True},
        )
        url = started["websocket_url"]
        separator = "&" if "?" in url else "?"
        over = False
        try:
            async with self._http.ws_connect(
                f"{url}{separator}format=pcm&audio=binary", heartbeat=20, max_msg_size=0
            ) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        yield unframe(message.data)
                    elif message.type is aiohttp.WSMsgType.TEXT:
                        yield _decode(message.data)
                over = True
        except (aiohttp.ClientError, OSError) as error:
            raise RefusedByServer(f"the connection to {self._url} broke: {error}") from error
        finally:
            if not over:
                await self._post(f"/api/sessions/{started['session_id']}/stop", {})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._http.post(self._url + path, json=body) as response:
                answer: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RefusedByServer(f"no answer from {self._url}: {error}") from error
        if response.status >= 400:
            raise RefusedByServer(str(answer.get("error", {}).get("message", answer)))
        return answer
