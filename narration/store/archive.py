"""One live scene's place in the store: its text, and its audio as it is spoken."""

from __future__ import annotations

from narration.audio import BYTES_PER_SAMPLE, Transcoder
from narration.store.store import Store
from narration.story import NarrationState, RecordedSentence, SceneState, Sentence

__all__ = ["SceneArchive"]


class SceneArchive:
    """Meant for one writer at a time.  Audio is kept lossless.

    Args:
        store: where it is kept.
        transcoder: makes FLAC of the audio, and back.
        scene_id: the scene.
        provider: who speaks it.
        voice: with which voice.
        speed: how fast; 1 is normal.
        narration: the scene's narration that is gone on with, if there is one.
        first: the number of the first sentence that is new of it.
    """

    def __init__(
        self,
        store: Store,
        transcoder: Transcoder,
        *,
        scene_id: int,
        provider: str,
        voice: str,
        speed: float,
        narration: int | None = None,
        first: int = 0,
    ) -> None:
        self._store = store
        self._transcoder = transcoder
        self._scene_id = scene_id
        self._provider = provider
        self._voice = voice
        self._speed = speed
        self._narration = narration
        self._first = first
        self._started = False

    async def save_text(self, text: str) -> None:
        """Keep `text` as all that has been written so far."""
        await self._store.save_text(self._scene_id, text)

    async def save_sentence(self, sentence: Sentence, pcm: bytes) -> None:
        """Keep a sentence's whole audio, also in place of a hole."""
        narration = await self._start()
        flac = await self._transcoder.encode(pcm, "flac")
        await self._store.save_sentence(narration, sentence, flac, _samples(pcm))

    async def skip_sentence(self, sentence: Sentence, reason: str, pcm: bytes) -> None:
        """Keep that a sentence broke off after `pcm`, unless more of it is kept already."""
        narration = await self._start()
        flac = await self._transcoder.encode(pcm, "flac") if pcm else None
        await self._store.skip_sentence(narration, sentence, reason, flac, _samples(pcm))

    async def load_sentence(self, number: int) -> RecordedSentence | None:
        """What was kept of a sentence, exactly; None if nothing was."""
        # What is there of the sentences to come is about to be replaced.
        if self._narration is None or (number >= self._first and not self._started):
            return None
        found = await self._store.recorded(self._narration, number)
        if found is None:
            return None
        sentence, flac, skipped = found
        pcm = b"" if flac is None else await self._transcoder.convert(flac, "pcm")
        return RecordedSentence(sentence, pcm, skipped)

    async def finish_text(self, text: str, state: SceneState) -> None:
        """Keep the scene's whole text, and how it ended; it may be spoken still."""
        await self._store.finish_scene(self._scene_id, text, state)

    async def finish_narration(self, narrated: bool) -> None:
        """Keep whether the scene was `narrated` to its end.

        Without a sentence that is new there is nothing to say, unless all of a scene
        that was gone on with had been spoken before.
        """
        if self._narration is not None and (self._started or narrated):
            how = NarrationState.COMPLETE if narrated else NarrationState.STOPPED
            await self._store.finish_narration(self._narration, how)

    async def _start(self) -> int:
        if self._narration is None:
            self._narration = await self._store.start_narration(
                self._scene_id, self._provider, self._voice, self._speed
            )
        elif not self._started:
            await self._store.resume_narration(
                self._narration, self._provider, self._voice, self._speed, first=self._first
            )
        self._started = True
        return self._narration


def _samples(pcm: bytes) -> int:
    return len(pcm) // BYTES_PER_SAMPLE
