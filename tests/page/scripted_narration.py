"""The audio of a scene that is there, as it is made: heard or not, told of by notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.page.script import SkipSentence, Speak, Step
from tests.page.scripted_notices import ScriptedNotices
from tests.page.scripted_scene import ScriptedScene
from tests.page.scripted_session import ScriptedSession

__all__ = ["ScriptedNarration"]

_STATES = {"complete": "complete", "stopped": "stopped", "partial": "failed"}
_NOTICES = {"complete": "tts_ready", "stopped": "tts_stopped", "failed": "tts_failed"}


class ScriptedNarration(ScriptedSession):
    """Speaks the scene anew, by a script."""

    def __init__(
        self,
        id: str,
        scene: ScriptedScene,
        steps: Sequence[Step],
        notices: ScriptedNotices,
        *,
        auto_play: bool,
    ) -> None:
        scene.spoken = {}
        scene.narration, scene.message, scene.up_to_date = "speaking", None, True
        super().__init__(id, scene, steps)
        self.written = True
        self.auto_play = auto_play
        self.total = sum(isinstance(it, Speak) and it.final for it in steps)
        self.total += sum(isinstance(it, SkipSentence) for it in steps)
        self.made = 0
        self._text_start = 0
        self._notices = notices

    def status(self) -> dict[str, Any]:
        return super().status() | {"background": True}

    async def end(self, state: str, kind: str, **fields: Any) -> None:
        self.scene.narration = _STATES[state]
        self.scene.message = fields.get("message")
        self.ended = True
        await self._say(kind, **fields)
        more: dict[str, Any] = {"chunk_count": self.made}
        if state == "partial":
            more = {"message": fields["message"], "retryable": True}
        await self._tell(_NOTICES[self.scene.narration], **more)

    async def _greet(self) -> None:
        await super()._greet()
        await self._say("text_chunk", text=self.scene.text)

    async def _do(self, step: Step) -> None:
        await super()._do(step)
        if isinstance(step, SkipSentence) or (isinstance(step, Speak) and step.final):
            self.made += 1
            await self._tell(
                "tts_progress",
                session_id=self.id,
                sentences_done=self.made,
                total_sentences=self.total,
            )

    async def _tell(self, kind: str, **fields: Any) -> None:
        scene = self.scene
        where = {"story_id": scene.story_id, "scene_id": scene.id}
        await self._notices.tell(kind, **where, auto_play=self.auto_play, **fields)
