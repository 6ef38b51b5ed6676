"""When this process has time to spare."""

from __future__ import annotations

from web.process_load import ProcessLoad


class Times:
    """A clock, and the processor time taken so far, which a test sets."""

    now = taken = 0.0

    def clock(self) -> float:
        return self.now

    def cpu(self) -> float:
        return self.taken

    def pass_on(self, seconds: float, *, taken: float) -> None:
        self.now += seconds
        self.taken += taken


def test_it_has_time_below_half_a_core_and_none_above() -> None:
    times = Times()
    load = ProcessLoad(times.clock, times.cpu)
    assert load.spares(5_000)
    times.pass_on(1.0, taken=0.6)
    assert not load.spares(5_000)
    times.pass_on(1.0, taken=0.4)
    assert load.spares(5_000)


def test_moments_are_too_short_to_say_anything() -> None:
    times = Times()
    load = ProcessLoad(times.clock, times.cpu)
    times.pass_on(0.01, taken=0.01)
    assert load.spares(5_000)
    times.pass_on(0.3, taken=0.3)
    assert not load.spares(5_000)


def test_not_all_who_ask_at_one_moment_get_the_same_time() -> None:
    times = Times()
    load = ProcessLoad(times.clock, times.cpu)
    spared = sum(load.spares(5_000) for _ in range(100))
    assert 5 < spared < 50
    times.pass_on(0.2, taken=0.0)
    assert load.spares(5_000)


def test_to_ask_whether_there_is_time_takes_none() -> None:
    times = Times()
    load = ProcessLoad(times.clock, times.cpu)
    assert all(load.has_time() for _ in range(100))
    times.pass_on(1.0, taken=0.9)
    assert not load.has_time()
