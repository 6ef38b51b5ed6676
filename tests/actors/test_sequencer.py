"""Order, completeness and exactly-once, whatever order the audio is made in."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.base import start, stop
from actors.protocol import (
    BufferReady,
    Chunk,
    EndOfAudio,
    Finished,
    Gap,
    LastSentence,
    Play,
    Record,
    SaveUpTo,
    SendUpTo,
    SequencerReady,
    Unspeakable,
)
from actors.sequencer import Sequencer
from narration.audio import duration_ms
from narration.story import Sentence
from tests.actors.conftest import Probe


def sentence(number: int) -> Sentence:
    text = f"Sentence {number}."
    return Sentence(number, text, text, number * 20, number * 20 + len(text), False)


def audio(number: int, chunk: int, ms: int) -> bytes:
    stamp = bytes([number % 256, chunk % 256])
    return stamp * (ms * 24)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[int, list[Any], dict[int, bytes | None]]:
    """How many sentences, everything that arrives in some order, and what must come out.

    Within a sentence the order is kept, as one worker speaks it; between sentences
    anything goes, and limits rise at any time.
    """
    count = draw(st.integers(0, 8))
    tracks: list[list[Any]] = []
    expected: dict[int, bytes | None] = {}
    for number in range(count):
        lengths = draw(st.lists(st.integers(1, 600), max_size=4))
        chunks = [audio(number, i, ms) for i, ms in enumerate(lengths)]
        track: list[Any] = [Chunk(sentence(number), pcm) for pcm in chunks]
        if draw(st.booleans()):
            rest = bytes(draw(st.integers(0, 100)) * 48)
            track.append(Finished(sentence(number), rest))
            expected[number] = b"".join(chunks) + rest
        else:
            track.append(Unspeakable(sentence(number), "broken"))
            expected[number] = None
        tracks.append(track)
    tracks.append([LastSentence(count)])
    tracks.append(
        [SendUpTo(ms, 0, 0) for ms in draw(st.lists(st.floats(0, 3_000), max_size=4))]
    )
    tracks.append([SaveUpTo(ms) for ms in draw(st.lists(st.floats(0, 3_000), max_size=4))])
    turns = draw(st.permutations([i for i, track in enumerate(tracks) for _ in track]))
    positions = [iter(track) for track in tracks]
    return count, [next(positions[i]) for i in turns], expected


@settings(max_examples=300, deadline=None)
@given(arrivals())
async def test_any_interleaving_comes_out_in_order_complete_and_once(
    case: tuple[int, list[Any], dict[int, bytes | None]],
) -> None:
    count, messages, expected = case
    out, owner = Probe(), Probe()
    ref = start(Sequencer, out, Probe(), owner, 0, 3)
    for message in messages:
        ref.tell(message)
        await asyncio.sleep(0)
    # However far the limits had risen, the rest comes once there are none.
    ref.tell(SendUpTo(float("inf"), 0, 0))
    ref.tell(SaveUpTo(float("inf")))
    await asyncio.sleep(0.01)
    await stop(ref)

    told = [m for m in out if isinstance(m, Play | Gap)]
    order = [m.sentence.number for m in told]
    assert order == sorted(order)
    for number in range(count):
        mine = [m for m in told if m.sentence.number == number]
        plays = [m for m in mine if isinstance(m, Play)]
        gaps = [m for m in mine if isinstance(m, Gap)]
        assert [m.chunk for m in plays] == list(range(len(plays)))
        if expected[number] is None:
            assert len(gaps) == 1
            assert mine[-1] is gaps[0]
            assert not any(m.final for m in plays)
        else:
            assert not gaps
            assert [m.final for m in plays] == [False] * (len(plays) - 1) + [True]
            assert b"".join(m.pcm for m in plays) == expected[number]
    *made, end = owner
    assert end == EndOfAudio(count)
    assert [m.made for m in made] == list(range(1, count + 1))


async def test_audio_is_passed_on_only_as_far_as_both_listener_and_disk_take_it(
    probe: Probe,
) -> None:
    ref = start(Sequencer, probe, Probe(), Probe(), 0, 3)
    for i in range(10):
        ref.tell(Chunk(sentence(0), audio(0, i, 400)))
    await asyncio.sleep(0.01)
    assert [type(m) for m in probe] == [SequencerReady]
    ref.tell(SendUpTo(1_000, 0, 0))
    await asyncio.sleep(0.01)
    assert len(probe) == 1, "the disk has not said yet that it takes any"
    ref.tell(SaveUpTo(10_000))
    await asyncio.sleep(0.01)
    assert sum(duration_ms(m.pcm) for m in probe[1:]) == 1_600  # One piece may overshoot.
    ref.tell(SendUpTo(500, 0, 0))
    await asyncio.sleep(0.01)
    assert sum(duration_ms(m.pcm) for m in probe[1:]) == 1_600
    await stop(ref)


async def test_sentences_are_allowed_a_few_ahead_of_the_one_being_heard(
    probe: Probe,
) -> None:
    ref = start(Sequencer, Probe(), Probe(), Probe(), 0, 3)
    ref.tell(BufferReady(probe))
    ref.tell(SendUpTo(1e9, 0, 0))
    ref.tell(SaveUpTo(1e9))
    ref.tell(Finished(sentence(1), b""))
    await asyncio.sleep(0.01)
    assert probe[-1].sentence == 3
    ref.tell(Finished(sentence(0), b""))
    await asyncio.sleep(0.01)
    assert probe[-1].sentence == 5
    await stop(ref)


async def test_crumbs_are_joined_while_they_wait(probe: Probe) -> None:
    ref = start(Sequencer, probe, Probe(), Probe(), 0, 3)
    crumbs = [audio(0, i, 1) for i in range(2_000)]
    for crumb in crumbs:
        ref.tell(Chunk(sentence(0), crumb))
        await asyncio.sleep(0)
    ref.tell(SendUpTo(1e9, 0, 0))
    ref.tell(SaveUpTo(1e9))
    await asyncio.sleep(0.01)
    plays = [m for m in probe if isinstance(m, Play)]
    assert len(plays) <= 5
    assert b"".join(m.pcm for m in plays) == b"".join(crumbs)
    await stop(ref)


async def test_audio_that_is_asked_for_again_goes_to_the_recorder_alone() -> None:
    writer, recorder, owner = Probe(), Probe(), Probe()
    ref = start(Sequencer, writer, recorder, owner, 4, 3)
    ref.tell(Chunk(sentence(3), audio(3, 0, 100)))
    ref.tell(Finished(sentence(3), b""))
    await asyncio.sleep(0.01)
    assert [type(m) for m in writer] == [SequencerReady]
    assert recorder[1:] == [Record(sentence(3), (audio(3, 0, 100),))]
    await stop(ref)


async def test_no_sentence_is_begun_while_there_is_enough(probe: Probe) -> None:
    ref = start(Sequencer, Probe(), Probe(), Probe(), 0, 3)
    ref.tell(SaveUpTo(1e9))
    ref.tell(SendUpTo(1_000, 0, 0))
    ref.tell(BufferReady(probe))
    await asyncio.sleep(0.01)
    assert probe[-1].sentence == 3
    ref.tell(Chunk(sentence(0), audio(0, 0, 500)))
    ref.tell(Chunk(sentence(1), audio(1, 0, 500)))
    ref.tell(Finished(sentence(0), b""))
    await asyncio.sleep(0.01)
    assert max(m.sentence for m in probe) == 3
    ref.tell(SendUpTo(1_001, 500, 0))
    await asyncio.sleep(0.01)
    assert probe[-1].sentence == 4
    # The listener had 500 ms at time 0; the 500 ms that wait are heard after them.
    assert probe[-1].due_at == 0.5
    await stop(ref)
