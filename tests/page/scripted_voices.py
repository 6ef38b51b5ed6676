"""Who may speak, as a test has it: what the page is offered, and what it has had spoken."""

from __future__ import annotations

import asyncio
import base64
import io
import wave
from typing import Any

from aiohttp import web as http

from tests.page.script import SAMPLE_RATE, duration_ms

__all__ = ["ScriptedVoices", "service"]


def service(name: str, label: str, **more: Any) -> dict[str, Any]:
    """A service of the operator's."""
    known = {"streams": True, "word_times": False, "speeds": [0.5, 2.0], "params": []}
    return {"name": name, "type": name, "label": label, "default_voice": "", **known, **more}


class ScriptedVoices:
    """One service with two voices, until a test says otherwise."""

    def __init__(self) -> None:
        self.providers = [service("kokoro", "Kokoro", default_voice="heart")]
        self.voices = {"kokoro": {"heart": "Heart", "sky": "Sky"}}
        """Voices and what they are called, by service; by address, of a reader's own."""
        self.own_servers = "no"
        self.errors: dict[str, str] = {}
        """Services whose voices cannot be told, and why."""
        self.answer = asyncio.Event()
        self.answer.set()
        """While this is not set, nobody gets an answer."""
        self.pcm = b""
        """What every voice sounds like."""
        self.file: bytes | None = None
        """What comes instead."""
        self.previews: list[dict[str, Any]] = []
        """What was asked to be heard."""
        self.refusal = ""
        """Why nothing can be heard."""

    def offer(self, settings: dict[str, Any], name: str | None) -> dict[str, Any]:
        """The answer to `GET /api/voices`."""
        own = name is None and settings["provider_type"] != ""
        chosen = name or settings["provider"] or self.providers[0]["name"]
        key = settings["api_url"] if own else chosen
        error = self.errors.get(key)
        listed = {} if error else self.voices.get(key, {})
        usual = next((it["default_voice"] for it in self.providers if it["name"] == key), "")
        return {
            "provider": key,
            "own": own,
            "default_voice": usual,
            "voices": [{"id": id, "name": name} for id, name in listed.items()],
            "error": error and {"code": "voice_failed", "message": error, "retryable": True},
            "providers": self.providers,
            "own_servers": self.own_servers,
            "types": [
                {
                    "type": "openai",
                    "label": "OpenAI-compatible",
                    "speeds": [0.25, 4.0],
                    "params": ["instructions"],
                },
                {
                    "type": "chatterbox",
                    "label": "Chatterbox",
                    "speeds": [1.0, 1.0],
                    "params": ["exaggeration"],
                },
            ],
        }

    async def preview(self, wish: dict[str, Any]) -> http.Response:
        """The answer to `POST /api/voices/preview`."""
        self.previews.append(wish)
        await self.answer.wait()
        if self.refusal:
            error = {"code": "voice_failed", "message": self.refusal, "retryable": True}
            return http.json_response({"error": error}, status=502)
        file = _wav(self.pcm) if self.file is None else self.file
        return http.json_response(
            {
                "provider": wish["provider"],
                "voice": wish["default_voice"],
                "text": "The sea was calm.",
                "format": "wav",
                "audio": base64.b64encode(file).decode(),
                "duration_ms": duration_ms(self.pcm),
                "first_audio_ms": 412.0,
                "total_ms": 900.0,
                "words": [],
            }
        )


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(pcm)
    return file.getvalue()
