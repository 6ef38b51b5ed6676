"""Voices and sentences come out equally loud, at once, whole, and without a seam."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from itertools import pairwise

import pytest

from narration.audio import MAX_CHUNK_MS, SAMPLE_RATE, Transcoder, duration_ms, slices
from narration.audio.loudness import LoudnessMeter
from narration.config import LoudnessConfig
from narration.errors import SpeechError
from narration.speech import Audio
from narration.speech.policy.least_recent import LeastRecent
from narration.speech.policy.levelled import levelled
from narration.speech.policy.voice_level import VoiceLevel
from narration.story import SpokenBy, Word

TARGET = -19.0
LOUDNESS = LoudnessConfig(target_lufs=TARGET, peak_dbfs=-1.5)
EITHER = pytest.mark.parametrize("streams", [False, True], ids=["whole", "streams"])


def tone(seconds: float, lufs: float) -> bytes:
    """A sine that is so loud."""
    height = 32_768 * 10 ** ((lufs + 3.01) / 20)
    turn = 2 * math.pi * 997 / SAMPLE_RATE
    count = round(seconds * SAMPLE_RATE)
    return array("h", (round(height * math.sin(turn * at)) for at in range(count))).tobytes()


def lufs(pcm: bytes) -> float:
    meter = LoudnessMeter()
    meter.feed(pcm)
    assert meter.lufs is not None
    return meter.lufs


def gain_db(out: bytes, pcm: bytes) -> float:
    """How much louder a piece of a tone has become."""
    return 20 * math.log10(max(array("h", out)) / max(array("h", pcm)))


class Sentence:
    """A voice's audio of one sentence, in pieces."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self.pieces = pieces
        self.error = error
        self.asked_for = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.begun = asyncio.Event()
        self.closed = False

    async def audio(self) -> AsyncGenerator[Audio]:
        self.begun.set()
        try:
            for piece in self.pieces:
                await self.hold.wait()
                self.asked_for += 1
                yield Audio(piece)
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True


@pytest.fixture
def level() -> VoiceLevel:
    return VoiceLevel()


@pytest.fixture
async def transcoder() -> AsyncIterator[Transcoder]:
    transcoder = Transcoder()
    yield transcoder
    transcoder.close()


async def heard(
    sentence: Sentence, level: VoiceLevel, transcoder: Transcoder, *, streams: bool
) -> bytes:
    out = b""
    async for piece in levelled(
        sentence.audio(), level, LOUDNESS, transcoder, streams=streams
    ):
        assert 0 < duration_ms(piece.pcm) <= MAX_CHUNK_MS
        assert len(piece.pcm) % 2 == 0
        out += piece.pcm
    assert sentence.closed
    assert len(out) == sum(map(len, sentence.pieces))
    return out


async def spoken(
    level: VoiceLevel,
    transcoder: Transcoder,
    *loudness: float,
    seconds: float = 3.0,
    streams: bool = False,
) -> list[float]:
    """How loud sentences come out that a voice speaks so loud."""
    out = []
    for one in loudness:
        sentence = Sentence(*slices(tone(seconds, one), 130))
        out.append(lufs(await heard(sentence, level, transcoder, streams=streams)))
    return out


def near(lufs: float, within: float = 0.2) -> object:
    return pytest.approx(lufs, abs=within)


async def test_sentences_that_come_whole_are_each_brought_to_the_target(
    level: VoiceLevel, transcoder: Transcoder
) -> None:
    loudness = (-27.0, -29.5, -25.5, -30.0, -24.0, -27.0)
    assert await spoken(level, transcoder, *loudness) == [near(TARGET)] * 6


@EITHER
async def test_voices_of_any_loudness_are_matched(
    transcoder: Transcoder, streams: bool
) -> None:
    for voice in (-33.0, -23.0, -12.0):
        level = VoiceLevel()
        out = await spoken(level, transcoder, *[voice] * 5, streams=streams)
        # The very first of a voice that streams begins before anything is known of it.
        assert out[1:] == [near(TARGET)] * 4
        assert out[0] == near(TARGET, 3.0 if streams else 0.2)


async def test_a_whisper_stays_softer_and_a_shout_louder_than_the_rest(
    level: VoiceLevel, transcoder: Transcoder
) -> None:
    await spoken(level, transcoder, *[-25.0] * 20)
    whisper, shout, usual = await spoken(level, transcoder, -37.0, -18.0, -25.0)
    # 4 dB of the difference are taken away.
    assert whisper == near(TARGET - 8, 0.6)
    assert shout == near(TARGET + 3, 0.6)
    assert usual == near(TARGET)


async def test_a_word_alone_is_not_measured_but_goes_by_the_voice(
    level: VoiceLevel, transcoder: Transcoder
) -> None:
    await spoken(level, transcoder, *[-25.0] * 5)
    word = tone(0.3, -28.0)
    out = await heard(Sentence(word), level, transcoder, streams=False)
    assert gain_db(out, word) == near(6.0)
    # One that is just long enough to be measured goes by both.
    (half,) = await spoken(level, transcoder, -28.0, seconds=0.5)
    assert half == near(TARGET - 1.5, 0.3)


@EITHER
async def test_what_cannot_be_measured_is_left_as_it_is(
    level: VoiceLevel, transcoder: Transcoder, streams: bool
) -> None:
    for pcm in (b"", tone(0.3, -30.0), bytes(96_000)):
        out = await heard(Sentence(*slices(pcm)), level, transcoder, streams=streams)
        assert out == pcm
    hum = tone(3, -60.0)
    out = await heard(Sentence(*slices(hum)), level, transcoder, streams=streams)
    assert gain_db(out, hum) < 21, "a noise is made as loud as a voice"


