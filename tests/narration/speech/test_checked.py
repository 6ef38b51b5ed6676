"""What cannot be the sentence is found out; what can be is never taken for something else."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import pytest

from narration.audio import SAMPLE_RATE, silence, slices
from narration.errors import SpeechError
from narration.speech import Audio
from narration.speech.policy.checked import MOST_SILENCE_MS, checked
from narration.speech.policy.plausible import PlausibleLength
from narration.speech.policy.spoken_length import spoken_length
from narration.speech.policy.voice_rate import VoiceRate
from narration.story import Word

TEXT = "The keeper climbed the stairs, and counted them under his breath."
LONG = (
    "Down the long corridor, past the portraits of people whose names nobody remembered any "
    "more, and out into the yard where the horses stood in the rain."
)
DATA = Path(__file__).parent / "data" / "embedded_durations.jsonl"


def tone(ms: float, dbfs: float = -20.0) -> bytes:
    height = 32_768 * 10 ** (dbfs / 20) * math.sqrt(2)
    count = round(ms * SAMPLE_RATE / 1_000)
    return array("h", (round(height * math.sin(at / 4)) for at in range(count))).tobytes()


class Source:
    def __init__(self, pieces: Iterable[Audio]) -> None:
        self.pieces = list(pieces)
        self.given = 0
        self.closed = False

    async def audio(self) -> AsyncGenerator[Audio]:
        try:
            for piece in self.pieces:
                self.given += 1
                yield piece
        finally:
            self.closed = True


def check(source: Source, text: str, rate: VoiceRate | None) -> AsyncGenerator[Audio]:
    plausible = None if rate is None else PlausibleLength(rate, spoken_length(text))
    return checked(source.audio(), "kokoro", plausible, lambda: True)


async def heard(
    source: Source | bytes, text: str = TEXT, rate: VoiceRate | None = None
) -> list[Audio]:
    if isinstance(source, bytes):
        source = Source(map(Audio, slices(source, 100)))
    try:
        return [piece async for piece in check(source, text, rate)]
    finally:
        assert source.closed


def known(seconds_per_letter: float = 0.065) -> VoiceRate:
    """A voice that was heard for long enough."""
    rate = VoiceRate()
    for _ in range(5):
        length = spoken_length(LONG)
        rate.learn(length, seconds_per_letter * length.letters)
    assert rate.seconds_per_letter == pytest.approx(seconds_per_letter)
    return rate


async def test_good_audio_passes_as_it_comes() -> None:
    source = Source(Audio(tone(100), (Word("a", 0, 1),)) for _ in range(40))
    audio = check(source, TEXT, VoiceRate())
    first = await anext(audio)
    assert source.given == 1
    assert [first, *[piece async for piece in audio]] == source.pieces


@pytest.mark.parametrize("rate", [None, VoiceRate()])
async def test_empty_audio_is_a_failure(rate: VoiceRate | None) -> None:
    for pieces in ([], [Audio(b"", (Word("a", 0, 1),))]):
        with pytest.raises(SpeechError, match="kokoro: it sent no audio") as caught:
            await heard(Source(pieces), rate=rate)
        assert caught.value.retryable


@pytest.mark.parametrize(
    "noise", [silence(3_000), tone(3_000, -58.0), silence(7), silence(41)]
)
async def test_silence_is_a_failure_of_which_nothing_is_heard(noise: bytes) -> None:
    source = Source(map(Audio, slices(noise, 10)))
    audio = check(source, "No.", VoiceRate())
    with pytest.raises(SpeechError, match="nothing but silence"):
        await anext(audio)
    assert await heard(noise, "No.", None) != []


async def test_clicks_alone_are_silence_and_a_soft_voice_is_none() -> None:
    click = silence(500) + array("h", [500, -500]).tobytes() + silence(500)
    with pytest.raises(SpeechError, match="nothing but silence"):
        await heard(click, "No.", VoiceRate())
    assert await heard(tone(900, -50.0), "No.", VoiceRate())


async def test_silence_at_the_start_waits_for_the_first_sound_and_then_is_heard() -> None:
    source = Source(map(Audio, slices(silence(900) + tone(3_100), 100)))
    audio = check(source, TEXT, VoiceRate())
    first = await anext(audio)
    assert source.given == 10
    assert [first, *[piece async for piece in audio]] == source.pieces


async def test_silence_at_the_start_is_not_waited_out_for_ever() -> None:
    source = Source([Audio(silence(500))] * 1_000)
    with pytest.raises(SpeechError, match="nothing but silence"):
        await heard(source, LONG * 3, VoiceRate())
    assert source.given == MOST_SILENCE_MS / 500 + 1


async def test_half_a_sentence_is_found_out_once_the_voice_is_known() -> None:
    rate = known()
    whole = tone(65 * spoken_length(LONG).letters)
    half = whole[: len(whole) // 4 * 2]
    assert len(LONG) > 100
    assert await heard(whole, LONG, rate)
    with pytest.raises(SpeechError, match="only a part of the sentence"):
        await heard(half, LONG, rate)
    # Of a voice that is not known it may be all.
    assert await heard(half, LONG, VoiceRate())
    assert await heard(half, LONG, None)


async def test_what_goes_on_and_on_is_stopped_as_soon_as_that_is_clear() -> None:
    for rate, most_ms in ((known(), 11_000), (VoiceRate(), 13_000)):
        source = Source([Audio(tone(100))] * 600)
        with pytest.raises(SpeechError, match="far longer than the sentence"):
            await heard(source, TEXT, rate)
        assert source.given * 100 < most_ms
    assert len(await heard(Source([Audio(tone(100))] * 600), TEXT, None)) == 600


@pytest.mark.parametrize("rate", [known(), known(0.030), known(0.120), VoiceRate()])
@pytest.mark.parametrize("text", ["No.", "Ahhh!", "Yes?", "I…", "Mm-hm.", "3", "“Why?”"])
async def test_one_word_may_be_as_short_or_long_as_it_likes(
    text: str, rate: VoiceRate
) -> None:
    for ms in (150, 600, 1_200):
        assert await heard(tone(ms), text, rate)


@pytest.mark.parametrize(("speed", "obeyed"), [(2.0, True), (2.0, False), (0.5, True)])
async def test_a_speed_may_be_obeyed_or_not(speed: float, obeyed: bool) -> None:
    ms = 65 * spoken_length(LONG).letters / (speed if obeyed else 1)
    rate = VoiceRate(speed)
    for _ in range(5):
        assert await heard(tone(ms), LONG, rate)


async def test_a_voice_that_has_changed_is_learnt_anew() -> None:
    rate = known(0.120)
    fast = tone(30 * spoken_length(LONG).letters)
    for _ in range(10):
        with pytest.raises(SpeechError):
            await heard(fast, LONG, rate)
    for _ in range(5):
        assert await heard(fast, LONG, rate)
    assert rate.seconds_per_letter == pytest.approx(0.030, rel=0.01)


@pytest.mark.parametrize("kanji_first", [True, False])
async def test_japanese_is_known_in_kanji_and_in_kana(kanji_first: bool) -> None:
    # A voice speaks about eight morae a second, which these are 28 and 39 of.
    kanji = "東京都知事選挙の投票結果が発表された。", tone(28 * 125 + 300)
    kana = (
        "きょうはちょっとおそくなっちゃったので、ゆっくりいってもいいですか、ときいてみたのだった。",
        tone(39 * 125 + 300),
    )
    (text, spoken), other = (kanji, kana) if kanji_first else (kana, kanji)
    rate = VoiceRate()
    for _ in range(10):
        assert await heard(spoken, text, rate)
    assert rate.seconds_per_letter is not None
    assert await heard(other[1], other[0], rate)


def test_what_was_heard_last_counts_most() -> None:
    rate, length = known(0.060), spoken_length(LONG)
    for _ in range(40):
        rate.learn(length, 0.080 * length.letters)
    assert rate.seconds_per_letter == pytest.approx(0.080, rel=0.07)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", 0),
        ("word", 4),
        ("a word", 5.5),
        ("No...", 5),
        ("“No!”", 5),
        ("1984", 12),
        ("$5", 9),
        ("слово", 5),
        ("你好。", 9),
        ("안녕", 4),
        ("かな", 4),
        ("été", 3),
    ],
)
def test_how_long_a_text_is_in_letters(text: str, letters: float) -> None:
    assert spoken_length(text).letters == letters


def test_a_word_that_is_drawn_out_may_be_as_short_as_it_is() -> None:
    for rate in (known(), VoiceRate()):
        for word in ("N" + "o" * 60 + "!", "S" + "h" * 250):
            assert rate.least_seconds(spoken_length(word)) < 0.3
            assert rate.most_seconds(spoken_length(word)) > 4


# Real speech: what the embedded voice makes of several hundred sentences.


def durations(speed: float) -> list[tuple[str, float]]:
    rows = map(json.loads, DATA.read_text("utf-8").splitlines())
    return [(row["text"], row["seconds"]) for row in rows if row["speed"] == speed]


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("is_known", [False, True])
def test_no_real_sentence_is_taken_for_a_part_or_for_more(
    speed: float, is_known: bool
) -> None:
    rate, spoken = VoiceRate(speed), durations(speed)
    assert len(spoken) > 50
    for text, seconds in spoken if is_known else ():
        rate.learn(spoken_length(text), seconds)
    shorter = longer = 0.0
    for text, seconds in spoken:
        length = spoken_length(text)
        shorter = max(shorter, rate.least_seconds(length) / seconds)
        longer = max(longer, seconds / rate.most_seconds(length))
    # There is room for voices that speak less evenly.
    assert shorter < 0.80
    assert longer < 0.80


def test_half_of_a_long_real_sentence_is_found_out() -> None:
    rate, spoken = VoiceRate(), durations(1.0)
    for text, seconds in spoken:
        rate.learn(spoken_length(text), seconds)
    long = [(text, seconds) for text, seconds in spoken if len(text) > 100]
    found = [s / 2 < rate.least_seconds(spoken_length(text)) for text, s in long]
    assert len(long) > 50
    assert sum(found) / len(found) > 0.95
