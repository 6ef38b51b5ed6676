"""The voice that comes with the server: it needs no key, no GPU and no download."""

from __future__ import annotations

import asyncio
import importlib.metadata
import itertools
from collections.abc import AsyncGenerator

from narration.audio.pcm import SAMPLE_RATE, slices
from narration.child import Child
from narration.child_frames import encode_frame, receive_frame
from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.kept_child import KeptChild
from narration.speech.base import Adapter, Audio, Profile, SpeechRequest, Voice
from narration.speech.digest import digest
from narration.speech.embedded.english import READING
from narration.speech.embedded.messages import SPOKEN, Say, Spoken

__all__ = ["ADAPTER", "EmbeddedSpeech"]

_MODULE = "narration.speech.embedded.child"
_VOICE = Voice("heart", "Heart")
_SPEEDS = (0.5, 2.0)
_THREADS = 1


def _version() -> str:
    try:
        return importlib.metadata.version("hibari-tts")
    except importlib.metadata.PackageNotFoundError:
        return ""  # It cannot start then, and says so itself.


# Here and not later: it reads files, which would hold up the event loop.
_PARAMETERS = digest("hibari-tts", _version(), READING)
_PROFILE = Profile(
    formats=("pcm",),
    sample_rate=SAMPLE_RATE,
    streams=False,
    concurrency=1,
    max_chars=280,
    speeds=_SPEEDS,
)


class EmbeddedSpeech:
    """The hibari voice in child processes, each started again if it dies.

    There are as many processes as it speaks sentences at once.
    """

    def __init__(self, name: str, config: ProviderConfig, public_only: bool = False) -> None:
        self.name = name
        self.profile = _PROFILE.configured(config)
        processes = self.profile.concurrency
        self.default_voice = _VOICE.id
        self.parameters = _PARAMETERS
        self._seconds = config.first_audio_seconds
        self._ids = itertools.count(1)
        self._children = [KeptChild(self._start_child) for _ in range(processes)]
        self._idle = list(self._children)
        # The scheduler lets no more in.  But a sentence that was called off has lost its
        # place there while its process still speaks.
        self._slots = asyncio.Semaphore(processes)
        self._working: set[asyncio.Task[bytes]] = set()

    async def start(self) -> None:
        """Start the processes, and return when all can speak; `aclose` even if it fails.

        Raises:
            SpeechError: they cannot work here; the message says what to do.
        """
        try:
            async with asyncio.TaskGroup() as starting:
                for child in self._children:
                    starting.create_task(child.start())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        """Yield the sentence, in pieces of at most `MAX_CHUNK_MS`."""
        if request.voice not in ("", _VOICE.id):
            message = f"it has no voice of that name, only {_VOICE.id!r}"
            raise SpeechError(self.name, message, retryable=False)
        slowest, fastest = _SPEEDS
        speed = min(max(request.speed, slowest), fastest)
        await self._slots.acquire()
        # A task of its own: if the listener goes, the process still finishes its sentence,
        # which takes a moment, and only then takes the next.
        work = asyncio.create_task(self._speak(Say(next(self._ids), request.text, speed)))
        self._working.add(work)
        work.add_done_callback(self._done)
        pcm = await asyncio.shield(work)
        for piece in slices(pcm):
            yield Audio(piece)

    async def voices(self) -> list[Voice]:
        """The one voice that is inside the package."""
        return [_VOICE]

    async def aclose(self) -> None:
        """End the processes; idempotent."""
        for work in self._working:
            work.cancel()
        await asyncio.gather(*(child.aclose() for child in self._children))

    def _done(self, work: asyncio.Task[bytes]) -> None:
        self._working.discard(work)
        self._slots.release()
        if not work.cancelled():
            work.exception()  # If the listener is gone, nobody else asks for it.

    async def _speak(self, say: Say) -> bytes:
        kept = next((child for child in self._idle if child.works), self._idle[0])
        self._idle.remove(kept)
        try:
            spoken = await self._told(kept, say) or await self._told(kept, say)
        finally:
            self._idle.append(kept)
        if spoken is None:
            message = "its process ended, twice, while it spoke this sentence"
            raise SpeechError(self.name, message, retryable=True)
        if spoken.error:
            message = f"it cannot speak this sentence ({spoken.error})"
            raise SpeechError(self.name, message, retryable=False)
        if not spoken.pcm:
            message = "there is nothing in this sentence that it could speak"
            raise SpeechError(self.name, message, retryable=False)
        return spoken.pcm

    async def _told(self, kept: KeptChild, say: Say) -> Spoken | None:
        """Have a process speak; None if it ended, which may have been before it was asked."""
        child = await kept.child()
        return await child.while_alive(self._exchange(child, say))

    async def _exchange(self, child: Child, say: Say) -> Spoken | None:
        try:
            async with asyncio.timeout(self._seconds):
                child.stdin.write(encode_frame(say))
                await child.stdin.drain()
                while (spoken := await receive_frame(child.stdout, SPOKEN)).id != say.id:
                    pass  # An answer that nobody waits for any more.
                return spoken
        except TimeoutError:
            child.kill()
            message = f"it did not speak within {self._seconds:g} s"
            raise SpeechError(self.name, message, retryable=True) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            child.kill()
            await child.death()
            return None

    async def _start_child(self) -> Child:
        argument = f"--threads={_THREADS}"
        return await Child.start(_MODULE, argument, name=self.name, kind=SpeechError)


ADAPTER = Adapter(
    open=EmbeddedSpeech,
    profile=_PROFILE,
    label="Embedded",
    settings=frozenset(),
    default_url="",
    own=False,
)