async def test_a_stream_passes_at_once_and_a_voice_that_is_known_from_its_first_sample(
    level: VoiceLevel, transcoder: Transcoder
) -> None:
    for known in (False, True):
        pieces = list(slices(tone(1, -30.0), 100))
        sentence = Sentence(*pieces)
        audio = levelled(sentence.audio(), level, LOUDNESS, transcoder, streams=True)
        first = await anext(audio)
        assert sentence.asked_for == 1
        assert duration_ms(first.pcm) >= 90
        assert gain_db(first.pcm, pieces[0]) == near(11.0 if known else 0.0)
        await audio.aclose()
        assert sentence.closed
        await spoken(level, transcoder, *[-30.0] * 5, streams=True)


async def test_a_stream_that_is_unknown_glides_to_the_target(
    level: VoiceLevel, transcoder: Transcoder
) -> None:
    pcm = tone(3, -30.0)
    out = await heard(Sentence(*slices(pcm, 100)), level, transcoder, streams=True)
    gains = [
        gain_db(after, before)
        for after, before in zip(slices(out, 50), slices(pcm, 50), strict=True)
    ]
    assert gains[0] == near(0.0)
    assert all(-0.1 < later - sooner < 1.2 for sooner, later in pairwise(gains))
    assert gains[30:] == [near(11.0, 0.3)] * 30
    # If what came first can be measured, it is loud enough from its first sample.
    out = await heard(Sentence(*slices(pcm, 500)), VoiceLevel(), transcoder, streams=True)
    assert lufs(out) == near(TARGET)


@EITHER
async def test_words_keep_their_times_and_none_is_lost(
    level: VoiceLevel, transcoder: Transcoder, streams: bool
) -> None:
    words = [Word(f"{at}", at * 100.0, at * 100.0 + 90) for at in range(30)]

    async def spoken() -> AsyncGenerator[Audio]:
        yield Audio(b"", (words[0],))
        for at, pcm in enumerate(slices(tone(2.8, -30.0), 100), 1):
            yield Audio(pcm, (words[at],))
        yield Audio(b"", (words[-1],))

    pieces = levelled(spoken(), level, LOUDNESS, transcoder, streams=streams)
    assert [word async for piece in pieces for word in piece.words] == words


@EITHER
async def test_a_voice_that_breaks_off_does_so_for_the_listener_too(
    level: VoiceLevel, transcoder: Transcoder, streams: bool
) -> None:
    error = SpeechError("kokoro", "it fell silent", retryable=True)
    sentence = Sentence(*slices(tone(3, -30.0), 100), error=error)
    pieces = list[Audio]()

    async def listen() -> None:
        async for piece in levelled(
            sentence.audio(), level, LOUDNESS, transcoder, streams=streams
        ):
            pieces.append(piece)

    with pytest.raises(SpeechError, match="fell silent"):
        await listen()
    assert bool(pieces) is streams
    assert sentence.closed


@EITHER
async def test_whoever_is_called_off_while_waiting_closes_the_source(
    level: VoiceLevel, transcoder: Transcoder, streams: bool
) -> None:
    sentence = Sentence(tone(0.1, -30.0), tone(0.1, -30.0))
    sentence.hold.clear()
    waiting = asyncio.create_task(heard(sentence, level, transcoder, streams=streams))
    await sentence.begun.wait()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    assert sentence.closed
    assert await spoken(level, transcoder, -25.0) == [near(TARGET)]


async def test_a_voice_that_never_ends_is_not_gathered_for_ever(
    level: VoiceLevel, transcoder: Transcoder
) -> None:
    second = tone(0.5, -30.0)
    sentence = Sentence(*[second] * 600)
    audio = levelled(sentence.audio(), level, LOUDNESS, transcoder, streams=False)
    await anext(audio)
    assert sentence.asked_for == 240
    rest = [piece.pcm async for piece in audio]
    assert sum(map(duration_ms, rest)) == pytest.approx(299_000, abs=10)
    assert gain_db(rest[-3][: len(second)], second) == near(11.0)


async def test_a_voice_is_learnt_anew_once_it_was_forgotten(transcoder: Transcoder) -> None:
    def voice(number: int) -> SpokenBy:
        return SpokenBy(provider="kokoro", voice=f"{number}", speed=1.0, parameters="")

    levels = LeastRecent[SpokenBy, VoiceLevel](lambda by: VoiceLevel(), most=2)
    await spoken(levels.of(voice(1)), transcoder, *[-30.0] * 5)
    assert levels.of(voice(2)).gain_ahead(TARGET) == 0
    assert levels.of(voice(1)).gain_ahead(TARGET) == near(11.0)
    levels.of(voice(3))
    assert levels.of(voice(1)).gain_ahead(TARGET) == near(11.0)
    levels.of(voice(4))
    levels.of(voice(5))
    assert levels.of(voice(1)).gain_ahead(TARGET) == 0


@pytest.mark.parametrize(
    ("first", "usual"), [((-45.0,), -25.0), ((-25.0, -45.0), -25.0), ((-25.0,) * 4, -15.0)]
)
async def test_a_voice_whose_level_changes_is_followed(
    level: VoiceLevel, transcoder: Transcoder, first: Sequence[float], usual: float
) -> None:
    await spoken(level, transcoder, *first)
    out = await spoken(level, transcoder, *[usual] * 24)
    assert out[-1] == near(TARGET)
