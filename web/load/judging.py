"""Looks at what all listeners of a run got, beside what the mock upstream tells of itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from web.load.checks import faults
from web.load.listening import Arrivals
from web.load.messages import read_all, sentences
from web.load.report import Cost, LoadReport
from web.load.timing import Timing, timing
from web.mock_upstream.log import UpstreamLog
from web.mock_upstream.story import text_of
from web.quantiles import Quantiles, quantiles

__all__ = ["Judged", "judge"]

LATE_MS = 5.0
"""A load side that is later than this for one event in twenty measures itself."""

_MOST_KEPT = 0.01
"""Of all sentences: short ones may be the same in two stories."""

_MOST_FAULTS = 10


class _Session(msgspec.Struct, frozen=True):
    label: str
    faults: list[str]
    timing: Timing
    events: int
    spoken: int
    skipped: int


class Judged(msgspec.Struct, frozen=True):
    """All sessions of a run."""

    sessions: list[_Session]
    log: UpstreamLog

    def report(
        self,
        *,
        name: str,
        seed: int,
        ramp_seconds: float,
        wall_seconds: float,
        cost: Cost | None,
        load_late_ms: Quantiles,
    ) -> LoadReport:
        """The figures of all of them."""
        count = len(self.sessions)
        timings = [one.timing for one in self.sessions]
        failed = [f"{one.label}: {fault}" for one in self.sessions for fault in one.faults[:1]]
        spoken = sum(one.spoken for one in self.sessions)
        return LoadReport(
            name=name,
            sessions=count,
            seed=seed,
            sound=count - len(failed),
            faults=failed[:_MOST_FAULTS],
            ramp_seconds=ramp_seconds,
            wall_seconds=wall_seconds,
            audio_seconds=round(sum(one.audio for one in timings) / count / 1_000, 2),
            events=round(sum(one.events for one in self.sessions) / count, 1),
            spoken=spoken,
            skipped=sum(one.skipped for one in self.sessions),
            ttfa_ms=_known(one.first_audio for one in timings),
            excess_ms=_known(one.excess for one in timings),
            start_ms=_known(one.start for one in timings),
            text_lag_ms=quantiles([lag for one in timings for lag in one.text_lag]),
            dry_sessions=sum(one.underruns > 0 for one in timings),
            silence_ms=round(sum(one.silence for one in timings), 1),
            voice_requests=len(self.log.voice),
            most_voices=self.log.most_voices,
            cost=cost,
            load_late_ms=load_late_ms,
            upstream_late_ms=self.log.late_ms,
            invalid=self._invalid(load_late_ms, spoken),
        )

    def _invalid(self, load_late_ms: Quantiles, spoken: int) -> str:
        late = max(load_late_ms.p95, self.log.late_ms.p95)
        kept = spoken - len(self.log.voice)
        reasons = list[str]()
        if late > LATE_MS:
            reasons.append(f"the load side was itself {late:.0f} ms late")
        if kept > _MOST_KEPT * spoken:
            reasons.append(f"{kept} of {spoken} sentences had been spoken before")
        return "; ".join(reasons)


def judge(everyone: Sequence[Arrivals], log: UpstreamLog) -> Judged:
    """Check and measure each.  It takes a while for many."""
    written = {answer.label: answer for answer in log.model}
    sessions = list[_Session]()
    for heard in everyone:
        trouble = [heard.trouble] if heard.trouble else []
        try:
            events = read_all(heard.messages)
        except msgspec.MsgspecError as error:
            trouble.append(f"something came that is no event: {error}")
            events = []
        told = sentences(events)
        text = text_of(heard.seed, log.settings.sentences)
        sessions.append(
            _Session(
                label=heard.label,
                faults=[*trouble, *faults(events, told, text)],
                timing=timing(events, heard.posted_at, written.get(heard.label), log.settings),
                events=len(events),
                spoken=sum(not sentence.skipped for sentence in told),
                skipped=sum(sentence.skipped for sentence in told),
            )
        )
        heard.messages.clear()  # Some megabytes.
    return Judged(sessions, log)


def _known(values: Iterable[float | None]) -> Quantiles:
    return quantiles([value for value in values if value is not None])
