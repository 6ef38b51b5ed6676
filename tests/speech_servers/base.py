"""Voices as local servers, which behave as the real ones do, with any fault on demand.

A service's server is a `SpeechServer` with `routes` and `error`.  Its handler reads and checks
the request as the real service does, and then:

    async with self.asked(request, text, voice, body) as fault:  # noted; which fault is due
        if (refused := await self.refused(request, fault)) is not None:
            return refused  # a status; or there was no answer at all
        pcm = self.sound(text, fault)  # what this service means to say
        pieces = ...  # its bytes, as it writes them: head, pieces with audio, end
        return await self.play(request, fault, pieces, head=head, end=end, headers=...)

One that does not speak HTTP uses `asked`, `sound` and `close` alone, and does the rest itself.

A test runs one with `async with running(TheServer()) as server`, puts `server.url` into the
provider's settings, and says `server.fail(Fault.BUSY)`, or `server.fail(Fault.CUT, about="a
text", times=1)`.  `server.requests` is what it was asked for, `server.open` how many requests
it works on, and `await server.all_closed.wait()` returns when that is none.
`pitch(pcm)` and `pitch_of(text)` are the same if it is that text's sound.
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import struct
import zlib
from array import array
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from aiohttp import web

__all__ = [
    "CHAR_MS",
    "HARMLESS",
    "QUIET",
    "RATE",
    "Asked",
    "Fault",
    "SpeechServer",
    "close",
    "pitch",
    "pitch_of",
    "running",
    "split",
    "unused",
    "wav",
]

RATE = 24_000
CHAR_MS = 65
"""How long a character takes to say, unless a server is told to be faster."""


class Fault(Enum):
    """What goes wrong with one request."""

    NONE = auto()

    # Harmless: the audio is all there.
    PLACEHOLDER_SIZES = auto()
    """A WAV whose header does not know its length, where it else would."""
    EXTRA_CHUNKS = auto()
    """A WAV with other chunks before its data and after it."""
    ODD_BYTES = auto()
    """Pieces of odd length, so that samples are split between them."""

    # The service says that it cannot.
    UNAUTHORIZED = auto()
    NOT_FOUND = auto()
    UNKNOWN_VOICE = auto()
    BUSY = auto()
    """429, with a Retry-After."""
    FAILED = auto()
    NOT_READY = auto()
    ERROR_AS_OK = auto()
    """An error's JSON with status 200."""

    # It breaks off.
    GONE = auto()
    """The connection is closed before any answer."""
    CUT_AT_ONCE = auto()
    """200, and then the connection is closed."""
    CUT = auto()
    """The connection is closed in the middle of the audio."""
    CUT_OF_LENGTH = auto()
    """The same, with a Content-Length that promised more."""
    EMPTY = auto()
    """200, and nothing in it."""
    HEADER_ONLY = auto()
    """What comes before the audio, and a clean end."""
    TRUNCATED = auto()
    """A clean end in the middle of the audio, without what should end it."""

    # It takes too long.
    HANG = auto()
    """No answer at all."""
    HANG_BEFORE_AUDIO = auto()
    HANG_IN_THE_MIDDLE = auto()
    DRIP = auto()
    """A few milliseconds of audio at a time, far slower than it plays."""

    # It believes that all is well.
    HALF = auto()
    """The second half of the text is left out, with a clean end."""
    SILENCE = auto()
    TOO_LONG = auto()
    """Noise that does not stop for long after the text should be over."""
    TOO_SHORT = auto()
    """A click."""


HARMLESS = frozenset(
    {Fault.NONE, Fault.PLACEHOLDER_SIZES, Fault.EXTRA_CHUNKS, Fault.ODD_BYTES}
)
"""After these the audio is what the service meant."""

QUIET = frozenset({Fault.HALF, Fault.SILENCE, Fault.TOO_LONG, Fault.TOO_SHORT})
"""Only who knows how the text should sound can notice these."""

_STATUS = {
    Fault.UNAUTHORIZED: 401,
    Fault.NOT_FOUND: 404,
    Fault.UNKNOWN_VOICE: 400,
    Fault.BUSY: 429,
    Fault.FAILED: 500,
    Fault.NOT_READY: 503,
}


@dataclass(frozen=True)
class Asked:
    """What a server was asked to speak, and how it was asked."""

    text: str
    voice: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Plan:
    fault: Fault
    about: str
    voice: str
    times: int


