"""A client of the server, as any app could have one: a few HTTP calls and one socket."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from web.http_calls import ANSWER_SECONDS, HttpCalls, RefusedByServer
from web.live_scene import PATIENCE_SECONDS, LiveScene

__all__ = ["Client", "RefusedByServer"]

BRIEFLY_SECONDS = 2.0


class Client:
    """Use it as an async context manager.  Every method raises `RefusedByServer`.

    An answer may take `answer_seconds`; a live scene whose connection breaks is given up
    when nobody has answered for `patience_seconds`.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        answer_seconds: float = ANSWER_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._calls = HttpCalls(url, token, answer_seconds=answer_seconds)
        self._patience_seconds = patience_seconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._calls.close()

    async def is_there(self) -> bool:
        """Whether a narration server answers at the address."""
        try:
            health = await self._calls.get("/health", seconds=BRIEFLY_SECONDS)
        except RefusedByServer:
            return False
        return bool(health.get("status") == "ok")

    async def create_story(self, title: str, premise: str = "") -> int:
        """The id of a new story."""
        story = await self._calls.post("/api/stories", {"title": title, "premise": premise})
        return int(_given(story, "id"))

    async def begin(self, story_id: int, prompt: str) -> LiveScene:
        """Start a scene.  Its events come from its `listen`."""
        started = await self._calls.post(
            f"/api/stories/{story_id}/scenes/generate-with-tts-stream",
            {"custom_prompt": prompt, "enable_tts_stream": True},
        )
        return LiveScene(
            self._calls,
            str(_given(started, "session_id")),
            str(_given(started, "websocket_url")),
            patience_seconds=self._patience_seconds,
        )


def _given(answer: dict[str, Any], name: str) -> Any:
    if name not in answer:
        raise RefusedByServer(f"the server's answer has no `{name}`")
    return answer[name]
