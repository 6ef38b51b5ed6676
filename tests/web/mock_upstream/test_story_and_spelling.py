"""The same seed is the same story, and no change of its audio goes unseen."""

from __future__ import annotations

import pytest

from narration.audio.edges import Edges
from narration.text.cutter import Cutter
from web.mock_upstream.spelling import BLOCK_BYTES, fault, spelt
from web.mock_upstream.story import sentences_of, text_of, tokens_of

TEXT = "The bridge over the black water."


@pytest.mark.parametrize("seed", [0, 1, 40, 999_999])
def test_a_seed_is_a_story_and_its_tokens_are_its_text(seed: int) -> None:
    text = text_of(seed, 12)
    assert text == text_of(seed, 12) == " ".join(sentences_of(seed, 12))
    assert "".join(tokens_of(text)) == text
    assert text != text_of(seed + 1, 12)


def test_a_story_has_the_size_that_costs_are_counted_for() -> None:
    sizes = [(len(t), len(tokens_of(t))) for t in (text_of(n, 12) for n in range(200))]
    assert 950 < sum(size for size, _ in sizes) / 200 < 1_150
    assert 220 < sum(tokens for _, tokens in sizes) / 200 < 260


def test_no_two_stories_have_a_sentence_that_is_kept_for_both() -> None:
    told = [one for seed in range(1_000) for one in sentences_of(seed, 12)]
    assert len(told) - len(set(told)) < len(told) / 200


def test_the_audio_of_parts_is_that_of_the_whole() -> None:
    parts = [spelt(TEXT, at, at + 4) for at in range(0, len(TEXT), 4)]
    assert b"".join(parts) == spelt(TEXT)
    assert len(spelt(TEXT)) == len(TEXT) * BLOCK_BYTES
    assert fault(spelt(TEXT), TEXT) == ""


def test_what_the_server_does_to_a_sentence_is_no_fault() -> None:
    edges = Edges()
    heard = edges.feed(spelt(TEXT)) + edges.finish()
    assert heard != spelt(TEXT)
    assert fault(heard + bytes(BLOCK_BYTES), TEXT) == ""


def _swapped(pcm: bytes) -> bytes:
    third, fourth = 3 * BLOCK_BYTES, 4 * BLOCK_BYTES
    return pcm[:third] + pcm[fourth : fourth + BLOCK_BYTES] + pcm[third:fourth] + pcm[15_600:]


@pytest.mark.parametrize(
    ("heard", "says"),
    [
        (spelt(TEXT)[:-BLOCK_BYTES], "31.00 blocks came of 32"),
        (
            spelt(TEXT)[BLOCK_BYTES:] + spelt(TEXT)[-BLOCK_BYTES:],
            "block 2 stands where block 1",
        ),
        (_swapped(spelt(TEXT)), "block 4 stands where block 3"),
        (spelt(TEXT) + spelt("x"), "after its 32 blocks comes what is no silence"),
        (spelt(TEXT.upper()), "block 1 of 32 is of another text"),
        (spelt(TEXT)[:9_000] + bytes(2) + spelt(TEXT)[9_002:], "changed behind its head"),
        (bytes(1) + spelt(TEXT)[:-1], "block 1 of 32 has no head"),
        (b"", "0.00 blocks came of 32"),
    ],
)
def test_every_loss_swap_and_repeat_is_found(heard: bytes, says: str) -> None:
    assert says in fault(heard, TEXT)


def test_its_sentences_are_where_our_cutter_cuts() -> None:
    cutter = Cutter(min_sentence_length=0, first_unit_min=0)
    text = text_of(7, 12)
    units = [unit for token in tokens_of(text) for unit in cutter.feed(token)]
    units += cutter.flush()
    assert [unit.text.strip() for unit in units] == sentences_of(7, 12)
