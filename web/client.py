"""A client of the server, as any app could have one: one HTTP call and one socket."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from narration.errors import NarrationError
from narration.events import Error, Event, GenerationComplete, GenerationStopped
from web.wire import unframe

__all__ = ["Client", "RefusedByServer"]

_decode = msgspec.json.Decoder(Event).decode
_BRIEFLY = aiohttp.ClientTimeout(total=2)


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
            async with self._http.get(f"{self._url}/health", timeout=_BRIEFLY) as response:
                return bool((await response.json()).get("status") == "ok")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError):
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
        last: Event | None = None
        try:
            async with self._http.ws_connect(
                f"{url}{separator}format=pcm&audio=binary",
                heartbeat=20,
                max_msg_size=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=2),
            ) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        last = unframe(message.data)
                    elif message.type is aiohttp.WSMsgType.TEXT:
                        last = _decode(message.data)
                    else:
                        continue
                    yield last
        except (aiohttp.ClientError, OSError) as error:
            raise RefusedByServer(f"the connection to {self._url} broke: {error}") from error
        finally:
            if not _is_last(last):
                await self._say_stop(started["session_id"])
        if not _is_last(last):
            raise RefusedByServer(f"the connection to {self._url} broke")

    async def _say_stop(self, session_id: str) -> None:
        """So that the server need not find out; if it does not hear it, it finds out."""
        url = f"{self._url}/api/sessions/{session_id}/stop"
        try:
            async with self._http.post(url, timeout=_BRIEFLY):
                pass
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._http.post(self._url + path, json=body) as response:
                answer: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RefusedByServer(f"no answer from {self._url}: {error}") from error
        if response.status >= 400:
            raise RefusedByServer(str(answer.get("error", {}).get("message", answer)))
        return answer


def _is_last(event: Event | None) -> bool:
    match event:
        case GenerationComplete() | GenerationStopped():
            return True
        case Error():
            return event.scene_id is not msgspec.UNSET
        case _:
            return False
