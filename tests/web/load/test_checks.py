"""Nothing that a server can do wrong to a scene goes unseen."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from narration.events import AudioChunk, TextChunk
from tests.web.load.scenes import SENTENCES, TEXT, scene
from web.load.checks import faults, stream_faults
from web.load.messages import Received, read_all, sentences
from web.wire import frame

Events = list[Received]


def found_in(events: Events) -> list[str]:
    return faults(events, sentences(events), TEXT)


def renumbered(events: Events) -> Events:
    """As if the server had meant it so."""
    return [msgspec.structs.replace(one, seq=seq) for seq, one in enumerate(events, 1)]


def test_a_sound_scene_has_no_faults() -> None:
    assert found_in(scene()) == []
    assert found_in(scene(piece_blocks=4)) == []


def without_audio_of(events: Events, number: int) -> Events:
    return [one for one in events if one.sentence_number != number]


def swapped(events: Events) -> Events:
    first, second, third = ([e for e in events if e.sentence_number == n] for n in range(3))
    return [*events[:3], *first, *third, *second, events[-1]]


def _last_piece_lost(events: Events) -> Events:
    at = max(place for place, one in enumerate(events) if one.sentence_number == 1)
    return [*events[:at], *events[at + 1 :]]


def _piece_twice(events: Events) -> Events:
    return [*events[:4], events[3], *events[4:]]


def _pieces_swapped(events: Events) -> Events:
    return [*events[:3], events[4], events[3], *events[5:]]


def _token_lost(events: Events) -> Events:
    return [*events[:1], *events[2:]]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda e: without_audio_of(e, 1), "sentences came as [0, 2]"),
        (swapped, "sentences came as [0, 2, 1]"),
        (_last_piece_lost, "sentence 1: "),
        (_piece_twice, "sentence 0: its chunks came as [0, 0, 1"),
        (_pieces_swapped, "sentence 0: block 41 stands where block 1"),
        (_token_lost, "the text is not whole"),
        (lambda e: e[:-1], "the last event is not generation_complete, but audio_chunk"),
        (lambda e: [], "the last event is not generation_complete, but nothing"),
    ],
)
def test_what_is_lost_doubled_or_swapped_is_found(
    spoil: Callable[[Events], Events], says: str
) -> None:
    assert any(says in one for one in found_in(renumbered(spoil(scene()))))


def test_a_sentence_that_is_told_to_be_skipped_is_no_fault() -> None:
    events = without_audio_of(scene(), 1)
    hole = Received(
        type="sentence_skipped", sentence_number=1, sentence_text=SENTENCES[1], message="no"
    )
    place = max(at for at, one in enumerate(events) if one.sentence_number == 0) + 1
    told = renumbered([*events[:place], hole, *events[place:]])
    assert found_in(told) == []
    assert [one.skipped for one in sentences(told)] == [False, True, False]


def test_gaps_in_seq_and_errors_are_found_in_any_scene() -> None:
    events = scene()
    assert stream_faults(events) == []
    assert stream_faults(_piece_twice(events)) == ["seq has gaps or repeats"]
    failed = [*events[:2], Received(type="error", seq=3, message="the model broke off")]
    assert stream_faults(failed) == ["an error: the model broke off"]


@pytest.mark.parametrize("binary", [True, False])
def test_events_are_read_as_the_server_writes_them(binary: bool) -> None:
    chunk = AudioChunk(
        seq=2,
        audio=b"\1\2\3\4",
        sentence_number=3,
        sentence_text="Oh.",
        format="pcm",
        chunk_number=1,
        final=True,
        start=0,
        end=3,
        start_ms=10.0,
        duration_ms=0.5,
    )
    sent = [frame(TextChunk(seq=1, text="Oh."), binary=binary), frame(chunk, binary=binary)]
    data = [one.encode() if isinstance(one, str) else one for one in sent]
    text, audio = read_all([(1.5, data[0]), (2.5, data[1])])
    assert (text.type, text.seq, text.text, text.at) == ("text_chunk", 1, "Oh.", 1.5)
    assert (audio.type, audio.pcm, audio.audio_ms) == ("audio_chunk", b"\1\2\3\4", 0.5)
    assert (audio.sentence_number, audio.chunk_number, audio.at) == (3, 1, 2.5)
