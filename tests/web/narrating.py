"""What tests of stored scenes do again and again: write, narrate, and hear what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import Client, new_story


async def call(client: Client, method: str, path: str, status: int, **request: Any) -> Any:
    """The answer to a request, which is to have this status."""
    async with client.request(method, path, **request) as response:
        assert response.status == status, f"{response.status}: {await response.text()}"
        return await response.json() if response.content_length else None


async def set_wishes(client: Client, **wishes: Any) -> None:
    """The user's settings; all others get their defaults."""
    await call(client, "PUT", "/api/settings/tts", 200, json=wishes)


async def written(
    client: Client, story_id: int | None = None, headers: dict[str, str] | None = None
) -> Any:
    """A scene that was written whole."""
    headers = headers or {}
    if story_id is None:
        story_id = await new_story(client, **headers)
    path = f"/api/stories/{story_id}/scenes"
    return await call(client, "POST", path, 201, json={"custom_prompt": "x"}, headers=headers)


class Tab:
    """One place at which a user is told what becomes of scenes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.got: list[Any] = []

    async def told(self, kind: str, scene_id: int) -> Any:
        """The next notice of this kind about the scene; what comes before is kept too."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                notice = await self.socket.receive_json()
                self.got.append(notice)
                if (notice["type"], notice.get("scene_id")) == (kind, scene_id):
                    return notice

    async def told_all(self) -> list[Any]:
        """All that there is to tell by now."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            # It is asked of the socket, and notices come from elsewhere: so twice.
            for _ in range(2):
                await self.socket.send_json({"type": "ping"})
                while (notice := await self.socket.receive_json())["type"] != "pong":
                    self.got.append(notice)
        return self.got

    def kinds(self, scene_id: int) -> list[str]:
        """What was told of the scene, each once if it came several times in a row."""
        kinds: list[str] = []
        for notice in self.got:
            if notice.get("scene_id") == scene_id and kinds[-1:] != [notice["type"]]:
                kinds.append(notice["type"])
        return kinds


@asynccontextmanager
async def tab(
    client: Client, after: int | None = None, headers: dict[str, str] | None = None
) -> AsyncIterator[Tab]:
    """Opens the user's notifications, as a browser does."""
    me = await call(client, "GET", "/api/me", 200, headers=headers)
    url = me["notifications_url"]
    if after is not None:
        url += f"{'&' if '?' in url else '?'}after={after}"
    async with client.session.ws_connect(url) as socket:
        # From its answer on, all that happens is told here.
        await socket.send_json({"type": "ping"})
        opened = Tab(socket)
        while (notice := await socket.receive_json())["type"] != "pong":
            opened.got.append(notice)
        yield opened


async def narrate(client: Client, scene_id: int, status: int = 201) -> Any:
    return await call(client, "POST", f"/api/scenes/{scene_id}/narration", status)


async def narration_of(client: Client, scene_id: int) -> Any:
    return await call(client, "GET", f"/api/scenes/{scene_id}/narration", 200)


async def narrated(client: Client, scene_id: int, status: int = 201) -> Any:
    """Narrate the scene to its end; returns what there is then."""
    async with tab(client) as here:
        await narrate(client, scene_id, status)
        await here.told("tts_ready", scene_id)
    return await narration_of(client, scene_id)


async def ended(client: Client, here: Tab) -> None:
    """End the server; whoever is told things there is told that too."""
    ending = asyncio.create_task(client.server.close())
    async for _ in here.socket:
        pass
    assert here.socket.close_code == 1001
    await ending
