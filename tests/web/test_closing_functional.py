"""However a connection ends, the client gets what it is due, and no error is made of it."""

from __future__ import annotations

import asyncio
import socket as sockets
from typing import Any

import aiohttp

from tests.patience import PATIENCE_SECONDS
from tests.web.conftest import (
    Client,
    StartServer,
    begin,
    message_of,
    new_story,
)
from tests.web.services import STORY, ModelServer
from web.listener import SocketListener
from web.wishes import pass_on


async def test_a_slow_client_that_talks_all_the_time_gets_the_end(
    start_server: StartServer, model: ModelServer
) -> None:
    client = await start_server(
        session={"send_ahead_seconds": 600, "synthesis_ahead_seconds": 600}
    )
    model.text, model.pace = STORY * 10, 0
    session = await begin(client, await new_story(client))
    narrow = aiohttp.TCPConnector(socket_factory=_narrow)
    query = "?format=pcm&audio=binary"
    url = session["websocket_url"] + query
    async with (
        aiohttp.ClientSession(connector=narrow) as http,
        http.ws_connect(url, max_msg_size=0) as socket,
    ):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await _status(client, session))["state"] != "ended":
                pass  # All is on its way, and the client has taken a little of it.
        for _ in range(3):
            await socket.send_json({"type": "ping"})
            await asyncio.sleep(0.02)
        heard = [message_of(raw) async for raw in socket]
        assert heard[-1]["type"] == "generation_complete"
        assert socket.close_code == 1000


def _narrow(address: Any) -> sockets.socket:
    family, kind, protocol, _, _ = address
    made = sockets.socket(family, kind, protocol)
    made.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 8_192)
    return made


async def _status(client: Client, session: dict[str, Any]) -> Any:
    async with client.get(f"/api/sessions/{session['session_id']}") as response:
        return await response.json()


async def test_a_connection_that_breaks_while_a_ping_is_answered_is_no_error() -> None:
    class Breaking:
        def __aiter__(self) -> Breaking:
            return self

        async def __anext__(self) -> aiohttp.WSMessage:
            raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    socket: Any = Breaking()  # All that is used of one.
    listener = SocketListener(socket, lambda: None, lambda: False, binary=False)
    session: Any = None
    await pass_on(socket, listener, session)
    assert not listener.left.done()
