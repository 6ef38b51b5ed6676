"""How wide the window of what is made is, by the time and by how busy the machine is."""

from __future__ import annotations

import pytest

from actors.pace import OPENING_MS, OPENING_SECONDS, OPENING_STEP_SECONDS, Pace
from actors.playhead import Playhead
from narration.config import SessionConfig


def windows(*, has_time: bool, ahead_seconds: float, until: float) -> list[float]:
    """The window in ms at every look, for a listener who has heard nothing."""
    config = SessionConfig(synthesis_ahead_seconds=ahead_seconds)
    pace = Pace(Playhead(), config, 0.0, unbound=False, has_time=lambda: has_time)
    now, found = 0.0, []
    while now <= until:
        found.append(pace.limit_ms(0.0, 0.0, now))
        now += OPENING_STEP_SECONDS
    return found


@pytest.mark.parametrize("ahead_seconds", [10.0, 20.0, 300.0])
def test_on_a_machine_that_has_time_it_opens_twenty_times_as_fast_as_one_listens(
    ahead_seconds: float,
) -> None:
    found = windows(has_time=True, ahead_seconds=ahead_seconds, until=ahead_seconds / 20)
    assert found[0] == OPENING_MS
    assert found[-1] == ahead_seconds * 1_000
    assert found == sorted(found)


def test_on_a_busy_machine_it_opens_in_half_a_minute() -> None:
    found = windows(has_time=False, ahead_seconds=20.0, until=OPENING_SECONDS + 1)
    assert found[0] == found[19] == OPENING_MS
    assert OPENING_MS < found[80] < found[-1] == 20_000.0
    assert found == sorted(found)


@pytest.mark.parametrize("has_time", [True, False])
def test_a_window_that_is_smaller_is_open_at_once(*, has_time: bool) -> None:
    config = SessionConfig(send_ahead_seconds=2.0, synthesis_ahead_seconds=2.0)
    pace = Pace(Playhead(), config, 0.0, unbound=False, has_time=lambda: has_time)
    assert pace.limit_ms(0.0, 0.0, 0.0) == 2_000.0
