"""The figures of a load test, against times that are known."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tests.patience import PATIENCE_SECONDS
from tests.web.load.scenes import SENTENCES, TEXT, scene
from web.load.judging import judge
from web.load.limits import describe_limits, missed
from web.load.listening import Arrivals
from web.load.processes import Usage, usage
from web.load.report import LoadReport, row
from web.load.soak import slope_per_minute
from web.load.timing import timing
from web.mock_upstream.log import Spoken, UpstreamLog, Written
from web.mock_upstream.settings import MockSettings
from web.mock_upstream.story import tokens_of
from web.quantiles import Quantiles, quantiles

SETTINGS = MockSettings(sentences=3, first_byte=0.1)
TOKENS = tokens_of(TEXT)
# Asked at 100.01 s, and one token every 10 ms from 100.2 s on.
WRITTEN = Written(
    label="a", seed=1, asked_at=100.01, sent_at=[100.2 + 0.01 * n for n in range(len(TOKENS))]
)
NEVER_LATE = quantiles([0.0])


def told() -> list[tuple[float, bytes]]:
    """Each sentence's text 30 ms after its last token; then audio a little ahead of need."""
    encode = msgspec.json.Encoder().encode
    written, arrivals, audio_at = 0, list[tuple[float, bytes]](), 101.0
    for event in scene():
        if event.type == "text_chunk":
            written += len(event.text)
            at = WRITTEN.sent_at[_token_at(written)] + 0.03
        elif event.type == "audio_chunk":
            at, audio_at = audio_at, audio_at + event.audio_ms / 1_000 - 0.001
        else:
            at = audio_at
        arrivals.append((at, encode(event)))
    return arrivals


def _token_at(characters: int) -> int:
    seen = 0
    for number, token in enumerate(TOKENS):
        seen += len(token)
        if seen >= characters:
            return number
    raise AssertionError(characters)


def _report(
    messages: list[tuple[float, bytes]], *, late_ms: float = 0.0, spoken: int = 3
) -> LoadReport:
    heard = Arrivals(label="a", seed=1, posted_at=100.0, messages=messages)
    voice = [Spoken(crc=n, characters=1, asked_at=0.0) for n in range(spoken)]
    log = UpstreamLog(
        settings=SETTINGS, late_ms=NEVER_LATE, most_voices=2, model=[WRITTEN], voice=voice
    )
    return judge([heard], log).report(
        name="n",
        seed=1,
        ramp_seconds=0,
        wall_seconds=1,
        cost=None,
        load_late_ms=quantiles([late_ms]),
    )


def test_times_are_those_between_the_two_logs() -> None:
    report = _report(told())
    first_sentence = WRITTEN.sent_at[_token_at(len(SENTENCES[0]))]
    assert (report.sound, report.faults, report.invalid) == (1, [], "")
    assert report.ttfa_ms.p50 == pytest.approx(1_000)
    assert report.start_ms.p50 == pytest.approx(10)
    assert report.excess_ms.p50 == pytest.approx((101.0 - first_sentence - 0.1) * 1_000, abs=1)
    assert report.text_lag_ms.p50 > 30
    assert min(report.text_lag_ms.max, report.text_lag_ms.p99) > report.text_lag_ms.p50
    assert (report.dry_sessions, report.silence_ms) == (0, 0.0)
    assert report.audio_seconds == pytest.approx(len("".join(SENTENCES)) * 0.065, abs=0.01)
    assert report.text_lag_ms.count == len(TOKENS)


def test_a_player_that_runs_dry_is_counted() -> None:
    messages = told()
    for number in range(6, len(messages)):
        at, data = messages[number]
        messages[number] = (at + 0.5, data)
    report = _report(messages)
    assert (report.dry_sessions, report.sound) == (1, 1)
    assert 490 < report.silence_ms < 500


def test_a_session_without_sound_has_no_times_of_it() -> None:
    figures = timing([], 100.0, WRITTEN, SETTINGS)
    assert (figures.first_audio, figures.excess, figures.underruns) == (None, None, 0)
    assert timing([], 100.0, None, SETTINGS).start is None


def test_a_run_whose_load_side_was_late_is_invalid() -> None:
    assert "7 ms late" in _report(told(), late_ms=7).invalid
    assert "INVALID" in row(_report(told(), late_ms=7))
    assert "had been spoken before" in _report(told(), spoken=2).invalid


def test_what_is_no_event_is_a_fault_of_its_session() -> None:
    report = _report([*told(), (102.0, b"\0\0")])
    assert report.sound == 0
    assert "no event" in report.faults[0]


def test_limits_are_held_against_what_was_measured() -> None:
    parser = argparse.ArgumentParser()
    describe_limits(parser)
    asked = parser.parse_args(
        ["--max-ttfa-p95", "999", "--max-start-p95", "11", "--max-cpu", "1"]
    )
    assert missed(asked, _report(told())) == [
        "--max-ttfa-p95 999: it was 1000",
        "--max-cpu: it was not measured; --pid names the server",
    ]
    assert missed(parser.parse_args([]), _report(told())) == []


def test_a_slope_is_per_minute() -> None:
    assert slope_per_minute([(0.0, 5.0), (30.0, 6.0), (60.0, 7.0)]) == pytest.approx(2)
    assert slope_per_minute([(0.0, 5.0)]) == 0.0


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
def test_the_children_of_a_process_are_counted_apart() -> None:
    work = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}]); input()"
    inner = "import time\nwhile time.process_time() < 0.4: pass"
    process = subprocess.Popen(
        [sys.executable, "-c", work.format(inner)], stdin=subprocess.PIPE
    )
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while (now := _usage(process.pid)).children_cpu < 0.3:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert now.own_cpu < now.children_cpu
        assert now.rss_bytes > 1_000_000
        assert now.threads >= 1
        assert now.open_files >= 3
    finally:
        process.communicate(b"\n")
    assert usage(process.pid) is None


def _usage(pid: int) -> Usage:
    found = usage(pid)
    assert found is not None
    return found


def test_a_process_that_cannot_be_looked_at_has_no_figures() -> None:
    assert usage(2**22 + os.getpid()) is None


def test_no_measurement_has_no_quantiles() -> None:
    assert quantiles([]) == Quantiles(p50=0, p95=0, p99=0, max=0, count=0)
