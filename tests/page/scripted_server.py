"""A server for the page that does exactly what a test tells it to.

It speaks docs/protocol.md.  A live scene follows a script, step by step.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web as http

from tests.page.script import Complete, Step
from tests.page.scripted_files import ScriptedFiles
from tests.page.scripted_narration import ScriptedNarration
from tests.page.scripted_notices import ScriptedNotices
from tests.page.scripted_scene import ScriptedScene
from tests.page.scripted_session import ScriptedSession
from tests.page.scripted_voices import ScriptedVoices

__all__ = ["ScriptedServer"]

STATIC = Path(__file__).parents[2] / "web" / "static"
CSP = "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'"


class ScriptedServer:
    """Stories in memory, scenes by script, and a record of what the page asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.script: list[Step] = [Complete()]
        self.speech: list[Step] = [Complete()]
        """How scenes are spoken that are written."""
        self.tokens: set[str] = set()
        self.settings: dict[str, Any] = {
            "tts_enabled": True,
            "auto_play_last_scene": False,
            "realtime_tts_enabled": False,
            "min_sentence_length": 20,
            "provider": "",
            "provider_type": "",
            "api_url": "",
            "timeout_seconds": 30.0,
            "extra_params": {},
            "default_voice": "heart",
            "speech_speed": 1.0,
        }
        self.api_key = ""
        self.available = True
        """Whether the service that the settings name is offered still."""
        self.voices = ScriptedVoices()
        self.wishes: list[dict[str, Any]] = []
        """What was posted to start scenes."""
        self.asked = asyncio.Event()
        """Whether there is any."""
        self.listened = asyncio.Event()
        """Whether somebody has listened to a session."""
        self.stopped_by_http = 0
        self.reachable = True
        """Whether anybody gets an answer."""
        self.session: ScriptedSession
        """The last one that was begun."""
        self.notices = ScriptedNotices()
        self.files = ScriptedFiles()
        self.refuse: dict[str, str] = {}
        """Paths, or methods and paths, that are answered with an error, and its message."""
        self._stories: dict[int, dict[str, Any]] = {}
        self._scenes: dict[int, ScriptedScene] = {}
        self._sessions: dict[str, ScriptedSession] = {}
        self._numbers = itertools.count()
        self._tickets: set[str] = set()
        self._runner: http.AppRunner | None = None

    async def start(self) -> None:
        app = http.Application(middlewares=[self._guard])
        routes = [
            http.get("/", self._page),
            http.static("/static", STATIC),
            http.get("/api/stories", self._list_stories),
            http.post("/api/stories", self._create_story),
            http.get("/api/stories/{id}", self._get_story),
            http.patch("/api/stories/{id}", self._patch_story),
            http.delete("/api/stories/{id}", self._delete_story),
            http.get("/api/stories/{id}/scenes", self._list_scenes),
            http.post("/api/stories/{id}/scenes", self._write),
            http.post("/api/stories/{id}/scenes/generate-with-tts-stream", self._tell),
            http.get("/api/scenes/{id}", self._get_scene),
            http.patch("/api/scenes/{id}", self._patch_scene),
            http.delete("/api/scenes/{id}", self._delete_scene),
            http.get("/api/scenes/{id}/narration", self._get_narration),
            http.post("/api/scenes/{id}/narration", self._narrate),
            http.get("/api/scenes/{id}/audio", self._audio),
            http.get("/api/scenes/{id}/audio/{n}", self._sentence),
            http.post("/api/scenes/{id}/continue", self._continue),
            http.get("/api/sessions", self._list_sessions),
            http.get("/api/sessions/{id}", self._get_session),
            http.post("/api/sessions/{id}/stop", self._stop),
            http.get("/api/settings/tts", self._get_settings),
            http.put("/api/settings/tts", self._put_settings),
            http.get("/api/voices", self._get_voices),
            http.post("/api/voices/preview", self._preview),
            http.get("/ws/scene-generation/{id}", self._socket),
            http.get("/api/me", self._me),
            http.get("/ws/{user_id}", self._notifications),
        ]
        app.add_routes([*routes, *self.files.routes])
        self._runner = http.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = http.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        for session in self._sessions.values():
            session.task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_story(self, title: str = "The Lighthouse", premise: str = "") -> int:
        """A story that is there before the page is opened."""
        story_id = len(self._stories) + 1
        now = datetime.now(UTC).isoformat()
        self._stories[story_id] = {
            "id": story_id,
            "title": title,
            "premise": premise,
            "language": "en",
            "created_at": now,
            "updated_at": now,
        }
        return story_id

    def add_scene(
        self,
        story_id: int,
        steps: Sequence[Step],
        *,
        prompt: str = "",
        state: str = "complete",
    ) -> int:
        """A scene that went by a script before the page is opened."""
        scene = self._new_scene(story_id, prompt)
        for step in steps:
            scene.keep(step)
        scene.state = state
        return scene.id

    def scene(self, scene_id: int) -> ScriptedScene:
        return self._scenes[scene_id]

    def pcm(self, scene_id: int) -> bytes:
        """All the audio of a scene that was sent."""
        return self._scenes[scene_id].pcm()

    def forget(self, session: ScriptedSession) -> None:
        """The session is gone, as after a restart of the server."""
        del self._sessions[session.id]
        session.task.cancel()
        session.cut()

    # Requests

    @http.middleware
    async def _guard(
        self,
        request: http.Request,
        handler: Callable[[http.Request], Awaitable[http.StreamResponse]],
    ) -> http.StreamResponse:
        if not self.reachable:
            assert request.transport is not None
            request.transport.close()
            return http.Response()
        asked = f"{request.method} {request.path}"
        if message := self.refuse.get(request.path) or self.refuse.get(asked):
            return _error(500, "failed", message)
        if self.tokens and request.path.startswith("/api/"):
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if token not in self.tokens:
                return _error(401, "unauthorized", "A token is needed.")
        try:
            response = await handler(request)
        except KeyError:
            return _error(404, "not_found", "There is no such thing.")
        if not response.prepared:
            response.headers["Content-Security-Policy"] = CSP
            response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _page(self, request: http.Request) -> http.StreamResponse:
        return http.FileResponse(STATIC / "index.html")

    async def _list_stories(self, request: http.Request) -> http.StreamResponse:
        return http.json_response({"stories": list(self._stories.values())})

    async def _create_story(self, request: http.Request) -> http.StreamResponse:
        body = await request.json()
        story_id = self.add_story(body["title"], body["premise"])
        return http.json_response(self._stories[story_id], status=201)

    async def _get_story(self, request: http.Request) -> http.StreamResponse:
        return http.json_response(self._stories[_id(request)])

    async def _patch_story(self, request: http.Request) -> http.StreamResponse:
        self._stories[_id(request)].update(await request.json())
        return http.json_response(self._stories[_id(request)])

    async def _delete_story(self, request: http.Request) -> http.StreamResponse:
        del self._stories[_id(request)]
        return http.Response(status=204)

    async def _list_scenes(self, request: http.Request) -> http.StreamResponse:
        scenes = [it for it in self._scenes.values() if it.story_id == _id(request)]
        return http.json_response({"scenes": [scene.shown() for scene in scenes]})

    async def _tell(self, request: http.Request) -> http.StreamResponse:
        body = await request.json()
        self.wishes.append(body)
        return self._begin(self._new_scene(_id(request), body["custom_prompt"]))

    async def _continue(self, request: http.Request) -> http.StreamResponse:
        return self._begin(self._scenes[_id(request)])

    async def _get_scene(self, request: http.Request) -> http.StreamResponse:
        return http.json_response(self._scenes[_id(request)].shown())

    async def _patch_scene(self, request: http.Request) -> http.StreamResponse:
        self._scenes[_id(request)].change((await request.json())["text"])
        return await self._get_scene(request)

    async def _delete_scene(self, request: http.Request) -> http.StreamResponse:
        del self._scenes[_id(request)]
        return http.Response(status=204)

    async def _audio(self, request: http.Request) -> http.StreamResponse:
        return http.json_response(self._scenes[_id(request)].audio())

    async def _sentence(self, request: http.Request) -> http.StreamResponse:
        assert request.query["format"] == "pcm"
        spoken = self._scenes[_id(request)].spoken[int(request.match_info["n"])]
        return http.Response(body=spoken.pcm, content_type="audio/pcm")

    async def _get_settings(self, request: http.Request) -> http.StreamResponse:
        told = {"api_key_set": self.api_key != "", "provider_available": self.available}
        return http.json_response(self.settings | told)

    async def _put_settings(self, request: http.Request) -> http.StreamResponse:
        settings = await request.json()
        api_key = settings.pop("api_key", self.api_key)
        if unknown := settings.keys() - self.settings.keys():
            return _error(400, "bad_request", f"There is no {', '.join(unknown)}.")
        self.settings, self.api_key = settings, api_key
        return await self._get_settings(request)

    async def _get_voices(self, request: http.Request) -> http.StreamResponse:
        await self.voices.answer.wait()
        none = {"provider": "", "provider_type": ""}
        settings = self.settings if self.available else none
        offer = self.voices.offer(settings, request.query.get("provider"))
        return http.json_response(offer)

    async def _preview(self, request: http.Request) -> http.StreamResponse:
        return await self.voices.preview(await request.json())

    # Scenes that are written

    async def _write(self, request: http.Request) -> http.StreamResponse:
        body = await request.json()
        self.wishes.append(body)
        scene = self._new_scene(_id(request), body["custom_prompt"])
        writing = self._start(scene)
        await writing.until_ended()
        if scene.text == "":
            del self._scenes[scene.id]
            return _error(502, "llm_failed", "The model does not answer.")
        narration = None
        if self.settings["tts_enabled"] and self.settings["auto_play_last_scene"]:
            session = self._speak(scene, auto_play=True)
            narration = {"session_id": session.id, "state": "speaking"}
        return http.json_response({**scene.shown(), "narration": narration}, status=201)

    async def _get_narration(self, request: http.Request) -> http.StreamResponse:
        scene = self._scenes[_id(request)]
        narrated = scene.narrated()
        for session in self._sessions.values():
            if isinstance(session, ScriptedNarration) and session.scene is scene:
                narrated["occasion"] = "auto_play" if session.auto_play else "demand"
                if not session.ended:
                    narrated |= {
                        "session_id": session.id,
                        "sentences_done": session.made,
                        "total_sentences": session.total,
                    }
        return http.json_response(narrated)

    async def _narrate(self, request: http.Request) -> http.StreamResponse:
        session = self._speak(self._scenes[_id(request)], auto_play=False)
        return http.json_response(self._described(session), status=201)

    def _speak(self, scene: ScriptedScene, *, auto_play: bool) -> ScriptedNarration:
        session = ScriptedNarration(
            f"s{len(self._sessions)}", scene, self.speech, self.notices, auto_play=auto_play
        )
        self.session = self._sessions[session.id] = session
        return session

    async def _me(self, request: http.Request) -> http.StreamResponse:
        url = f"{self.url.replace('http', 'ws', 1)}/ws/1?ticket={self._ticket()}"
        return http.json_response({"user_id": 1, "name": "local", "notifications_url": url})

    async def _notifications(self, request: http.Request) -> http.StreamResponse:
        self._tickets.remove(request.query["ticket"])
        return await self.notices.listen(request)

    # The live scene

    async def _list_sessions(self, request: http.Request) -> http.StreamResponse:
        return http.json_response(
            {"sessions": [*map(self._described, self._sessions.values())]}
        )

    async def _get_session(self, request: http.Request) -> http.StreamResponse:
        return http.json_response(self._described(self._sessions[request.match_info["id"]]))

    async def _stop(self, request: http.Request) -> http.StreamResponse:
        self.stopped_by_http += 1
        session = self._sessions[request.match_info["id"]]
        session.task.cancel()
        await session.end("stopped", "generation_stopped", scene_id=session.scene.id)
        return http.json_response({}, status=202)

    async def _socket(self, request: http.Request) -> http.StreamResponse:
        assert request.query["format"] == "pcm"
        assert request.query["audio"] == "binary"
        # Good for one connection.
        self._tickets.remove(request.query["ticket"])
        self.listened.set()
        return await self._sessions[request.match_info["id"]].listen(request)

    def _begin(self, scene: ScriptedScene) -> http.Response:
        return http.json_response(self._described(self._start(scene)), status=201)

    def _start(self, scene: ScriptedScene) -> ScriptedSession:
        scene.state = "writing"
        self.session = ScriptedSession(f"s{len(self._sessions)}", scene, self.script)
        self._sessions[self.session.id] = self.session
        self.asked.set()
        return self.session

    def _described(self, session: ScriptedSession) -> dict[str, Any]:
        url = f"{self.url.replace('http', 'ws', 1)}/ws/scene-generation/{session.id}"
        return session.status() | {"websocket_url": f"{url}?ticket={self._ticket()}"}

    def _ticket(self) -> str:
        ticket = f"t{next(self._numbers)}"
        self._tickets.add(ticket)
        return ticket

    def _new_scene(self, story_id: int, prompt: str) -> ScriptedScene:
        scene_id = len(self._scenes) + 1
        number = 1 + sum(it.story_id == story_id for it in self._scenes.values())
        self._scenes[scene_id] = ScriptedScene(scene_id, story_id, number, prompt)
        return self._scenes[scene_id]


def _id(request: http.Request) -> int:
    return int(request.match_info["id"])


def _error(status: int, code: str, message: str) -> http.Response:
    return http.json_response({"error": {"code": code, "message": message}}, status=status)
