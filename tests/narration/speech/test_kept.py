"""A sentence that was spoken for a user is not spoken again, whoever asks when."""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest

from narration.audio import (
    MAX_CHUNK_MS,
    FileFormat,
    Transcoder,
    duration_ms,
    encode,
    silence,
    slices,
)
from narration.audio.edges import Edges
from narration.config import LoudnessConfig, ProviderConfig, SpeechConfig
from narration.errors import SpeechError, StoreError
from narration.recording_key import recording_key
from narration.speech import Audio, Profile, SpeechRequest, Voice
from narration.speech.adapters.openai import OpenAISpeech
from narration.speech.cast import Part, cast
from narration.speech.kept import HELD_BYTES, KeptSpeech
from narration.speech.provider import Provider
from narration.speech.recording import Recording
from narration.speech.scheduler import Claim
from narration.story import SpokenBy, Word
from tests.patience import PATIENCE_SECONDS

ANNA, BEN = 1, 2
TEXT = "The lamp went out at nine."
AS_IT_IS = LoudnessConfig(even=False)


def sound(text: str) -> bytes:
    """0.6 s that are a text's own."""
    height = 2_000 + sum(text.encode())
    return (array("h", [height] * 40 + [-height] * 40) * 180).tobytes()


def heard(text: str) -> bytes:
    """What a listener hears of that."""
    edges = Edges()
    return edges.feed(sound(text)) + edges.finish()


def words_of(text: str) -> tuple[Word, ...]:
    """Each word of a text lasts for 100 ms."""
    return tuple(
        Word(word, at * 100.0, at * 100.0 + 100) for at, word in enumerate(text.split())
    )


class FakeSpeech:
    """A voice that takes its time, if `hold` says so, and counts what it is asked for."""

    name = "kokoro"
    default_voice = "heart"
    parameters = "p"

    def __init__(self) -> None:
        self.profile = Profile(
            formats=("pcm",),
            sample_rate=24_000,
            streams=True,
            concurrency=1,
            max_chars=200,
            speeds=(0.5, 2.0),
        )
        self.asked: list[SpeechRequest] = []
        self.answers: Callable[[str], bytes] = sound
        self.error: SpeechError | None = None
        self.begun = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    async def start(self) -> None:
        pass

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[Audio]:
        self.asked.append(request)
        self.begun.set()
        first, *rest = slices(self.answers(request.text), 200)
        yield Audio(first, words_of(request.text))
        await self.hold.wait()
        error, self.error = self.error, None
        if error is not None:
            raise error
        for piece in rest:
            yield Audio(piece)

    async def voices(self) -> list[Voice]:
        return []

    async def aclose(self) -> None:
        pass


class Stored:
    """What is stored of which user, as the store would tell it."""

    def __init__(self) -> None:
        self.files: dict[tuple[int, str], tuple[bytes, tuple[Word, ...]]] = {}
        self.error: StoreError | None = None

    async def recording(self, user_id: int, key: str) -> tuple[bytes, tuple[Word, ...]] | None:
        if self.error is not None:
            raise self.error
        return self.files.get((user_id, key))


class House:
    """The voice, the store, and listeners who ask for sentences."""

    def __init__(
        self, transcoder: Transcoder, loudness: LoudnessConfig, held_bytes: int = HELD_BYTES
    ) -> None:
        self.speech = FakeSpeech()
        self.provider = Provider("openai", self.speech, {}, SpeechConfig())
        self.scheduler = self.provider.scheduler
        self.stored = Stored()
        self.loudness = loudness
        self.kept = KeptSpeech(self.stored, transcoder, loudness, SpeechConfig(), held_bytes)

    def part(self, voice: str = "", speed: float = 1.0) -> Part:
        (part,) = cast(
            self.provider, (), voice=voice, speed=speed, params={}, loudness=self.loudness
        )
        return part

    def store(self, user: int, text: str, pcm: bytes, part: Part | None = None) -> None:
        key = recording_key(text, (part or self.part()).by)
        # As it is at first, or as it is later.
        kind: FileFormat = "wav" if len(text) % 2 else "flac"
        self.stored.files[user, key] = encode(pcm, kind), words_of(text)
        self.kept.stored(user, key)

    async def pieces(
        self,
        text: str = TEXT,
        *,
        user: int = ANNA,
        part: Part | None = None,
        claim: Claim | None = None,
    ) -> list[Audio]:
        speak = self.kept.of(user, [part or self.part()])
        return [piece async for piece in speak(text, claim or Claim("test", 0.0, False))]

    async def hear(
        self, text: str = TEXT, *, user: int = ANNA, claim: Claim | None = None
    ) -> bytes:
        pieces = await self.pieces(text, user=user, claim=claim)
        assert sum((piece.words for piece in pieces), ()) == words_of(text)
        return b"".join(piece.pcm for piece in pieces)

    def start(self, text: str = TEXT, claim: Claim | None = None) -> asyncio.Task[bytes]:
        return asyncio.create_task(self.hear(text, claim=claim))

    async def waiting(self, count: int) -> None:
        """Return when so many are in line for the voice."""
        while len(self.scheduler.figures().waiting) != count:
            await asyncio.sleep(0)


