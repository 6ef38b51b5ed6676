"""A scene as the scripted server remembers it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.page.script import Say, SkipSentence, Speak, Step, duration_ms, words_of

__all__ = ["ScriptedScene"]


class _Spoken(msgspec.Struct):
    text: str
    start: int
    pcm: bytes = b""
    words: list[dict[str, str | float]] = []
    skipped: str | None = None


class ScriptedScene(msgspec.Struct):
    """What was written and spoken so far.  Ranges count code points, as Python does."""

    id: int
    story_id: int
    number: int
    prompt: str
    text: str = ""
    state: str = "writing"
    spoken: dict[int, _Spoken] = {}
    narration: str | None = None
    """What became of its audio, if that is not plain from the audio."""
    message: str | None = None
    up_to_date: bool = True

    def keep(self, step: Step) -> None:
        """Remember what a step adds."""
        match step:
            case Say(text):
                self.text += text
            case Speak(sentence, text, pcm):
                spoken = self._sentence(sentence, text)
                spoken.pcm += pcm
                spoken.words += words_of(step)
            case SkipSentence(sentence, text, reason):
                self._sentence(sentence, text).skipped = reason
            case _:
                pass

    def _sentence(self, number: int, text: str) -> _Spoken:
        if number not in self.spoken:
            through = max((it.start + len(it.text) for it in self.spoken.values()), default=0)
            self.spoken[number] = _Spoken(text, self.text.index(text, through))
        return self.spoken[number]

    def forget_holes_at_end(self) -> int:
        """The first sentence to be spoken when the scene goes on."""
        first = max((n + 1 for n, it in self.spoken.items() if it.pcm), default=0)
        self.spoken = {n: it for n, it in self.spoken.items() if n < first}
        return first

    def start_ms(self, sentence: int) -> float:
        """Where a sentence begins in the scene's audio."""
        return sum(duration_ms(it.pcm) for n, it in self.spoken.items() if n < sentence)

    def pcm(self) -> bytes:
        """All its audio, in order."""
        return b"".join(it.pcm for _, it in sorted(self.spoken.items()))

    def shown(self) -> dict[str, Any]:
        """The answer to `GET /api/scenes/{id}`."""
        now = datetime.now(UTC).isoformat()
        return {
            "id": self.id,
            "story_id": self.story_id,
            "number": self.number,
            "prompt": self.prompt,
            "text": self.text,
            "state": self.state,
            "created_at": now,
            "updated_at": now,
        }

    def change(self, text: str) -> None:
        """Its audio is no longer of its text."""
        self.text = text
        self.spoken = {}
        self.narration = "outdated"

    def narrated(self) -> dict[str, Any]:
        """The answer to `GET /api/scenes/{id}/narration`, but for the session."""
        spoken = self.spoken.values()
        plain = "complete" if any(it.pcm for it in spoken) else "none"
        return {
            "scene_id": self.id,
            "state": self.narration or plain,
            "occasion": "live",
            "sentences_done": len(self.spoken),
            "total_sentences": len(self.spoken),
            "holes": sum(it.skipped is not None for it in spoken),
            "duration_ms": duration_ms(self.pcm()),
            "message": self.message,
            "up_to_date": self.up_to_date,
            "session_id": None,
            "websocket_url": None,
        }

    def audio(self) -> dict[str, Any]:
        """The answer to `GET /api/scenes/{id}/audio`."""
        sentences: list[dict[str, Any]] = []
        at = 0.0
        for number, spoken in sorted(self.spoken.items()):
            url = f"/api/scenes/{self.id}/audio/{number}"
            duration = duration_ms(spoken.pcm)
            sentences.append(
                {
                    "number": number,
                    "text": spoken.text,
                    "start": spoken.start,
                    "end": spoken.start + len(spoken.text),
                    "start_ms": at,
                    "duration_ms": duration,
                    "skipped": spoken.skipped,
                    "words": spoken.words,
                    "url": url if spoken.skipped is None else None,
                }
            )
            at += duration
        return {"scene_id": self.id, "duration_ms": at, "sentences": sentences}
