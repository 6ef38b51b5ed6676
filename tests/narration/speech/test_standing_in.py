"""Whatever fails when: a sentence is heard from one voice, once, or the listener is told."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.config import SpeechConfig
from narration.errors import Scope, SpeechError, SpeechUnavailable
from narration.speech import Audio
from narration.speech.policy.breaker import Breaker
from narration.speech.provider import Provider
from narration.speech.scheduler import Claim
from tests.narration.speech.scripted_speech import (
    PIECE_MS,
    House,
    ScriptedSpeech,
    Take,
    broken,
    busy,
    refused,
    sound,
)
from tests.virtual_time import run

LATER = 1e6
"""Due in a long time: a sentence is held until it is whole."""


def later() -> Claim:
    return Claim("test", LATER, first=False)


def at_once() -> Claim:
    return Claim("test", 0.0, first=True)


def now() -> float:
    return asyncio.get_running_loop().time()


FAILS = Take(ms=0, error=broken())
BREAKS_OFF = Take(ms=500, error=broken())
REFUSES = Take(ms=0, error=refused())
UNKNOWN_KEY = Take(ms=0, error=refused(lasting=True))


def test_an_attempt_that_fails_is_made_again_and_only_the_good_one_is_heard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        a = ScriptedSpeech("a", [FAILS, BREAKS_OFF])
        house = House(a)
        assert await house.hear(later()) == a.heard(2)
        counts = house.providers[0].counts
        assert (counts.attempts, counts.succeeded, counts.retried) == (3, 1, 2)
        assert (counts.failed_over, counts.skipped) == (0, 0)
        house.assert_idle()

    with caplog.at_level(logging.WARNING):
        run(main())
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("A sentence is tried again in")
    assert caplog.messages[0].endswith("a: it fell over")
    assert "sentence number" not in caplog.text


def test_the_slot_is_free_while_one_waits_to_try_again() -> None:
    async def main() -> None:
        a = ScriptedSpeech("a", [Take(ms=0, error=broken(retry_after=5.0))])
        house = House(a)
        first = asyncio.create_task(house.hear(later()))
        await asyncio.sleep(1)
        house.assert_idle()
        assert await house.hear(later()) == a.heard(1)
        assert now() < 5
        assert await first == a.heard(2)

    run(main())


def test_attempts_are_ever_further_apart_and_at_random() -> None:
    async def gaps(seed: int) -> list[float]:
        a = ScriptedSpeech("a", [Take(waits=0, ms=0, error=broken())] * 6)
        config = SpeechConfig(retries=6, retry_seconds=1.0, breaker_failures=100)
        await House(a, config=config, seed=seed).hear(later())
        times = [at for at, _ in a.asked]
        return [later - sooner for sooner, later in pairwise(times)]

    many = [run(gaps(seed)) for seed in range(40)]
    for at, most in enumerate((1, 2, 4, 8, 10, 10)):
        column = [one[at] for one in many]
        assert 0 <= min(column) < most / 4
        assert most * 3 / 4 < max(column) <= most


@pytest.mark.parametrize(("asked_for", "waits"), [(3.0, True), (10.0, True), (11.0, False)])
def test_a_service_that_asks_to_be_left_alone_is_for_so_long(
    asked_for: float, waits: bool
) -> None:
    async def main() -> None:
        a = ScriptedSpeech("a", [Take(waits=0, ms=0, error=broken(retry_after=asked_for))])
        b = ScriptedSpeech("b")
        house = House(a, b)
        out = await house.hear(later())
        assert out == (a.heard(1) if waits else b.heard(0))
        assert len(a.asked) == 1 + waits
        if waits:
            assert asked_for <= a.asked[1][0] <= asked_for + 0.5

    run(main())


@pytest.mark.parametrize("relieved", [True, False])
def test_no_listener_runs_dry_for_a_service_that_asks_to_be_left_alone(relieved: bool) -> None:
    async def main() -> None:
        a = ScriptedSpeech("a", [Take(waits=0, ms=0, error=broken(retry_after=8.0))])
        b = ScriptedSpeech("b")
        house = House(a, b) if relieved else House(a)
        out = await house.hear(Claim("test", 5.0, first=False))
        assert out == (b.heard(0) if relieved else a.heard(1))
        assert (now() < 3) == relieved

    run(main())


def test_who_takes_long_to_fail_is_asked_again_only_if_nobody_else_can_speak() -> None:
    async def main() -> None:
        hangs = Take(waits=30.0, ms=0, error=broken())
        a, b = ScriptedSpeech("a", [hangs]), ScriptedSpeech("b")
        assert await House(a, b).hear(later()) == b.heard(0)
        assert len(a.asked) == 1
        a = ScriptedSpeech("a", [hangs])
        assert await House(a).hear(later()) == a.heard(1)

    run(main())


@pytest.mark.parametrize(
    ("takes", "attempts"), [([FAILS] * 9, 3), ([REFUSES], 1), ([UNKNOWN_KEY], 1)]
)
def test_the_next_of_the_cast_steps_in_and_every_piece_says_who_it_is(
    takes: list[Take], attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a", takes), ScriptedSpeech("b")
        house, pieces = House(a, b), list[Audio]()
        assert await house.hear(later(), into=pieces) == b.heard(0)
        assert len(a.asked) == attempts
        assert {piece.stand_in for piece in pieces} == {house.parts[1].by}
        assert b.asked[0][1].voice == "a's voice"  # They are of one kind.
        assert house.providers[0].counts.failed_over == 1
        assert house.providers[1].counts.failed_over == 0

    with caplog.at_level(logging.WARNING):
        run(main())
    assert "Somebody else is to speak a sentence.  a: it" in caplog.text


def test_a_fault_of_an_adapter_is_a_failure_of_its_service(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a", [Take(error=KeyError("audio"))] * 9), ScriptedSpeech("b")
        house = House(a, b)
        assert await house.hear(later()) == b.heard(0)
        house.assert_idle()

    run(main())
    assert "The adapter of a has a fault." in caplog.messages
    assert "KeyError" in caplog.text


def test_the_chosen_voice_itself_is_no_stand_in() -> None:
    async def main() -> None:
        house, pieces = House(ScriptedSpeech("a"), ScriptedSpeech("b")), list[Audio]()
        await house.hear(later(), into=pieces)
        assert {piece.stand_in for piece in pieces} == {None}

    run(main())


def test_what_a_stand_in_has_spoken_is_kept_as_its_own() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a", [REFUSES]), ScriptedSpeech("b")
        house = House(a, b)
        house.sentence = lambda: "Always the same."  # type: ignore[method-assign]
        assert await house.hear(later()) == b.heard(0)
        assert await house.hear(later()) == a.heard(1)
        a.takes = [REFUSES]
        pieces = list[Audio]()
        assert await house.hear(later(), into=pieces) == a.heard(1)
        assert len(a.asked) == 2
        assert len(b.asked) == 1

    run(main())


def test_who_was_heard_is_not_relieved() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a", [BREAKS_OFF]), ScriptedSpeech("b")
        house, pieces = House(a, b), list[Audio]()
        with pytest.raises(SpeechError, match="a: it fell over"):
            await house.hear(at_once(), into=pieces)
        heard = b"".join(piece.pcm for piece in pieces)
        assert heard
        assert a.heard(0).startswith(heard)
        assert (len(a.asked), len(b.asked)) == (1, 0)
        assert house.providers[0].counts.skipped == 1

    run(main())


def test_if_nobody_can_speak_the_chosen_ones_reason_is_told() -> None:
    async def main(takes_a: Take, takes_b: Take) -> SpeechError:
        a = ScriptedSpeech("a", [takes_a] * 9)
        b = ScriptedSpeech("b", [takes_b] * 9)
        house = House(a, b)
        with pytest.raises(SpeechError) as caught:
            await house.hear(later())
        assert house.providers[0].counts.skipped == 1
        house.assert_idle()
        return caught.value

    for takes_a, takes_b, says, retryable in (
        (FAILS, REFUSES, "a: it fell over", True),
        (REFUSES, FAILS, "a: it knows no such voice", True),
        (REFUSES, REFUSES, "a: it knows no such voice", False),
    ):
        error = run(main(takes_a, takes_b))
        assert (str(error), error.retryable) == (says, retryable)


@pytest.mark.parametrize("check_audio", [True, False])
def test_a_sentence_of_silence_is_spoken_by_another_if_audio_is_checked(
    check_audio: bool,
) -> None:
    async def main() -> None:
        a = ScriptedSpeech("a", [Take(silent=True)] * 3)
        b = ScriptedSpeech("b")
        house = House(a, b, config=SpeechConfig(check_audio=check_audio))
        out = await house.hear(at_once())
        assert out == (b.heard(0) if check_audio else bytes(len(out)))

    run(main())


def test_half_a_sentence_is_spoken_again_if_there_was_time() -> None:
    async def main() -> None:
        whole = Take(ms=8_000)
        takes = [whole] * 6 + [Take(ms=3_000), whole, Take(ms=3_000)]
        a = ScriptedSpeech("a", takes)
        house = House(a)
        house.sentences = 100
        for _ in range(6):
            await house.hear(later())
        assert await house.hear(later()) == a.heard(7)
        # To whom it was pressing: a hole, with what was heard of it.
        with pytest.raises(SpeechError, match="only a part"):
            await house.hear(at_once())

    run(main())


# When nobody can speak


CONFIG = SpeechConfig(retries=0, breaker_failures=2, breaker_seconds=4.0, outage_seconds=15.0)


def breaker_of(provider: Provider) -> Breaker:
    return provider.accesses.breaker


def break_down(house: House) -> None:
    """Have it found out that nobody can speak."""
    for speech, provider in zip(house.speeches, house.providers, strict=True):
        speech.usually = Take(ms=0, waits=0, error=broken(speech.name))
        for _ in range(2):
            with suppress(SpeechError), breaker_of(provider).attempt(lambda error: True):
                raise broken(speech.name)


def test_while_one_is_left_alone_its_stand_in_is_asked_at_once() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        a.usually = FAILS
        for _ in range(10):
            assert await house.hear(later()) == b.heard(-1)
        assert len(a.asked) == 2

    run(main())


def test_nobody_waits_in_line_for_one_who_is_left_alone() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        break_down(house)
        breaker_of(house.providers[1]).worked()
        b.usually = Take(waits=0)
        async with house.providers[0].scheduler.place(later()):
            assert await house.hear(later()) == b.heard(0)

    run(main())


def test_who_has_refused_a_sentence_is_not_asked_for_it_again_after_an_outage() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        break_down(house)
        breaker_of(house.providers[0]).worked()
        a.usually, b.usually = REFUSES, Take(waits=0)
        assert await house.hear(later()) == b.heard(0)
        assert len(a.asked) == 1

    run(main())


def test_an_outage_is_waited_out_and_the_sentence_is_spoken() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        break_down(house)
        a.usually = b.usually = Take(waits=0)
        began = now()
        assert await house.hear(later()) == a.heard(-1)
        assert 4 <= now() - began < 5
        break_down(house)  # An outage of its own, with all the time there is.
        began = now()
        with pytest.raises(SpeechUnavailable):
            await house.hear(later())
        assert now() - began == 15

    run(main())


def test_an_outage_is_waited_for_once_and_then_all_is_told_at_once() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        break_down(house)
        began = now()
        with pytest.raises(SpeechUnavailable) as caught:
            await house.hear(later())
        assert now() - began == 15
        assert "a: it keeps failing, and is left alone for a while" in str(caught.value)
        assert "b: it keeps failing, and is left alone for a while" in str(caught.value)
        for _ in range(3):
            with pytest.raises(SpeechUnavailable):
                await house.hear(later())
        assert now() - began == 15
        # Another listener has an outage of their own.
        house.speak = house.kept.of(2, house.parts)
        with pytest.raises(SpeechUnavailable):
            await house.hear(later())
        assert now() - began == 30

    run(main())


def test_who_learns_in_mid_sentence_that_nobody_can_speak_waits_too() -> None:
    async def main() -> None:
        a = ScriptedSpeech("a", [FAILS, FAILS])
        house = House(a, config=CONFIG)
        with pytest.raises(SpeechError):
            await house.hear(later())
        assert await house.hear(later()) == a.heard(2)
        assert now() > 4

    run(main())


def test_two_sentences_of_one_listener_wait_out_the_same_outage() -> None:
    async def main() -> None:
        house = House(ScriptedSpeech("a"), config=CONFIG)
        break_down(house)
        began = now()
        first = asyncio.create_task(house.hear(later()))
        await asyncio.sleep(10)
        with pytest.raises(SpeechUnavailable):
            await house.hear(later())
        assert now() - began == 15
        await asyncio.wait({first})
        assert isinstance(first.exception(), SpeechUnavailable)
        assert now() - began == 15

    run(main())


@pytest.mark.parametrize("left_alone", [0, 1])
def test_it_is_an_outage_too_if_the_others_will_never_speak(left_alone: int) -> None:
    async def main() -> None:
        house = House(ScriptedSpeech("a"), ScriptedSpeech("b"), config=CONFIG)
        break_down(house)
        other = house.speeches[1 - left_alone]
        breaker_of(house.providers[1 - left_alone]).worked()
        other.usually = Take(ms=0, waits=0, error=refused(other.name))
        with pytest.raises(SpeechUnavailable, match=r"a: .*; b: ") as caught:
            await house.hear(later())
        assert caught.value.retryable
        assert now() == 15

    run(main())


def test_a_crowd_that_waits_makes_one_attempt_at_a_time_and_all_are_spoken_in_the_end() -> (
    None
):
    async def main() -> None:
        a = ScriptedSpeech("a")
        house = House(a, config=CONFIG)
        break_down(house)
        asked = len(a.asked)
        crowd = [asyncio.create_task(house.hear(later())) for _ in range(20)]
        await asyncio.sleep(11.9)
        assert len(a.asked) == asked + 1  # After 4 s; the next after 8 s more.
        a.usually = Take(waits=0.5)
        assert len(set(await asyncio.gather(*crowd))) == 20
        house.assert_idle()

    run(main())


def test_a_voice_that_is_refused_is_no_outage() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        a.usually = b.usually = Take(ms=0, waits=0, error=refused())
        for _ in range(20):
            with pytest.raises(SpeechError) as caught:
                await house.hear(later())
            assert not isinstance(caught.value, SpeechUnavailable)
        assert now() == 0
        assert len(a.asked) == 20

    run(main())


# Laws


TAKES = st.lists(
    st.builds(
        Take,
        ms=st.sampled_from([0, 100, 500, 1_000, 4_000, 20_000]),
        waits=st.sampled_from([0.0, 0.1, 3.0, 30.0]),
        pace=st.sampled_from([0.0, 0.05, 0.2]),
        error=st.sampled_from(
            [None, None, broken(), broken(), refused(), refused(lasting=True), broken("a", 4)]
        ),
        silent=st.sampled_from([False, False, False, True]),
    ),
    max_size=8,
)
MOMENTS = st.floats(0, 60) | st.sampled_from([0.0, 0.1, 0.2, 1.0])
LISTENERS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 5.0, 30.0, LATER]),  # When it is due,
        st.none() | st.tuples(MOMENTS, st.sampled_from([0.0, 50.0])),  # when that moves,
        st.none() | MOMENTS,  # and when they go.
    ),
    min_size=1,
    max_size=6,
)


@given(takes_a=TAKES, takes_b=TAKES, listeners=LISTENERS)
def test_whatever_fails_when_one_attempt_is_heard_whole_or_a_part_of_it_and_then_an_error(
    takes_a: list[Take],
    takes_b: list[Take],
    listeners: list[tuple[float, tuple[float, float] | None, float | None]],
) -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a", takes_a), ScriptedSpeech("b", takes_b)
        house = House(a, b, config=SpeechConfig(breaker_failures=2))
        loop = asyncio.get_running_loop()
        heard = list[tuple[asyncio.Task[bytes], list[Audio]]]()
        for due_at, moves, goes in listeners:
            claim, pieces = Claim("test", due_at, False), list[Audio]()
            task = asyncio.create_task(house.hear(claim, into=pieces))
            heard.append((task, pieces))
            if moves is not None:
                loop.call_later(moves[0], setattr, claim, "due_at", moves[1])
            if goes is not None:
                loop.call_later(goes, task.cancel)
        async with asyncio.timeout(10_000):
            await asyncio.wait([task for task, _ in heard])
        house.assert_idle()
        attempts = [speech.heard(at) for speech in (a, b) for at in range(len(speech.spoken))]
        for task, pieces in heard:
            pcm = b"".join(piece.pcm for piece in pieces)
            if task.cancelled() or task.exception() is not None:
                assert task.cancelled() or isinstance(task.exception(), SpeechError)
                assert any(one.startswith(pcm) for one in [b"", *attempts])
            else:
                assert pcm in attempts
            assert len({piece.stand_in for piece in pieces}) <= 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


@pytest.mark.parametrize("due_at", [0.0, 8.0, LATER])
def test_whenever_one_is_called_off_the_slot_and_the_probe_are_given_back(
    due_at: float,
) -> None:
    async def main(after: float) -> bool:
        a = ScriptedSpeech("a")
        house = House(a, config=CONFIG)
        break_down(house)
        a.usually = Take(ms=500, waits=0.1, pace=0.1)
        one = asyncio.create_task(house.hear(Claim("test", due_at, False)))
        await asyncio.sleep(after)
        done = one.done()
        one.cancel()
        await asyncio.wait({one})
        house.assert_idle()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.sleep(4)
        assert await house.hear(later()) == a.heard(-1)
        return done

    # It waits for 4 s, and then speaks for 0.6 s.
    moments = [0.0, 2.0, 3.999, 4.001, *(4.05 + at / 20 for at in range(11)), 4.9]
    assert [run(main(after)) for after in moments] == [False] * 15 + [True]


def test_sounds_of_attempts_differ() -> None:
    everything = [sound(who, number, PIECE_MS) for who in "ab" for number in range(50)]
    assert len(set(everything)) == 100


# Whoever was not asked


def test_the_first_who_is_well_again_is_asked_when_the_second_could_not() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        break_down(house)
        breaker_of(house.providers[1]).worked()
        a.usually = Take(waits=0)
        b.usually = Take(ms=0, waits=5.0, error=broken("b"))  # By then the first may be asked.
        assert await house.hear(later()) == a.heard(0)
        assert len(b.asked) == 1

    run(main())


def test_the_first_is_waited_for_when_the_second_fails_at_once() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b, config=CONFIG)
        break_down(house)
        breaker_of(house.providers[1]).worked()
        a.usually = Take(waits=0)
        b.usually = Take(ms=0, waits=0, error=broken("b", scope=Scope.REQUEST))
        assert await house.hear(later()) == a.heard(0)
        assert now() >= 4
        assert len(b.asked) == 1

    run(main())


# A service that is busy


BUSY = Take(ms=0, waits=0, error=busy())


def test_a_busy_service_is_waited_for_as_long_as_the_listener_has_others_to_hear() -> None:
    async def main() -> None:
        a = ScriptedSpeech("a")
        house = House(a, config=SpeechConfig(retries=0, outage_seconds=0.1))
        a.usually = BUSY
        loop = asyncio.get_running_loop()
        loop.call_later(15, setattr, a, "usually", Take(waits=0))
        assert await house.hear(Claim("test", 20.0, first=False)) == a.heard(-1)
        assert 15 <= now() <= 18
        assert house.providers[0].counts.retried == 0

    run(main())


def test_another_speaks_in_time_for_one_who_is_busy() -> None:
    async def main() -> None:
        a, b = ScriptedSpeech("a"), ScriptedSpeech("b")
        house = House(a, b)
        a.usually = BUSY
        assert await house.hear(Claim("test", 9.0, first=False)) == b.heard(0)
        assert 2 < now() < 6
        # Who is busy all the time is not waited for with each sentence anew.
        await asyncio.sleep(10)
        began = now()
        for _ in range(5):
            await house.hear(Claim("test", now() + 60, first=False))
        assert now() - began < 5
        a.usually = Take(waits=0)
        await asyncio.sleep(5)
        assert await house.hear(later()) == a.heard(-1)

    run(main())


def test_one_who_loads_for_a_minute_is_waited_for_and_nothing_is_lost() -> None:
    async def main() -> None:
        a = ScriptedSpeech("a")
        house = House(a)
        a.usually = BUSY
        asyncio.get_running_loop().call_later(60, setattr, a, "usually", Take(waits=0))
        both = await asyncio.gather(house.hear(at_once()), house.hear(at_once()))
        assert set(both) == {a.heard(-1), a.heard(-2)}
        assert 60 <= now() <= 63

    run(main())


def test_one_who_stays_busy_costs_one_pause_and_is_told_as_an_outage() -> None:
    async def main() -> None:
        a = ScriptedSpeech("a")
        house = House(a, config=CONFIG)
        a.usually = BUSY
        with pytest.raises(SpeechUnavailable, match="a: it fell over"):
            await house.hear(at_once())
        assert now() == 15
        with pytest.raises(SpeechUnavailable):
            await house.hear(at_once())
        assert now() < 16
        house.assert_idle()

    run(main())