class SpeechServer:
    """A service that speaks.  Subclasses know its paths and its manners."""

    path = ""
    """What its address in the settings ends with, such as `/v1`."""
    voices: Sequence[str] = ()

    def __init__(self) -> None:
        self.origin = ""
        self.requests: list[Asked] = []
        self.most_at_once = 0
        self.open = 0
        self.all_closed = asyncio.Event()
        self.all_closed.set()
        self.abandoned = asyncio.Event()
        """Set when a client goes before its answer is done."""
        self.char_ms = CHAR_MS
        self.spelt: dict[str, int] = {}
        """How long a character takes in texts that contain the key."""
        self.silent_ms = 0
        """How much silence it puts before each text, and behind it."""
        self.first_seconds = 0.0
        self.pace_seconds = 0.0
        """Between two pieces."""
        self.drip_seconds = 0.05
        self.retry_after = "7"
        self.api_key = ""
        """If it asks for one."""
        self.list_fault = Fault.NONE
        """What is wrong with its list of voices."""
        self._plans: list[_Plan] = []

    @property
    def url(self) -> str:
        """What to put into a provider's settings."""
        return self.origin + self.path

    def fail(
        self, fault: Fault, *, about: str = "", voice: str = "", times: int = 1_000_000
    ) -> None:
        """Let requests whose text contains `about` fail, the next `times` of them; with
        `voice`, of those that ask for it.
        """
        self._plans.insert(0, _Plan(fault, about, voice, times))

    # For a subclass to say.

    def routes(self) -> list[web.RouteDef]:
        """Its paths."""
        raise NotImplementedError

    def error(self, status: int, text: str = "") -> Any:
        """The JSON with which the real service says no."""
        raise NotImplementedError

    # For a subclass to use.

    @asynccontextmanager
    async def asked(
        self, request: web.Request, text: str, voice: str, body: Any = None
    ) -> AsyncIterator[Fault]:
        """Note a request, and say which fault it meets."""
        self.requests.append(Asked(text, voice, body, dict(request.headers)))
        self.open += 1
        self.most_at_once = max(self.most_at_once, self.open)
        self.all_closed.clear()
        try:
            yield self._due(text, voice)
        except (asyncio.CancelledError, ConnectionError):
            self.abandoned.set()
            raise
        finally:
            self.open -= 1
            if not self.open:
                self.all_closed.set()

    async def refused(
        self, request: web.Request, fault: Fault, text: str = ""
    ) -> web.StreamResponse | None:
        """The answer that says no, or None if `fault` is of another kind."""
        if fault is Fault.HANG:
            await asyncio.Event().wait()
        if fault is Fault.GONE:
            await close(request)
        if fault is Fault.ERROR_AS_OK:
            return web.json_response(self.error(500, text))
        if fault not in _STATUS:
            return None
        headers = {"Retry-After": self.retry_after} if fault is Fault.BUSY else {}
        status = _STATUS[fault]
        return web.json_response(self.error(status, text), status=status, headers=headers)

    def sound(self, text: str, fault: Fault = Fault.NONE) -> bytes:
        """What the service makes of `text`: 24 kHz, 16 bit, mono."""
        slow = (ms for key, ms in self.spelt.items() if key in text)
        ms = next(slow, self.char_ms) * max(1, len(text))
        match fault:
            case Fault.HALF:
                return _tone(ms // 2, pitch_of(text))
            case Fault.SILENCE:
                return bytes(len(_tone(ms, 0)))
            case Fault.TOO_LONG:
                return _noise(200 * len(text) + 10_000)
            case Fault.TOO_SHORT:
                return _noise(30)
            case _:
                silent = bytes(self.silent_ms * RATE // 500)
                return silent + _tone(ms, pitch_of(text)) + silent

    async def play(
        self,
        request: web.Request,
        fault: Fault,
        pieces: Sequence[bytes],
        *,
        head: Sequence[bytes] = (),
        end: Sequence[bytes] = (),
        headers: Mapping[str, str],
        whole: bool = False,
    ) -> web.StreamResponse:
        """Answer 200, with what there is before the audio, the audio, and what is after it.

        Args:
            request: what is answered.
            fault: what happens meanwhile.
            pieces: those with audio.
            head: those before it, such as a WAV's header.
            end: those after it.
            headers: among them Content-Type.
            whole: not streamed, but sent at once with its Content-Length.
        """
        pieces = [*head, *pieces, *end]
        response = web.StreamResponse(headers=headers)
        if whole or fault is Fault.CUT_OF_LENGTH:
            response.content_length = sum(map(len, pieces))
        half = len(head) + (len(pieces) - len(head) - len(end)) // 2
        match fault:
            case Fault.EMPTY | Fault.CUT_AT_ONCE:
                pieces = []
            case Fault.HEADER_ONLY | Fault.HANG_BEFORE_AUDIO:
                pieces = pieces[: len(head)]
            case Fault.CUT | Fault.CUT_OF_LENGTH | Fault.TRUNCATED | Fault.HANG_IN_THE_MIDDLE:
                pieces = pieces[:half]
            case Fault.ODD_BYTES:
                pieces = _oddly(b"".join(pieces))
            case Fault.DRIP:
                pieces = [*pieces[: len(head)], *split(b"".join(pieces[len(head) :]), 333)]
            case _:
                pass
        if fault in (Fault.EMPTY, Fault.HEADER_ONLY, Fault.TRUNCATED) and whole:
            response.content_length = sum(map(len, pieces))
        await asyncio.sleep(self.first_seconds)
        await response.prepare(request)
        for piece in pieces:
            if self.pace_seconds or fault is Fault.DRIP:
                slow = self.drip_seconds if fault is Fault.DRIP else self.pace_seconds
                await asyncio.sleep(slow)
            await response.write(piece)
        if fault in (Fault.CUT_AT_ONCE, Fault.CUT, Fault.CUT_OF_LENGTH):
            await close(request)
        if fault in (Fault.HANG_BEFORE_AUDIO, Fault.HANG_IN_THE_MIDDLE):
            await asyncio.Event().wait()
        await response.write_eof()
        return response

    def _due(self, text: str, voice: str) -> Fault:
        for plan in self._plans:
            if plan.times and plan.about in text and plan.voice in ("", voice):
                plan.times -= 1
                return plan.fault
        return Fault.NONE


async def close(request: web.Request) -> None:
    """Close the connection, after what was sent; does not return."""
    assert request.transport is not None
    request.transport.close()
    await asyncio.Event().wait()


Server = TypeVar("Server", bound=SpeechServer)


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    """Let it listen on a free port."""
    app = web.Application(client_max_size=2**24)
    app.add_routes(server.routes())
    # Who goes ends the work, as it does at the real ones.
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def split(data: bytes, size: int) -> list[bytes]:
    """`data` in pieces of `size`."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def wav(pcm: bytes, fault: Fault = Fault.NONE, *, sizes: bool, rate: int = RATE) -> bytes:
    """A WAV of `pcm`; without `sizes` as one that is streamed, whose length is not known."""
    before = after = b""
    if fault is Fault.EXTRA_CHUNKS:
        before = after = _chunk(b"LIST", b"INFOISFT\x05\0\0\0test\0\0")
        sizes = True
    fmt = _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16))
    known = sizes and fault is not Fault.PLACEHOLDER_SIZES
    length = len(pcm) if known else 0xFFFFFFFF
    body = b"WAVE" + fmt + before + b"data" + struct.pack("<I", length) + pcm + after
    return b"RIFF" + struct.pack("<I", len(body) if known else 0xFFFFFFFF) + body


def pitch_of(text: str) -> int:
    """The height, in Hz, in which `text` is spoken: 200 to 1,000."""
    return 200 + 4 * (zlib.crc32(text.encode()) % 201)


def pitch(pcm: bytes) -> float:
    """The height of what can be heard in `pcm`; right within 1 in 100 after a second of it."""
    samples = np.frombuffer(pcm, "<i2")
    signs = np.sign(samples[np.abs(samples) > 2])
    crossings = int(np.count_nonzero(signs[1:] != signs[:-1]))
    return crossings / 2 / (len(signs) / RATE) if len(signs) else 0.0


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


@lru_cache(maxsize=256)
def _tone(ms: int, hertz: int) -> bytes:
    """A tone that swells four times a second, as syllables do; its edges are soft."""
    period = RATE // 4
    wave = array(
        "h",
        (
            int(
                9_000
                * (0.6 + 0.4 * math.sin(8 * math.pi * index / RATE))
                * math.sin(2 * math.pi * hertz * index / RATE)
            )
            for index in range(period)
        ),
    )
    length = RATE * ms // 1_000
    samples = (wave * (length // period + 1))[:length]
    fade = min(length // 2, RATE // 50)
    for index in range(fade):
        samples[index] = samples[index] * index // fade
        samples[-1 - index] = samples[-1 - index] * index // fade
    return samples.tobytes()


@lru_cache(maxsize=16)
def _noise(ms: int) -> bytes:
    second = array("h", random.Random(1).choices(range(-12_000, 12_000), k=RATE))
    return (second * (ms // 1_000 + 1))[: RATE * ms // 1_000].tobytes()


def _oddly(data: bytes) -> list[bytes]:
    """The first bytes one by one, and then odd pieces."""
    return [*split(data[:60], 1), *split(data[60:], 1_001)]


@contextmanager
def unused() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        # Bound and not listening: nobody else gets the port, and connecting is refused.
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
