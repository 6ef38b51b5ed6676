"""When this process counts as busy."""

from __future__ import annotations

from web.process_load import ProcessLoad


class Times:
    """A clock, and the processor time taken so far, which a test sets."""

    now = taken = 0.0

    def clock(self) -> float:
        return self.now

    def cpu(self) -> float:
        return self.taken

    def passes(self, seconds: float, *, taken: float) -> None:
        self.now += seconds
        self.taken += taken


def test_it_has_time_below_half_a_core_and_none_above() -> None:
    times = Times()
    load = ProcessLoad(times.clock, times.cpu)
    assert load.has_time()
    times.passes(1.0, taken=0.6)
    assert not load.has_time()
    times.passes(1.0, taken=0.4)
    assert load.has_time()


def test_moments_are_too_short_to_say_anything() -> None:
    times = Times()
    load = ProcessLoad(times.clock, times.cpu)
    times.passes(0.01, taken=0.01)
    assert load.has_time()
    times.passes(0.3, taken=0.3)
    assert not load.has_time()
