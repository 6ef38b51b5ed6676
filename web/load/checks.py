"""Whether a listener got all of his scene: each thing once, and in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from web.load.messages import Received, Sentence
from web.mock_upstream.spelling import fault

__all__ = ["faults", "stream_faults"]


def faults(events: Sequence[Received], told: Sequence[Sentence], text: str) -> list[str]:
    """What is wrong with what came, where `text` was written; empty if nothing is.

    `told` are the events' sentences.  Audio in a format that is not lossless cannot be read:
    of that only numbers and texts are checked.
    """
    return [*_stream(events), *_text(events, text), *_order(told, text), *_audio(told)]


def stream_faults(events: Sequence[Received]) -> list[str]:
    """What is wrong with what came of a scene that was not heard, or not told, to its end."""
    return list(_events(events))


def _stream(events: Sequence[Received]) -> Iterator[str]:
    yield from _events(events)
    if not events or events[-1].type != "generation_complete":
        last = events[-1].type if events else "nothing"
        yield f"the last event is not generation_complete, but {last}"


def _events(events: Sequence[Received]) -> Iterator[str]:
    for event in events:
        if event.type == "error":
            yield f"an error: {event.message}"
    numbers = [event.seq for event in events]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "seq has gaps or repeats"


def _text(events: Sequence[Received], text: str) -> Iterator[str]:
    shown = "".join(event.text for event in events if event.type == "text_chunk")
    if shown != text:
        yield f"the text is not whole: {len(shown)} characters came of {len(text)}"


def _order(told: Sequence[Sentence], text: str) -> Iterator[str]:
    numbers = [sentence.number for sentence in told]
    if numbers != list(range(len(numbers))):
        yield f"sentences came as {numbers}"
    spoken = " ".join(" ".join(sentence.text for sentence in told).split())
    if spoken != " ".join(text.split()):
        yield "the sentences are not the text"


def _audio(told: Sequence[Sentence]) -> Iterator[str]:
    for sentence in told:
        where = f"sentence {sentence.number}: "
        places = [piece.chunk_number for piece in sentence.pieces]
        if None not in places and places != list(range(len(places))):
            yield f"{where}its chunks came as {places}"
        if sentence.skipped:
            continue  # Some of it may have come before.
        samples = [piece.pcm for piece in sentence.pieces]
        pcm = b"".join(part for part in samples if part is not None)
        if None not in samples and (what := fault(pcm, sentence.text.strip())):
            yield where + what
