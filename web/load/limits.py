"""What a run must keep to, for it to count as passed."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import msgspec

from web.load.report import LoadReport
from web.numbers import not_negative

__all__ = ["describe_limits", "missed"]


class _Limit(msgspec.Struct, frozen=True):
    option: str
    unit: str
    what: str
    measured: Callable[[LoadReport], float | None]


_LIMITS = (
    _Limit("max-ttfa-p95", "MS", "time to first audio", lambda one: one.ttfa_ms.p95),
    _Limit("max-over-p95", "MS", "that above the ideal", lambda one: one.excess_ms.p95),
    _Limit("max-start-p95", "MS", "delay of the model", lambda one: one.start_ms.p95),
    _Limit("max-text-p95", "MS", "delay of the text", lambda one: one.text_lag_ms.p95),
    _Limit("max-dry", "N", "sessions that run dry", lambda one: float(one.dry_sessions)),
    _Limit(
        "max-cpu",
        "SECONDS",
        "CPU a session, children included",
        lambda one: one.cpu_per_session(with_children=True),
    ),
    _Limit(
        "max-rss",
        "MB",
        "memory",
        lambda one: one.cost.rss_peak_mb if one.cost is not None else None,
    ),
)


def describe_limits(parser: argparse.ArgumentParser) -> None:
    """Add an option for each."""
    group = parser.add_argument_group("limits; the exit status is 1 if one is missed")
    for limit in _LIMITS:
        group.add_argument(
            f"--{limit.option}", type=not_negative, metavar=limit.unit, help=limit.what
        )


def missed(options: argparse.Namespace, report: LoadReport) -> list[str]:
    """The limits that were asked for and not kept.  What was not measured keeps none."""
    found = list[str]()
    for limit in _LIMITS:
        most = getattr(options, limit.option.replace("-", "_"))
        if most is None:
            continue
        measured = limit.measured(report)
        if measured is None:
            found.append(f"--{limit.option}: it was not measured; --pid names the server")
        elif measured > most:
            found.append(f"--{limit.option} {most:g}: it was {measured:g}")
    return found
