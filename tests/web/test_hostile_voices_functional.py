"""What a listener gets while a voice service misbehaves in every way there is.

One sentence of a scene meets a fault at its first request, and one at every request.  Each
is heard whole, once and in its place, or is a hole that says why; the text is complete; and
nothing is left open at the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from narration.audio import duration_ms
from tests.patience import PATIENCE_SECONDS
from tests.speech_servers.base import (
    QUIET,
    Fault,
    SpeechServer,
    pitch,
    pitch_of,
    running,
)
from tests.speech_servers.cases import CASES, ERRORS, Case
from tests.speech_servers.openai import OpenAIServer
from tests.web.conftest import (
    StartServer,
    audio_of,
    begin,
    connect,
    message_of,
    new_story,
    of_type,
)
from tests.web.services import ModelServer

SENTENCES = [
    "The keeper of the lamp climbed the narrow stairs in the dark and counted every one of"
    " them under his breath.",
    "Below him the whole village slept behind closed shutters while the wind tried each of"
    " the doors in turn again.",
    "He had forgotten the number long before the top but the counting kept his old fears at"
    " arms length all the way.",
    "At the landing somebody had left a single wet boot with the laces still tied in a neat"
    " and very familiar knot.",
    "He stepped over it without a word because the light would not wait for anybody and the"
    " night was young enough.",
    "Far out on the water a second lamp answered his own with three slow flashes that no"
    " ship would have any use for.",
    "So he sat down beside the window and began to write everything into the book before"
    " the morning could deny it.",
]
FAILS_ONCE, FAILS_ALWAYS = 3, 5
CHAR_MS = 25
REST_MS = 50
QUERY = "format=pcm&audio=binary"

# One way to ask each service is enough here: the rest is its adapter's, and is tried there.
TRIED = {name: case for name, case in CASES.items() if name == case.type}

FAULTS = [*ERRORS, *sorted(QUIET, key=str)]

FOR_GOOD = {fault for fault, error in ERRORS.items() if not error.retryable}
"""After these the same service is not asked again for the sentence."""

LIMITS = {
    Fault.HANG: {"first_audio_seconds": 0.5},
    Fault.HANG_BEFORE_AUDIO: {"first_audio_seconds": 0.5},
    Fault.HANG_IN_THE_MIDDLE: {"first_audio_seconds": 0.5, "stall_seconds": 0.5},
    Fault.DRIP: {"sentence_seconds": 1.0},
}

# A service that takes too long is waited for in the same way whatever the adapter: one that
# streams is enough here, and one that does not.
WAITED_FOR = {"kokoro", "piper"}
BUSY = {Fault.BUSY, Fault.NOT_READY}
TOLD = [
    (name, fault)
    for name in TRIED
    for fault in FAULTS
    if fault not in LIMITS.keys() | BUSY or name in WAITED_FOR
]


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    return TRIED[request.param]


@pytest.fixture
async def server(case: Case) -> AsyncIterator[SpeechServer]:
    async with running(case.server()) as server:
        server.char_ms = CHAR_MS
        yield server


@pytest.fixture
async def spare() -> AsyncIterator[OpenAIServer]:
    async with running(OpenAIServer()) as server:
        server.char_ms = CHAR_MS
        yield server


async def narrated(start_server: StartServer, providers: dict[str, Any]) -> list[Any]:
    """All that a listener is told, who takes an hour to hear it."""
    client = await start_server(
        speech={
            "providers": providers,
            "retries": 1,
            "retry_seconds": 0.01,
            "outage_seconds": 0.1,
        },
        # All of the scene may be sent at once, so nothing waits for the listener.
        session={
            "send_ahead_seconds": 300,
            "synthesis_ahead_seconds": 300,
            "save_ahead_seconds": 300,
            "sentences_ahead": len(SENTENCES),
        },
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        session = await begin(client, await new_story(client))
        async with connect(client, session, QUERY) as socket:
            return [message_of(raw) async for raw in socket]


def told(messages: list[Any]) -> str:
    """A letter for every sentence, in the order of what came: heard, or a hole."""
    numbers: list[tuple[int, str]] = []
    for message in messages:
        if message["type"] in ("audio_chunk", "sentence_skipped"):
            kind = "heard" if message["type"] == "audio_chunk" else "hole"
            entry = (message["sentence_number"], kind)
            if not numbers or numbers[-1] != entry:
                numbers.append(entry)
    assert [number for number, _ in numbers] == list(range(len(SENTENCES)))
    return "".join("." if kind == "heard" else "x" for _, kind in numbers)


def check_sound(messages: list[Any]) -> None:
    """What is heard of a sentence is that sentence, all of it, and once."""
    for number, pcm in audio_of(messages).items():
        text = SENTENCES[number]
        assert pitch(pcm) == pytest.approx(pitch_of(text), rel=0.03)
        assert duration_ms(pcm) == pytest.approx(len(text) * CHAR_MS + REST_MS, abs=100)


@pytest.fixture(autouse=True)
def story(model: ModelServer, server: SpeechServer) -> None:
    model.text, model.pace = " ".join(SENTENCES), 0.0
    server.retry_after = "0"


def settings_of(case: Case, server: SpeechServer, fault: Fault) -> dict[str, Any]:
    return {"type": case.type, "url": server.url} | case.settings | LIMITS.get(fault, {})


def plan(server: SpeechServer, fault: Fault) -> None:
    server.fail(fault, about=SENTENCES[FAILS_ALWAYS])
    # The client itself sends a request once more if the connection was closed meanwhile.
    server.fail(fault, about=SENTENCES[FAILS_ONCE], times=2 if fault is Fault.GONE else 1)


def check_told(messages: list[Any], expected: str, *, outage: bool = False) -> None:
    """The sentences, each heard or a hole as `expected` has it; and all of the text."""
    assert told(messages) == expected
    check_sound(messages)
    for hole in of_type(messages, "sentence_skipped"):
        assert hole["reason"].startswith("first: ")
        assert hole["sentence_text"] == SENTENCES[hole["sentence_number"]]
    text = "".join(message["text"] for message in of_type(messages, "text_chunk"))
    assert text == " ".join(SENTENCES)
    assert messages[-1]["type"] == "generation_complete"
    codes = {error["code"] for error in of_type(messages, "error")}
    assert codes <= ({"voice_starting", "voice_unavailable"} if outage else set())


@pytest.mark.parametrize(("case", "fault"), TOLD, indirect=["case"])
async def test_every_sentence_is_heard_or_is_a_hole_that_says_why(
    start_server: StartServer, server: SpeechServer, case: Case, fault: Fault
) -> None:
    plan(server, fault)
    messages = await narrated(start_server, {"first": settings_of(case, server, fault)})
    expected = "...x.x." if fault in FOR_GOOD else ".....x."
    check_told(messages, expected, outage=fault in BUSY)
    await asyncio.wait_for(server.all_closed.wait(), PATIENCE_SECONDS)


# Who steps in does so whatever the adapter: one is enough.
@pytest.mark.parametrize("case", ["kokoro"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
async def test_with_somebody_to_step_in_every_sentence_is_heard(
    start_server: StartServer,
    server: SpeechServer,
    spare: OpenAIServer,
    case: Case,
    fault: Fault,
) -> None:
    plan(server, fault)
    providers = {
        "first": settings_of(case, server, fault),
        "spare": {"type": "openai", "url": spare.url},
    }
    check_told(await narrated(start_server, providers), ".......")
    # Two are spoken at once, so any may be the first.
    stood_in = sorted(SENTENCES.index(asked.text) for asked in spare.requests)
    assert stood_in == ([FAILS_ONCE] if fault in FOR_GOOD else []) + [FAILS_ALWAYS]
    for one in (server, spare):
        await asyncio.wait_for(one.all_closed.wait(), PATIENCE_SECONDS)
