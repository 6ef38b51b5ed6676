"""The load generator and the mock upstream, with the real server between them."""

from __future__ import annotations

import os

import msgspec
import pytest

from tests.web.load.conftest import Start
from web.load.run import Load, run_load
from web.load.soak import Soak, run_soak, tell
from web.load.target import LoadError, Target
from web.mock_upstream.settings import MockSettings

FAST = MockSettings(token_rate=400, first_token=0.05, first_byte=0.02, rtf=0.01, sentences=6)
LOAD = Load(
    name="test", sessions=3, ramp=0.1, format="pcm", timeout=60, pid=os.getpid(), seed=1
)


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3"])
async def test_every_listener_gets_all_of_his_scene(start: Start, format: str) -> None:
    async with start(FAST) as target:
        report = await run_load(target, msgspec.structs.replace(LOAD, format=format))
    assert (report.faults, report.sound, report.skipped) == ([], 3, 0)
    assert report.spoken == report.voice_requests >= 3 * 3
    assert report.start_ms.p50 > 0
    assert report.ttfa_ms.p50 > report.start_ms.p50 + 70
    assert report.text_lag_ms.count > 3 * 80
    assert report.cost is not None
    assert report.cost.own_cpu_seconds > 0
    assert "had been spoken before" not in report.invalid


async def test_a_sentence_that_cannot_be_spoken_is_told_and_no_fault(start: Start) -> None:
    async with start(msgspec.structs.replace(FAST, fail_every=4)) as target:
        report = await run_load(target, LOAD)
    assert (report.faults, report.sound) == ([], 3)
    assert report.skipped > 0


async def test_changed_sound_is_found(start: Start) -> None:
    async with start(FAST, loudness={"even": True}) as target:
        report = await run_load(target, LOAD)
    assert report.sound == 0
    assert "block" in report.faults[0]


async def test_a_story_that_was_told_before_makes_a_run_invalid(start: Start) -> None:
    async with start(FAST) as target:
        await run_load(target, LOAD)
        assert "had been spoken before" in (await run_load(target, LOAD)).invalid


async def test_listeners_who_come_and_go_get_what_they_should(start: Start) -> None:
    lines = list[str]()
    async with start(FAST) as target:
        report = await run_soak(target, Soak(seconds=4, listeners=4, seed=2, pid=os.getpid()))
    tell(report, lines.append)
    assert (report.faults, report.failed) == ([], 0)
    assert sum(report.visits.values()) >= 4
    assert [one.name for one in report.trends][-2:] == ["actors", "tasks"]
    assert any(line.startswith("actors") for line in lines)


async def test_without_the_mock_upstream_it_is_not_run(start: Start) -> None:
    async with start(FAST) as target:
        wrong = Target(target.url, target.url, target.http)
        with pytest.raises(LoadError, match="narration mock-upstream"):
            await run_load(wrong, LOAD)
