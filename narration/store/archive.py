"""One scene's place in the store: its audio as it is spoken, and its text as it is written."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

from narration.audio import BYTES_PER_SAMPLE, Transcoder
from narration.errors import NotFound
from narration.recording_key import recording_key
from narration.store.recordings import NewRecording
from narration.store.store import Store
from narration.story import (
    NarrationState,
    Occasion,
    RecordedSentence,
    SceneState,
    SpokenBy,
    Word,
)

__all__ = ["NarrationArchive", "SceneArchive"]


class NarrationArchive:
    """For a scene whose text is there: only its audio is kept, lossless.

    Meant for one writer at a time.

    Args:
        store: where it is kept.
        transcoder: makes FLAC of the audio, and back.
        user_id: whose scene it is.
        scene_id: the scene.
        spoken_by: who speaks it, and how.
        occasion: why.
        narration: the scene's narration that is gone on with, if there is one.
        first: the number of the first sentence that is new of it.
        on_stored: told the user and the key of each recording that is stored.
    """

    def __init__(
        self,
        store: Store,
        transcoder: Transcoder,
        *,
        user_id: int,
        scene_id: int,
        spoken_by: SpokenBy,
        occasion: Occasion,
        narration: int | None = None,
        first: int = 0,
        on_stored: Callable[[int, str], None] = lambda *_: None,
    ) -> None:
        self._store = store
        self._transcoder = transcoder
        self._user_id = user_id
        self._scene_id = scene_id
        self._by = spoken_by
        self._occasion = occasion
        self._narration = narration
        self._first = first
        self._on_stored = on_stored
        self._started = False

    async def save(self, text: str | None, sentences: Sequence[RecordedSentence]) -> None:
        if text is not None:
            await self.save_text(text)
        for one in sentences:
            await self.save_sentence(one)

    async def save_text(self, text: str) -> None:
        """The text is there; keep that it is being spoken, before the first sentence is."""
        await self._start()

    async def finish_text(self, text: str, state: SceneState) -> None:
        """The text is there; keep that it is being spoken, before the first sentence is."""
        await self._start()

    async def save_sentence(self, recorded: RecordedSentence) -> None:
        """Keep a sentence: its whole audio, in place of what may be there of it; or that it
        has none, or no more than this, unless more of it is kept already.
        """
        narration, sentence = await self._start(), recorded.sentence
        spoken = recorded.pcm[: len(recorded.pcm) - recorded.rest_bytes]
        rest_samples = recorded.rest_bytes // BYTES_PER_SAMPLE
        if recorded.skipped is None:
            key = recording_key(sentence.spoken, recorded.spoken_by or self._by)
            await self._save_whole(narration, recorded, spoken, rest_samples, key)
            self._on_stored(self._user_id, key)
            return
        await self._store.save_sentence(
            narration,
            sentence,
            await self._new(spoken, None, recorded.words) if spoken else None,
            rest_samples=rest_samples,
            skipped=recorded.skipped,
            stand_in=_stand_in(recorded),
        )

    async def load_sentence(self, number: int) -> RecordedSentence | None:
        """What was kept of a sentence, exactly; None if nothing was."""
        # What is there of the sentences to come is about to be replaced.
        if self._narration is None or (number >= self._first and not self._started):
            return None
        found = await self._store.recorded(self._narration, number)
        if found is None:
            return None
        rest = bytes(found.rest_samples * BYTES_PER_SAMPLE)
        flac = found.flac
        pcm = b"" if flac is None else await self._transcoder.convert(flac, "pcm")
        return RecordedSentence(
            found.sentence, pcm + rest, found.skipped, len(rest), found.words
        )

    async def finish_narration(self, state: NarrationState, message: str | None) -> None:
        """Keep how it ended, and `message`, why it failed."""
        await self._store.finish_narration(await self._start(), state, message)

    async def _save_whole(
        self,
        narration: int,
        recorded: RecordedSentence,
        spoken: bytes,
        rest_samples: int,
        key: str,
    ) -> None:
        sentence, stand_in = recorded.sentence, _stand_in(recorded)
        known = await self._store.same_recording(
            self._user_id, key, samples=_samples(spoken), crc=zlib.crc32(spoken)
        )
        if known is not None:
            try:
                await self._store.save_sentence(
                    narration,
                    sentence,
                    known,
                    rest_samples=rest_samples,
                    stand_in=stand_in,
                )
                return
            except NotFound:
                pass  # It was evicted in this moment; or it is the narration that is gone.
        new = await self._new(spoken, key, recorded.words)
        await self._store.save_sentence(
            narration, sentence, new, rest_samples=rest_samples, stand_in=stand_in
        )

    async def _new(
        self, spoken: bytes, key: str | None, words: tuple[Word, ...]
    ) -> NewRecording:
        return NewRecording(
            user_id=self._user_id,
            key=key,
            samples=_samples(spoken),
            crc=zlib.crc32(spoken),
            flac=await self._transcoder.encode(spoken, "flac"),
            words=words,
        )

    async def _start(self) -> int:
        if self._narration is None:
            self._narration = await self._store.start_narration(
                self._scene_id, self._by, self._occasion
            )
        elif not self._started:
            await self._store.resume_narration(
                self._narration, self._by, self._occasion, first=self._first
            )
        self._started = True
        return self._narration


class SceneArchive(NarrationArchive):
    """For a scene that is being written: its text is kept as well.

    There is a narration of it only when a sentence was spoken.
    """

    async def save_text(self, text: str) -> None:
        """Keep `text` as all that has been written so far."""
        await self._store.save_text(self._scene_id, text)

    async def finish_text(self, text: str, state: SceneState) -> None:
        """Keep the scene's whole text, and how it ended; it may be spoken still."""
        await self._store.finish_scene(self._scene_id, text, state)

    async def finish_narration(self, state: NarrationState, message: str | None) -> None:
        """Keep how it ended, and `message`, why it failed.

        Without a sentence that is new there is nothing to say, unless all of a scene
        that was gone on with had been spoken before.
        """
        complete = state is NarrationState.COMPLETE
        if self._narration is not None and (self._started or complete):
            await self._store.finish_narration(self._narration, state, message)


def _stand_in(recorded: RecordedSentence) -> str | None:
    return None if recorded.spoken_by is None else recorded.spoken_by.provider


def _samples(pcm: bytes) -> int:
    return len(pcm) // BYTES_PER_SAMPLE