@pytest.fixture
async def transcoder() -> AsyncIterator[Transcoder]:
    transcoder = Transcoder()
    yield transcoder
    transcoder.close()


@pytest.fixture
async def house(transcoder: Transcoder) -> House:
    return House(transcoder, AS_IT_IS)


async def test_what_is_stored_is_heard_exactly_and_without_the_voice(house: House) -> None:
    kept = sound("as it was")
    house.store(ANNA, TEXT, kept)
    # The only place at the voice is taken, and stays so.
    other = house.scheduler.place(Claim("other", 0.0, False))
    async with asyncio.timeout(PATIENCE_SECONDS), other:
        assert await house.hear() == kept
        (whole,) = await house.pieces()
        assert (duration_ms(whole.pcm), len(whole.words)) == (600, 6)
    assert not house.speech.asked


def test_a_recording_travels_in_pieces_and_each_word_with_that_in_which_it_begins() -> None:
    words = tuple(Word(f"w{at}", at, at + 50) for at in (0, MAX_CHUNK_MS - 1, MAX_CHUNK_MS))
    first, last = Recording(silence(MAX_CHUNK_MS + 500), words).pieces()
    assert (duration_ms(first.pcm), duration_ms(last.pcm)) == (MAX_CHUNK_MS, 500)
    assert (first.words, last.words) == (words[:2], words[2:])


async def test_only_the_very_same_counts(house: House) -> None:
    for user, text, part in (
        (BEN, TEXT, house.part()),
        (ANNA, "The lamp went out at ten.", house.part()),
        (ANNA, TEXT, house.part(voice="alloy")),
        (ANNA, TEXT, house.part(speed=1.5)),
    ):
        house.store(user, text, sound("another"), part)
    assert await house.hear() == heard(TEXT)
    (asked,) = house.speech.asked
    assert (asked.text, asked.voice, asked.speed) == (TEXT, "heart", 1.0)


