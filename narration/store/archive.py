"""One live scene's place in the store: its text, and its audio as it is spoken."""

from __future__ import annotations

from narration.audio import BYTES_PER_SAMPLE, Transcoder
from narration.store.store import Store
from narration.story import NarrationState, SceneState, Sentence

__all__ = ["SceneArchive"]


class SceneArchive:
    """Meant for one writer at a time.  Audio is kept lossless."""

    def __init__(
        self,
        store: Store,
        transcoder: Transcoder,
        *,
        scene_id: int,
        provider: str,
        voice: str,
        speed: float,
    ) -> None:
        self._store = store
        self._transcoder = transcoder
        self._scene_id = scene_id
        self._provider = provider
        self._voice = voice
        self._speed = speed
        self._narration: int | None = None

    async def save_text(self, text: str) -> None:
        await self._store.save_text(self._scene_id, text)

    async def save_sentence(self, sentence: Sentence, pcm: bytes) -> None:
        narration = await self._started()
        flac = await self._transcoder.encode(pcm, "flac")
        samples = len(pcm) // BYTES_PER_SAMPLE
        await self._store.save_sentence(narration, sentence, flac, samples)

    async def skip_sentence(self, sentence: Sentence, reason: str) -> None:
        await self._store.skip_sentence(await self._started(), sentence, reason)

    async def finish(self, text: str, state: SceneState, *, narrated: bool) -> None:
        await self._store.finish_scene(self._scene_id, text, state)  # The text first.
        if self._narration is not None:
            how = NarrationState.COMPLETE if narrated else NarrationState.STOPPED
            await self._store.finish_narration(self._narration, how)

    async def _started(self) -> int:
        if self._narration is None:
            self._narration = await self._store.start_narration(
                self._scene_id, self._provider, self._voice, self._speed
            )
        return self._narration
