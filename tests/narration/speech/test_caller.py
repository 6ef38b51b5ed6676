"""How long a service is waited for, and what is left of a request that ends early."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from threading import get_ident
from typing import Any

import pytest

from narration.config import ProviderConfig
from narration.errors import SpeechError
from narration.speech.calling.caller import Caller
from narration.speech.calling.incoming import IncomingAudio
from tests.narration.scripted_service import ScriptedService, Step, cut, hang
from tests.patience import PATIENCE_SECONDS
from tests.sounds import encoded, tone

Open = Callable[..., Caller]
PCM_TYPE = {"Content-Type": "audio/pcm"}
PCM = bytes(range(1, 241)) * 40
FLAC = encoded(tone(0.5), "flac")


@pytest.fixture
async def open_caller(service: ScriptedService) -> AsyncIterator[Open]:
    opened: list[Caller] = []

    def open_(url: str = "", **limits: Any) -> Caller:
        url = url or service.url
        config = ProviderConfig(url=url, api_key="sk-secret", **limits)
        opened.append(Caller("amy", url + "/", config))
        return opened[-1]

    yield open_
    for caller in opened:
        await caller.aclose()


async def heard(caller: Caller) -> bytes:
    pcm = b""
    async with caller.ask("/speak", {"text": "Ja.", "nothing": None}) as answer:
        incoming = IncomingAudio(answer.content_type, 24_000)
        async with aclosing(answer.audio(incoming)) as audio:
            async for piece in audio:
                pcm += piece.pcm
    return pcm


async def read(pieces: AsyncIterator[object]) -> None:
    async for _ in pieces:
        pass


async def refused(caller: Caller) -> SpeechError:
    with pytest.raises(SpeechError) as caught:
        await asyncio.wait_for(heard(caller), PATIENCE_SECONDS)
    return caught.value


def pause(seconds: float) -> Step:
    async def rest(request: object) -> None:
        await asyncio.sleep(seconds)

    return rest


async def test_what_came_of_a_sentence_is_heard_before_the_break_is_told(
    service: ScriptedService, open_caller: Open
) -> None:
    pcm = PCM * 20  # Four seconds.
    service.answer(pcm, pause(0.1), cut, headers=PCM_TYPE)
    came: list[bytes] = []

    async def listen() -> None:
        caller = open_caller()
        async with caller.ask("/speak", {"text": "Ja."}, gather=lambda: 0.5) as answer:
            async for piece in answer.audio(IncomingAudio(answer.content_type, 24_000)):
                came.append(piece.pcm)

    with pytest.raises(SpeechError, match="broke off in the middle"):
        await listen()
    assert b"".join(came) == pcm


async def test_what_is_none_is_not_sent(service: ScriptedService, open_caller: Open) -> None:
    service.answer(PCM, headers=PCM_TYPE)
    assert await heard(open_caller()) == PCM
    assert service.bodies == [{"text": "Ja."}]
    assert service.headers[0]["Authorization"] == "Bearer sk-secret"


async def test_a_query_in_the_url_stays_behind_the_path(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(PCM, headers=PCM_TYPE)
    caller = open_caller(f"{service.url}?key=x&to=")
    assert await heard(caller) == PCM
    await caller.look_up("/voices")
    assert service.paths == ["/v1/speak?key=x&to=/", "/v1/voices?key=x&to=/"]


async def test_a_connection_is_kept_for_the_next_sentence(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(PCM, headers=PCM_TYPE)
    caller = open_caller()
    for _ in range(3):
        await heard(caller)
    assert len(service.connections) == 1


async def test_the_time_of_who_reads_is_not_the_services(
    service: ScriptedService, open_caller: Open
) -> None:
    is_read = asyncio.Event()

    async def wait(request: object) -> None:
        await is_read.wait()
        await asyncio.sleep(0.05)

    service.answer(PCM, wait, PCM, headers=PCM_TYPE)
    caller = open_caller(first_audio_seconds=2, stall_seconds=2, sentence_seconds=2)
    async with caller.ask("/speak", {}) as answer:
        assert await anext(answer) == PCM
        answer.heard()
        await asyncio.sleep(2.2)
        is_read.set()
        assert await anext(answer) == PCM


async def test_signs_of_life_win_no_time(service: ScriptedService, open_caller: Open) -> None:
    service.answer(*[b": ping\n\n", pause(0.02)] * 1_000)
    for speaks, said in ((False, "did not begin to speak"), (True, "fell silent")):
        caller = open_caller(first_audio_seconds=0.3, stall_seconds=0.3)
        async with caller.ask("/speak", {}) as answer:
            if speaks:
                answer.heard()
            with pytest.raises(SpeechError, match=f"{said}.* 0.3 s"):
                await read(answer)


async def test_audio_wins_time_until_the_sentence_has_taken_all_of_it(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(*[PCM[:240], pause(0.02)] * 1_000, headers=PCM_TYPE)
    error = await refused(open_caller(stall_seconds=0.5, sentence_seconds=0.9))
    assert "takes longer than 0.9 s for one sentence" in str(error)
    await asyncio.wait_for(service.abandoned.wait(), PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "steps",
    [
        [b"ID3\4\0\0\0\0\0\0" * 4_000] * 200_000,
        [FLAC[:4] + b"\0" + FLAC[5:42], *[b"\1\0\0\0" * 16_000] * 200_000],
    ],
    ids=["tags", "headers"],
)
async def test_who_sends_no_audio_as_fast_as_it_is_read_runs_out_of_time(
    service: ScriptedService, open_caller: Open, steps: list[bytes]
) -> None:
    service.answer(*steps)
    error = await refused(open_caller(first_audio_seconds=0.3))
    assert "did not begin to speak within 0.3 s" in str(error)


async def test_what_takes_long_to_decode_takes_the_services_time(
    service: ScriptedService, open_caller: Open
) -> None:
    class Slow(IncomingAudio):
        def feed(self, data: bytes) -> bytes:
            threads.add(get_ident())
            is_over.wait(PATIENCE_SECONDS)
            return b""

    threads, is_over = set[int](), threading.Event()
    service.answer(FLAC[:100], hang)
    async with open_caller(first_audio_seconds=0.3).ask("/speak", {}) as answer:
        with pytest.raises(SpeechError, match="did not begin to speak"):
            await read(answer.audio(Slow("audio/flac", 24_000)))
    is_over.set()
    # While it is not known what comes, the event loop does not wait for it.
    assert get_ident() not in threads


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "br", "Zstd"])
async def test_nothing_is_unpacked(
    service: ScriptedService, open_caller: Open, encoding: str
) -> None:
    packed = gzip.compress(gzip.compress(bytes(2**20)))
    service.answer(packed, headers=PCM_TYPE | {"Content-Encoding": encoding})
    error = await refused(open_caller())
    assert "compresses its answers" in str(error)
    assert not error.retryable


async def test_a_refusal_that_is_compressed_is_one_all_the_same(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(gzip.compress(b"{}"), status=503, headers={"Content-Encoding": "gzip"})
    assert "not ready (503)" in str(await refused(open_caller()))


@pytest.mark.parametrize("proxied", [False, True])
async def test_no_cookies_are_kept(
    service: ScriptedService,
    open_caller: Open,
    monkeypatch: pytest.MonkeyPatch,
    proxied: bool,
) -> None:
    if proxied:
        monkeypatch.setenv("HTTP_PROXY", service.url.removesuffix("/v1"))
        monkeypatch.setenv("NO_PROXY", "")
    service.answer(PCM, headers=PCM_TYPE | {"Set-Cookie": "who=you; Path=/"})
    caller = open_caller(url="http://voice.example.org/v1") if proxied else open_caller()
    for _ in range(2):
        await heard(caller)
    assert len(service.headers) == 2
    assert "Cookie" not in service.headers[1]


async def test_a_refusal_without_end_is_a_refusal_all_the_same(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(b'{"error"', hang, status=503)
    assert "not ready (503)" in str(await refused(open_caller()))
    await asyncio.wait_for(service.abandoned.wait(), PATIENCE_SECONDS)


async def test_less_than_was_promised_is_an_error(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(PCM, cut, headers=PCM_TYPE | {"Content-Length": str(len(PCM) + 2)})
    assert "broke off" in str(await refused(open_caller()))


async def test_a_404_means_what_the_adapter_knows_of_it(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(b"", status=404)
    with pytest.raises(SpeechError, match="amy: too old") as caught:
        async with open_caller().ask("/speak", {}, missing="too old"):
            pass
    assert not caught.value.retryable


async def test_lines_come_whole_and_a_line_without_end_is_given_up(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(b"on", b"e\r\ntwo\n", b"\nlast")
    service.answer(*[b"x" * 2**20] * 10)
    caller = open_caller()
    async with caller.ask("/speak", {}) as answer:
        assert [line async for line in answer.lines()] == [b"one", b"two", b"", b"last"]
    async with caller.ask("/speak", {}) as answer:
        with pytest.raises(SpeechError, match="a line without end"):
            await read(answer.lines())


async def test_what_follows_the_audio_is_not_waited_for_long(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(PCM, hang)
    async with open_caller().ask("/speak", {}) as answer:
        assert await anext(answer) == PCM
        await asyncio.wait_for(answer.finish(), PATIENCE_SECONDS)
    await asyncio.wait_for(service.abandoned.wait(), PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "API key"), (429, "too many"), (500, "it failed"), (503, "not ready")],
)
async def test_a_list_that_is_refused_is_an_error(
    service: ScriptedService, open_caller: Open, status: int, said: str
) -> None:
    service.answer(b"", status=status)
    with pytest.raises(SpeechError, match=said):
        await open_caller().look_up("/voices")


async def test_a_list_that_is_not_there_is_none(
    service: ScriptedService, open_caller: Open
) -> None:
    service.answer(b"no", status=404)
    assert await open_caller().look_up("/voices") == (404, b"no")
