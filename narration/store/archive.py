"""One scene's place in the store: its audio as it is spoken, and its text as it is written."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from narration.audio import BYTES_PER_SAMPLE, Transcoder
from narration.audio.wav import wav_file
from narration.errors import NotFound
from narration.recording_key import recording_key
from narration.store.group_commit import Transaction
from narration.store.narrations import finish, require, resume, start
from narration.store.recordings import NewRecording
from narration.store.scenes import save_text
from narration.store.sentences import keep_sentence
from narration.store.store import Store
from narration.story import (
    NarrationState,
    Occasion,
    RecordedSentence,
    SceneState,
    SpokenBy,
)

__all__ = ["NarrationArchive", "SceneArchive"]


class _Place(NamedTuple):
    """Where sentences go: a narration, once there is one.

    `open`: this archive added sentences to it; else those to come replace what is there.
    """

    narration: int | None
    open: bool


class _Saved(NamedTuple):
    """What came of a save whose text is kept; `error` is why its sentences are not."""

    place: _Place
    keys: tuple[str, ...] = ()
    error: NotFound | None = None


class NarrationArchive:
    """For a scene whose text is there: only its audio is kept, lossless.

    Its jobs may follow each other before their results are there, and share transactions
    with those of other scenes.  Meant for one writer at a time.

    Args:
        store: where it is kept.
        transcoder: reads the audio that is kept.
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
        self._first = first
        self._on_stored = on_stored
        # As it was last committed.  Changed on the loop only, while no transaction runs.
        self._place = _Place(narration, open=False)

    def save(
        self, text: str | None, sentences: Sequence[RecordedSentence]
    ) -> asyncio.Future[None]:
        """Keep what there is at this moment, in one write.

        Args:
            text: all that was written so far; None if it has not grown.
            sentences: each with its whole audio, in place of what may be there of it; or that
                it has none, or no more than this, unless more of it is kept already.

        Raises:
            NotFound: the scene is gone, or its narration, then with the sentences only.
        """
        return self._store.database.commit(
            lambda job: self._save(job, text, sentences), self._saved
        )

    def finish_text(self, text: str, state: SceneState) -> asyncio.Future[None]:
        """The text is there; keep that it is being spoken, before the first sentence is."""
        return self._store.database.commit(
            lambda job: self._save(job, text, ()), self._saved, soon=True
        )

    def finish_narration(
        self, state: NarrationState, message: str | None
    ) -> asyncio.Future[None]:
        """Keep how it ended, and `message`, why it failed."""

        def end(job: Transaction) -> _Saved:
            narration = self._started(job, self._current(job))
            finish(job, narration, state, message)
            return self._left(job, narration)

        return self._store.database.commit(end, self._saved, soon=True)

    async def load_sentence(self, number: int) -> RecordedSentence | None:
        """What was kept of a sentence, exactly; None if nothing was."""
        narration, is_open = self._place
        # What is there of the sentences to come is about to be replaced.
        if narration is None or (number >= self._first and not is_open):
            return None
        found = await self._store.recorded(narration, number)
        if found is None:
            return None
        rest = bytes(found.rest_samples * BYTES_PER_SAMPLE)
        audio = found.audio
        pcm = b"" if audio is None else await self._transcoder.convert(audio, "pcm")
        return RecordedSentence(
            found.sentence, pcm + rest, found.skipped, len(rest), found.words
        )

    def _keep_text(self, job: Transaction, text: str) -> None:
        """It is there."""

    def _save(
        self, job: Transaction, text: str | None, sentences: Sequence[RecordedSentence]
    ) -> _Saved:
        if text is not None:
            self._keep_text(job, text)
        before = self._current(job)
        if not self._is_spoken(before, sentences):
            return _Saved(before)
        try:
            narration = self._started(job, before)
        except NotFound as error:
            # Nothing was written of them: the text stays.
            return _Saved(before, error=error)
        keys = [self._keep(job, narration, recorded) for recorded in sentences]
        return self._left(job, narration, [key for key in keys if key is not None])

    def _is_spoken(self, place: _Place, sentences: Sequence[RecordedSentence]) -> bool:
        return bool(sentences) or not place.open

    def _current(self, job: Transaction) -> _Place:
        """What jobs before this one in the same transaction have made of it."""
        place: _Place = job.found.get(self, self._place)
        return place

    def _started(self, job: Transaction, place: _Place) -> int:
        """The narration that sentences can be added to now."""
        if place.narration is None:
            return start(job, self._scene_id, self._by, self._occasion)
        if place.open:
            require(job, place.narration)
        else:
            resume(job, place.narration, self._by, self._occasion, self._first)
        return place.narration

    def _left(self, job: Transaction, narration: int, keys: Sequence[str] = ()) -> _Saved:
        """Leave it to the jobs that follow in the same transaction.  The last step of a job:
        of one that fails they must not learn anything.
        """
        job.found[self] = place = _Place(narration, open=True)
        return _Saved(place, tuple(keys))

    def _saved(self, saved: _Saved) -> None:
        """On the loop: it is committed."""
        self._place = saved.place
        for key in saved.keys:
            self._on_stored(self._user_id, key)
        if saved.error is not None:
            raise saved.error

    def _keep(
        self, job: Transaction, narration: int, recorded: RecordedSentence
    ) -> str | None:
        """Keep a sentence; returns its key, if all of it is there."""
        by = recorded.spoken_by
        key = None
        if recorded.skipped is None:
            key = recording_key(recorded.sentence.spoken, by or self._by)
        spoken = recorded.pcm[: len(recorded.pcm) - recorded.rest_bytes]
        recording = None
        if spoken or key is not None:
            recording = NewRecording(
                user_id=self._user_id,
                key=key,
                samples=len(spoken) // BYTES_PER_SAMPLE,
                crc=zlib.crc32(spoken),
                audio=wav_file(spoken),
                words=recorded.words,
            )
        keep_sentence(
            job,
            narration,
            recorded.sentence,
            recording,
            rest_samples=recorded.rest_bytes // BYTES_PER_SAMPLE,
            skipped=recorded.skipped,
            stand_in=None if by is None else by.provider,
        )
        return key


class SceneArchive(NarrationArchive):
    """For a scene that is being written: its text is kept as well.

    There is a narration of it only when a sentence was spoken.
    """

    def finish_text(self, text: str, state: SceneState) -> asyncio.Future[None]:
        """Keep the scene's whole text, and how it ended; it may be spoken still."""
        return self._store.finish_scene(self._scene_id, text, state)

    def finish_narration(
        self, state: NarrationState, message: str | None
    ) -> asyncio.Future[None]:
        """Keep how it ended, and `message`, why it failed.

        Without a sentence that is new there is nothing to say, unless all of a scene
        that was gone on with had been spoken before.
        """

        def end(job: Transaction) -> None:
            narration, is_open = self._current(job)
            if narration is not None and (is_open or state is NarrationState.COMPLETE):
                finish(job, narration, state, message)

        return self._store.database.commit(end, soon=True)

    def _keep_text(self, job: Transaction, text: str) -> None:
        save_text(job, self._scene_id, text)

    def _is_spoken(self, place: _Place, sentences: Sequence[RecordedSentence]) -> bool:
        return bool(sentences)
