"""What a run has shown: one line of a table, and all figures as JSON."""

from __future__ import annotations

import msgspec

from web.quantiles import Quantiles

__all__ = ["HEADING", "Cost", "LoadReport", "row"]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the server took of the machine, from the first request until it stood still.

    Seconds of CPU are of the server's own process, and of its child processes, which encode
    and run models.
    """

    own_cpu_seconds: float
    children_cpu_seconds: float
    own_cpu_until_last_event: float
    rss_start_mb: float
    rss_peak_mb: float
    settled_seconds: float


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    `sound`: sessions that got all, once and in order.  `faults`: the first few of the others.
    `spoken` and `skipped`: sentences, in all.
    `invalid`: why the figures say nothing about the server: the load side was late itself, or
    the server had spoken the sentences before.
    """

    name: str
    sessions: int
    seed: int
    sound: int
    faults: list[str]
    ramp_seconds: float
    wall_seconds: float
    audio_seconds: float
    events: float
    spoken: int
    skipped: int
    ttfa_ms: Quantiles
    excess_ms: Quantiles
    start_ms: Quantiles
    text_lag_ms: Quantiles
    dry_sessions: int
    silence_ms: float
    voice_requests: int
    most_voices: int
    cost: Cost | None
    load_late_ms: Quantiles
    upstream_late_ms: Quantiles
    invalid: str

    def cpu_per_session(self, *, with_children: bool) -> float | None:
        """Seconds; None if the server's process was not named."""
        if self.cost is None:
            return None
        cpu = self.cost.own_cpu_seconds
        return (cpu + with_children * self.cost.children_cpu_seconds) / self.sessions


_COLUMNS = (
    ("", 10),
    ("sessions", 8),
    ("sound", 5),
    ("TTFA p50/p95", 13),
    ("over ideal p50/p95", 18),
    ("start p95", 9),
    ("text p95", 8),
    ("dry", 4),
    ("CPU s/session", 15),
    ("RSS MB", 9),
    ("late p95", 9),
)

HEADING = "  ".join(name.rjust(width) for name, width in _COLUMNS)
"""Milliseconds.  `dry`: sessions whose player ran dry.  CPU is that of the server's process
plus that of its children, RSS at the start and at most.  `late`: the load generator and the
mock upstream themselves."""


def row(report: LoadReport) -> str:
    """A line under `HEADING`."""
    own = report.cpu_per_session(with_children=False)
    both = report.cpu_per_session(with_children=True)
    cost = report.cost
    cells = (
        report.name,
        f"{report.sessions}",
        f"{report.sound}",
        f"{report.ttfa_ms.p50:.0f}/{report.ttfa_ms.p95:.0f}",
        f"{report.excess_ms.p50:.0f}/{report.excess_ms.p95:.0f}",
        f"{report.start_ms.p95:.0f}",
        f"{report.text_lag_ms.p95:.0f}",
        f"{report.dry_sessions}",
        "-" if own is None or both is None else f"{own:.3f} + {both - own:.3f}",
        "-" if cost is None else f"{cost.rss_start_mb:.0f}/{cost.rss_peak_mb:.0f}",
        f"{report.load_late_ms.p95:.1f}/{report.upstream_late_ms.p95:.1f}",
    )
    line = "  ".join(
        cell.rjust(width) for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
    )
    remarks = [f"INVALID: {report.invalid}"] if report.invalid else []
    remarks += [f"failed: {fault}" for fault in report.faults[:1]]
    return "  ".join([line, *remarks])
