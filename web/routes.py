"""Which handler answers at which address."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web as http

from web import notifications, socket
from web.views import (
    audiobooks,
    captions,
    continuing,
    health,
    live,
    me,
    narrating,
    scene_audio,
    scenes,
    settings,
    stories,
    voices,
    writing,
)

__all__ = ["add_routes"]

STATIC = Path(__file__).parent / "static"


def add_routes(app: http.Application) -> None:
    app.add_routes(
        [
            http.get("/", _page),
            http.static("/static", STATIC),
            http.get("/health", health.alive),
            http.get("/health/ready", health.ready),
            http.get("/health/actors", health.actors),
            http.get("/health/schedulers", health.schedulers),
            http.get("/health/encoding", health.encoding),
            http.get("/api/stories", stories.read_all),
            http.post("/api/stories", stories.create),
            http.get("/api/stories/{story_id}", stories.read),
            http.patch("/api/stories/{story_id}", stories.update),
            http.delete("/api/stories/{story_id}", stories.delete),
            http.get("/api/stories/{story_id}/audiobook", audiobooks.read),
            http.post("/api/stories/{story_id}/audiobook", audiobooks.make),
            http.delete("/api/stories/{story_id}/audiobook", audiobooks.remove),
            http.get("/api/stories/{story_id}/audiobook.{format}", audiobooks.download),
            http.get("/api/stories/{story_id}/scenes", scenes.read_all),
            http.post("/api/stories/{story_id}/scenes", writing.write),
            http.post(
                "/api/stories/{story_id}/scenes/generate-with-tts-stream", live.generate
            ),
            http.get("/api/scenes/{scene_id}", scenes.read),
            http.patch("/api/scenes/{scene_id}", scenes.update),
            http.delete("/api/scenes/{scene_id}", scenes.delete),
            http.post("/api/scenes/{scene_id}/continue", continuing.go_on),
            http.get("/api/scenes/{scene_id}/audio", scene_audio.audio),
            http.get("/api/scenes/{scene_id}/audio.{format}", scene_audio.scene_file),
            http.get(
                "/api/scenes/{scene_id}/audio/{number}.{format}", scene_audio.sentence_file
            ),
            http.get("/api/scenes/{scene_id}/audio/{number}", scene_audio.sentence),
            http.get("/api/scenes/{scene_id}/captions.{format}", captions.read),
            http.get("/api/scenes/{scene_id}/narration", narrating.read),
            http.post("/api/scenes/{scene_id}/narration", narrating.begin),
            http.delete("/api/scenes/{scene_id}/narration", narrating.delete),
            http.get("/api/me", me.read),
            http.get("/api/settings/tts", settings.read),
            http.put("/api/settings/tts", settings.update),
            http.get("/api/voices", voices.read_all),
            http.post("/api/voices/preview", voices.preview),
            http.get("/api/sessions", live.read_all),
            http.get("/api/sessions/{session_id}", live.read),
            http.delete("/api/sessions/{session_id}", live.stop),
            http.post("/api/sessions/{session_id}/stop", live.stop),
            http.post("/api/sessions/{session_id}/skip", live.skip),
            http.post("/api/sessions/{session_id}/pause", live.pause),
            http.post("/api/sessions/{session_id}/resume", live.resume),
            http.get("/ws/scene-generation/{session_id}", socket.listen),
            http.get("/ws/{user_id}", notifications.listen),
        ]
    )


async def _page(request: http.Request) -> http.FileResponse:
    return http.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})
