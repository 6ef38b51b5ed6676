"""A scene as a sound server would tell it, to be spoilt by a test."""

from __future__ import annotations

from web.load.messages import Received
from web.mock_upstream.spelling import BLOCK_BYTES, spelt
from web.mock_upstream.story import sentences_of

__all__ = ["SENTENCES", "TEXT", "scene"]

SENTENCES = sentences_of(1, 3)
TEXT = " ".join(SENTENCES)


def scene(*, piece_blocks: int = 40) -> list[Received]:
    """Its text in one piece a sentence, its audio in pieces of so many blocks."""
    events = [
        Received(type="text_chunk", text=text)
        for text in (SENTENCES[0], f" {SENTENCES[1]} ", SENTENCES[2])
    ]
    for number, text in enumerate(SENTENCES):
        pcm, size = spelt(text), piece_blocks * BLOCK_BYTES
        events += [
            Received(
                type="audio_chunk",
                audio=pcm[at : at + size],
                sentence_number=number,
                sentence_text=text,
                chunk_number=at // size,
            )
            for at in range(0, len(pcm), size)
        ]
    events.append(Received(type="generation_complete"))
    for seq, event in enumerate(events, 1):
        event.seq = seq
    return events
