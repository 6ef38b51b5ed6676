"""What the server is compared with: an ordinary aiohttp program for the same listener.

It reads the model, cuts at full stops with a regular expression, has two sentences spoken at
once, and sends text and audio in order, as base64 in JSON.  Nothing is stored, resumed,
skipped, checked or bounded, and there are no users.

Run: `python tests/benchmarks/ordinary_program.py http://127.0.0.1:9100`.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import msgspec
import uvloop
from aiohttp import web

END = re.compile(r"[.!?]+\s+")
HTTP = web.AppKey("http", aiohttp.ClientSession)

upstream = ""
prompts: dict[str, str] = {}
numbers = itertools.count(1)
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode

Send = Callable[..., Awaitable[None]]
Spoken = asyncio.Queue[bytes | None]


async def story(request: web.Request) -> web.Response:
    return web.json_response({"id": next(numbers)}, status=201)


async def begin(request: web.Request) -> web.Response:
    session = str(next(numbers))
    prompts[session] = (await request.json())["custom_prompt"]
    url = f"ws://{request.host}/ws/scene-generation/{session}"
    return web.json_response({"session_id": session, "websocket_url": url}, status=201)


async def listen(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    seq = itertools.count(1)

    async def send(type: str, **fields: object) -> None:
        event = {"type": type, "seq": next(seq), **fields}
        await socket.send_str(encode(event).decode())

    await tell(request.app[HTTP], prompts.pop(request.match_info["session"]), send)
    return socket


async def tell(http: aiohttp.ClientSession, prompt: str, send: Send) -> None:
    turns = asyncio.Semaphore(2)
    order: asyncio.Queue[tuple[str, Spoken] | None] = asyncio.Queue()
    waiting: asyncio.Queue[str | None] = asyncio.Queue()

    async def speak(sentence: str, spoken: Spoken) -> None:
        body = {"model": "m", "input": sentence, "voice": "v", "response_format": "pcm"}
        async with http.post(f"{upstream}/v1/audio/speech", json=body) as response:
            async for data, _ in response.content.iter_chunks():
                await spoken.put(data)
        turns.release()
        await spoken.put(None)

    async def speak_all() -> None:
        while (sentence := await waiting.get()) is not None:
            await turns.acquire()
            spoken = Spoken(256)
            await order.put((sentence, spoken))
            group.create_task(speak(sentence, spoken))
        await order.put(None)

    async def deliver() -> None:
        for number in itertools.count():
            if (head := await order.get()) is None:
                break
            sentence, spoken = head
            while (pcm := await spoken.get()) is not None:
                audio = base64.b64encode(pcm).decode()
                await send(
                    "audio_chunk",
                    audio=audio,
                    sentence_number=number,
                    sentence_text=sentence,
                    format="pcm",
                )

    async with asyncio.TaskGroup() as group:
        group.create_task(speak_all())
        group.create_task(deliver())
        text = ""
        async for token in written(http, prompt):
            await send("text_chunk", text=token)
            text += token
            while found := END.search(text):
                waiting.put_nowait(text[: found.end()].strip())
                text = text[found.end() :]
        if text.strip():
            waiting.put_nowait(text.strip())
        waiting.put_nowait(None)
    await send("generation_complete", scene_id=1)


async def written(http: aiohttp.ClientSession, prompt: str) -> AsyncIterator[str]:
    messages = [{"role": "user", "content": prompt}]
    body = {"model": "m", "stream": True, "messages": messages}
    async with http.post(f"{upstream}/v1/chat/completions", json=body) as response:
        async for line in response.content:
            if line.startswith(b"data: {"):
                yield decode(line[6:])["choices"][0]["delta"].get("content", "")


async def client(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as app[HTTP]:
        yield


async def main(url: str) -> None:
    global upstream
    upstream = url
    app = web.Application()
    app.cleanup_ctx.append(client)
    app.router.add_post("/api/stories", story)
    scenes = "/api/stories/{story}/scenes/generate-with-tts-stream"
    app.router.add_post(scenes, begin)
    app.router.add_get("/ws/scene-generation/{session}", listen)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
