"""Whose turn it is at a voice that many sessions share."""

from __future__ import annotations

from tests.benchmarks.benchmark_scheduler import measure


def test_the_earliest_deadline_beats_first_come_on_the_same_load() -> None:
    """Eight listeners who come nearly at once, and a voice that is just fast enough."""
    come, due = (
        [measure(order, seed, join_within=2, scenes=1) for seed in (2, 3)]
        for order in ("first come", "earliest deadline")
    )
    for one, other in zip(come, due, strict=True):
        assert other.mean < 0.9 * one.mean
        assert other.p95 < 0.9 * one.p95
        assert other.underrun < 0.5 * one.underrun
