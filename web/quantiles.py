"""The few figures that stand for many measurements."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

__all__ = ["Quantiles", "quantiles"]


class Quantiles(msgspec.Struct, frozen=True, kw_only=True):
    """Half of `count` measurements are at most `p50`, and so on; all 0 if there are none."""

    p50: float
    p95: float
    p99: float
    max: float
    count: int


def quantiles(values: Sequence[float]) -> Quantiles:
    """Each is one of the values, by the nearest-rank method, and rounded to thousandths."""
    ordered = sorted(values)
    count = len(ordered)

    def at(percent: int) -> float:
        rank = -(-count * percent // 100)  # Rounded up.
        return round(ordered[max(rank, 1) - 1], 3) if count else 0.0

    return Quantiles(p50=at(50), p95=at(95), p99=at(99), max=at(100), count=count)