@pytest.mark.parametrize("broken", ["store", "file"])
async def test_what_cannot_be_read_is_spoken_and_the_log_says_why(
    house: House, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.store(ANNA, TEXT, sound("as it was"))
    if broken == "store":
        house.stored.error = StoreError("the database failed: disk I/O error")
    else:
        house.stored.files = {which: (b"fLaC" + bytes(40), ()) for which in house.stored.files}
    with caplog.at_level(logging.WARNING):
        assert await house.hear() == heard(TEXT)
    assert "spoken again" in caplog.text
    assert ("disk I/O error" in caplog.text) is (broken == "store")


async def test_what_a_voice_speaks_is_levelled_unless_that_is_switched_off(
    transcoder: Transcoder,
) -> None:
    house = House(transcoder, LoudnessConfig(target_lufs=-30, peak_dbfs=-20))
    out = array("h", await house.hear())
    assert len(out) == len(sound(TEXT)) // 2
    assert max(out) <= 3_277 < max(array("h", sound(TEXT)))
    # Of what is stored that is true already.
    house.store(ANNA, TEXT, sound("as it was"))
    assert await house.hear() == sound("as it was")


async def test_of_many_who_want_the_same_at_once_one_has_it_spoken(house: House) -> None:
    house.speech.hold.clear()
    first = house.start()
    await house.speech.begun.wait()
    others = [house.start() for _ in range(3)]
    # While they wait for the first they are not in line for the voice.
    later = house.start("Nobody said a word.")
    await house.waiting(1)
    house.speech.hold.set()
    assert await asyncio.gather(first, *others) == [heard(TEXT)] * 4
    assert await later == heard("Nobody said a word.")
    assert [request.text for request in house.speech.asked] == [TEXT, "Nobody said a word."]


async def test_what_was_spoken_is_held_until_it_is_stored(house: House) -> None:
    assert await house.hear() == await house.hear() == heard(TEXT)
    assert await house.hear(user=BEN) == heard(TEXT)
    assert len(house.speech.asked) == 2
    # Whoever stored it may have deleted it since.
    house.kept.stored(ANNA, recording_key(TEXT, house.part().by))
    await house.hear()
    await house.hear(user=BEN)
    assert len(house.speech.asked) == 3


async def test_no_more_is_held_than_there_is_room_for(
    transcoder: Transcoder,
) -> None:
    house = House(transcoder, AS_IT_IS, held_bytes=2 * len(sound("one")))
    for text in ("one", "two", "three", "three", "two"):
        assert await house.hear(text) == heard(text)
    assert [request.text for request in house.speech.asked] == ["one", "two", "three"]
    assert await house.hear("one") == heard("one")
    assert len(house.speech.asked) == 4


async def test_of_two_in_line_the_more_urgent_speaks_and_the_other_takes_part(
    house: House,
) -> None:
    async with house.scheduler.place(Claim("other", 0.0, False)):
        slow = house.start(claim=Claim("background", 1e9, False))
        await house.waiting(1)
        urgent = house.start(claim=Claim("live", 0.0, False))
        await house.waiting(2)
    assert await slow == await urgent == heard(TEXT)
    assert len(house.speech.asked) == 1
    assert [one.who for one in house.scheduler.figures().decisions] == [
        "background",
        "live",
        "other",
    ]


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_if_the_first_does_not_get_to_its_end_the_second_asks_itself(
    house: House, how: str
) -> None:
    house.speech.hold.clear()
    first = house.start()
    await house.speech.begun.wait()
    second = house.start()
    for _ in range(20):  # So that it has found out that it is to wait.
        await asyncio.sleep(0)
    if how == "cancelled":
        first.cancel()
    else:
        house.speech.error = SpeechError("kokoro", "it fell silent", retryable=True)
        house.speech.hold.set()
    await asyncio.wait({first})
    house.speech.hold.set()
    assert await second == heard(TEXT)
    assert len(house.speech.asked) == 2
    if how == "failed":
        assert isinstance(first.exception(), SpeechError)
    assert house.scheduler.figures().busy == ()


async def test_who_is_cancelled_while_another_speaks_disturbs_nobody(house: House) -> None:
    house.speech.hold.clear()
    first = house.start()
    await house.speech.begun.wait()
    second, third = house.start(), house.start()
    for _ in range(20):
        await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait({second})
    house.speech.hold.set()
    assert await first == await third == heard(TEXT)
    assert len(house.speech.asked) == 1


# Who speaks, and how


def by(speech: FakeSpeech, voice: str, speed: float, loudness: LoudnessConfig) -> SpokenBy:
    provider = Provider("openai", speech, {}, SpeechConfig())
    (part,) = cast(provider, (), voice=voice, speed=speed, params={}, loudness=loudness)
    return part.by


def test_a_choice_becomes_what_the_service_makes_of_it() -> None:
    speech = FakeSpeech()
    chosen = by(speech, "", 9, LoudnessConfig())
    assert (chosen.provider, chosen.voice, chosen.speed) == ("kokoro", "heart", 2.0)
    assert by(speech, "heart", 2.0, LoudnessConfig()) == chosen
    assert by(speech, "alloy", 0.1, LoudnessConfig()).speed == 0.5


def test_all_that_the_sound_depends_on_is_in_the_parameters_and_no_secret() -> None:
    speech = FakeSpeech()
    ways = [
        by(speech, "", 1, loudness).parameters
        for loudness in (
            LoudnessConfig(),
            LoudnessConfig(target_lufs=-18),
            LoudnessConfig(peak_dbfs=-2),
            AS_IT_IS,
        )
    ]
    speech.parameters = "q"
    ways.append(by(speech, "", 1, LoudnessConfig()).parameters)
    assert len(set(ways)) == 5
    speech.parameters = "p"
    assert by(speech, "", 1, LoudnessConfig()).parameters == ways[0]
    assert by(speech, "", 1, LoudnessConfig(even=False, target_lufs=-30)).parameters == ways[3]


async def test_a_server_of_ones_own_is_known_by_what_it_is_told() -> None:
    url = "http://127.0.0.1:9/v1"
    configs = [
        ProviderConfig(url=url),
        ProviderConfig(url=url + "/other"),
        ProviderConfig(url=url, model="kokoro"),
        ProviderConfig(url=url, response_format="wav"),
        ProviderConfig(url=url, sample_rate=44_100),
        ProviderConfig(url=url, extra_params={"exaggeration": 0.7, "secret": "hunter2"}),
    ]
    known = [await _parameters(config) for config in configs]
    assert len(set(known)) == len(known)
    assert not any("hunter2" in parameters for parameters in known)
    same = ProviderConfig(
        url=url,
        api_key="changed",
        concurrency=7,
        extra_params={"secret": "hunter2", "exaggeration": 0.7},
    )
    assert await _parameters(same) == known[-1]


async def _parameters(config: ProviderConfig) -> str:
    speech = OpenAISpeech("kokoro", config)
    try:
        return speech.parameters
    finally:
        await speech.aclose()
