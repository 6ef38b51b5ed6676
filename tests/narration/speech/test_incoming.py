"""What services send is read as what it is, whatever they call it, and never as noise."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narration.audio import FileEncoder, duration_ms
from narration.audio.ogg import checksum
from narration.errors import AudioError
from narration.speech.calling.incoming import MAX_SECONDS, IncomingAudio
from tests.sounds import (
    HERTZ,
    TYPES,
    Format,
    bend,
    cut_up,
    encoded,
    numbers,
    pitch,
    random_pieces,
    tone,
    wav,
)

PCM = tone(0.5)
FORMATS = list(TYPES)


def read(content_type: str, *pieces: bytes, rate: int = 24_000) -> bytes:
    incoming = IncomingAudio(content_type, rate)
    return b"".join([*(incoming.feed(piece) for piece in pieces), incoming.finish()])


def body(format: Format, seconds: float = 0.5) -> bytes:
    if format == "vorbis":
        return encoded(tone(seconds, 44_100, 2), format, 44_100, 2)
    return encoded(tone(seconds), format)


BODIES = {format: body(format) for format in FORMATS}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_read_under_its_own_name(format: Format) -> None:
    pcm = read(TYPES[format], *random_pieces(BODIES[format], most=900))
    assert duration_ms(pcm) == pytest.approx(500, abs=60 if format == "aac" else 1)
    assert pitch(pcm) == pytest.approx(HERTZ, abs=1.5)
    assert bend(pcm) < 65


@pytest.mark.parametrize("called", ["", "application/octet-stream", "audio/pcm", "audio/wav"])
@pytest.mark.parametrize("format", FORMATS)
def test_what_tells_its_kind_itself_may_be_called_anything(
    format: Format, called: str
) -> None:
    if format in ("pcm", "mp3", "aac") and called == "audio/wav":
        with pytest.raises(AudioError, match="what it sends as WAV is something else"):
            read(called, BODIES[format])
    else:
        assert read(called, BODIES[format]) == read(TYPES[format], BODIES[format])


@given(
    format=st.sampled_from(FORMATS),
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=6),
    called=st.booleans(),
)
@example(format="mp3", sizes=[1], called=False)
@example(format="aac", sizes=[1], called=False)
@example(format="pcm", sizes=[1], called=False)
@example(format="wav", sizes=[1], called=False)
def test_any_pieces_give_the_same(format: Format, sizes: list[int], called: bool) -> None:
    content_type = TYPES[format] if called else ""
    pieces = cut_up(BODIES[format], sizes)
    assert read(content_type, *pieces) == read(content_type, BODIES[format])


@pytest.mark.parametrize(
    "content_type",
    ["audio/mpeg", "AUDIO/MPEG; charset=utf-8", "audio/mp3", "audio/aac", "audio/ogg"],
)
def test_an_mp3_with_tags_is_read(content_type: str) -> None:
    tagged = b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + BODIES["mp3"]
    assert read(content_type, tagged) == read("audio/mpeg", BODIES["mp3"])


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("is_wav", [False, True])
def test_every_rate_becomes_ours(rate: int, channels: int, is_wav: bool) -> None:
    samples = tone(0.7, rate, channels)
    if is_wav:
        data, content_type = wav(samples, rate, channels), "audio/wav"
    else:
        data, content_type = samples, f"audio/L16; rate={rate}; channels={channels}"
    pcm = read(content_type, *random_pieces(data))
    assert duration_ms(pcm) == pytest.approx(700, abs=1)
    assert pitch(pcm) == pytest.approx(HERTZ, abs=1)
    assert bend(pcm) < 65


@pytest.mark.parametrize(("bits", "tag"), [(8, 1), (24, 1), (32, 1), (32, 3)])
def test_wav_of_other_sample_sizes_sounds_the_same(bits: int, tag: int) -> None:
    meant = numbers(tone(0.5))
    samples = {
        (8, 1): (meant / 256 + 128).round().astype("u1").tobytes(),
        (24, 1): b"".join(struct.pack("<i", int(it) << 8)[:3] for it in meant),
        (32, 1): (meant * 65_536).astype("<i4").tobytes(),
        (32, 3): (meant / 32_768).astype("<f4").tobytes(),
    }[bits, tag]
    pcm = read("audio/wav", *random_pieces(wav(samples, bits=bits, tag=tag)))
    assert len(pcm) == len(PCM)
    assert abs(numbers(pcm) - meant).max() <= (129 if bits == 8 else 1)


def looks_like(sound: bytes) -> dict[str, bytes]:
    """What a sound looks like to one who takes it for samples that it is not."""
    samples = np.frombuffer(sound, "<i2")
    return {
        "cut within a sample": sound[1:],
        "big endian": samples.byteswap().tobytes(),
        "floats": (samples / 32_768).astype("<f4").tobytes(),
        "24 bit": b"".join(b"\0" + sound[at : at + 2] for at in range(0, len(sound), 2)),
        "an MP3 without a beginning": encoded(sound, "mp3")[100:],
        "zipped": zlib.compress(sound),
    }


@pytest.mark.parametrize("what", looks_like(PCM))
@pytest.mark.parametrize("size", [1, 1_000, 10**6])
def test_what_is_taken_for_samples_and_is_none_is_not_heard(what: str, size: int) -> None:
    incoming, heard = IncomingAudio("audio/pcm", 24_000), list[bytes]()
    with pytest.raises(AudioError, match="what it sends as samples is noise"):
        heard.extend(map(incoming.feed, cut_up(looks_like(PCM)[what], [size])))
    # The tone begins softly, and the soft part of anything is soft.
    assert len(b"".join(heard)) < 0.2 * len(PCM)


@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
def test_samples_as_loud_as_they_can_be_are_no_noise(rate: int) -> None:
    loud = np.clip(numbers(tone(0.5, rate)) * 10, -32_768, 32_767).astype("<i2").tobytes()
    assert duration_ms(read("audio/pcm", loud, rate=rate)) == pytest.approx(500, abs=1)


def test_a_hiss_as_loud_as_speech_has_it_is_no_noise() -> None:
    hiss = np.random.default_rng(1).integers(-5_000, 5_000, 24_000).astype("<i2").tobytes()
    assert read("audio/pcm", *random_pieces(hiss)) == hiss


def test_samples_wait_for_no_more_than_the_first_to_be_judged() -> None:
    incoming = IncomingAudio("audio/pcm", 24_000)
    assert incoming.feed(PCM[:4_000]) == b""
    assert incoming.feed(PCM[4_000:4_100]) == PCM[:4_100]
    assert incoming.feed(PCM[4_100:4_200]) == PCM[4_100:4_200]


@pytest.mark.parametrize(
    ("content_type", "rate"),
    [
        ("audio/pcm", 16_000),
        ("audio/pcm;rate=16000", 24_000),
        ('audio/pcm; codecs="x"; Rate="16000"', 24_000),
        ("audio/L16;rate=16000;channels=0", 24_000),
        ("audio/pcm;rate=7999", 16_000),
        ("audio/pcm;rate=192001", 16_000),
        ("audio/pcm;rate=-8000", 16_000),
        ("audio/pcm;rate=" + "9" * 5_000, 16_000),
        ("audio/pcm;rate=²;;=;channels=99", 16_000),
    ],
)
def test_the_rate_in_the_type_counts_if_it_can_be(content_type: str, rate: int) -> None:
    pcm = read(content_type, tone(0.5, 16_000), rate=rate)
    assert duration_ms(pcm) == pytest.approx(500, abs=1)


@pytest.mark.parametrize(
    ("content_type", "said"),
    [
        ("", b'{"error": "no such voice"}'),
        ("", b'\n\n   {\n  "error": {}}'),
        ("", b"\xef\xbb\xbf" + b'{"error": {}}'),
        ("", b"[]"),
        ("", b"ok"),
        ("audio/pcm", b"Internal Server Error"),
        ("audio/wav", b'{"error": "no such voice"}'),
        ("audio/wav", b"<!DOCTYPE html><html>"),
        ("audio/mpeg", b"event: error\ndata: {}\n\n"),
        ("audio/ogg", b"  <html>"),
        ("text/plain; charset=utf-8", "schön".encode()),
        ("text/html", b"\x1f\x8b\x08\0" * 9),
        ("application/json", b"\x80" * 20),
        ("application/problem+json", b"\x80" * 20),
        ("application/xml", b"\x80" * 20),
    ],
)
@pytest.mark.parametrize("piece", [1, 1_000])
def test_text_is_no_audio(content_type: str, said: bytes, piece: int) -> None:
    with pytest.raises(AudioError, match="it answers with text instead of audio"):
        read(content_type, *cut_up(said, [piece]))


@pytest.mark.parametrize(
    ("content_type", "data", "says"),
    [
        ("audio/wav", PCM, "what it sends as WAV is something else"),
        ("audio/mpeg", PCM, "what it sends as MP3 is something else"),
        ("audio/aac", PCM, "what it sends as AAC is something else"),
        ("audio/opus", PCM, "what it sends as Ogg is something else"),
        ("audio/flac", PCM, "what it sends as FLAC is something else"),
        ("audio/webm", b"\x1aE\xdf\xa3" * 9, "this is WebM, which is not read here"),
        ("audio/mp4", b"\0\0\0\x20ftypM4A " * 9, "this is MP4, which is not read here"),
        ("", b"FORM\0\0\0\0AIFF" * 9, "this is AIFF, which is not read here"),
        ("audio/basic", PCM, "it sends something that is not read here"),
        ("audio/x-mulaw", PCM, "it sends something that is not read here"),
        ("video/mp2t", PCM, "it sends something that is not read here"),
        ("multipart/mixed", PCM, "it sends something that is not read here"),
        ("audio/l16;endianness=big-endian", PCM, "it sends big endian samples"),
        ("audio/wav", b"RIFX\0\0\0\0WAVE" * 3, "this is a big endian WAV file"),
    ],
)
def test_what_is_not_read_here_is_refused_and_never_noise(
    content_type: str, data: bytes, says: str
) -> None:
    with pytest.raises(AudioError, match=says):
        read(content_type, data)


@pytest.mark.parametrize("start", [b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80\x20\x1f\xfc"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_samples_that_begin_like_a_file_are_samples(start: bytes, size: int) -> None:
    data = start + bytes(len(start) % 2) + PCM
    assert read("audio/pcm", *cut_up(data, [size])) == data
    assert read("audio/pcm", *cut_up(data[:60], [size])) == data[:60]


@given(st.binary(max_size=300), st.sampled_from(["", "audio/pcm"]))
def test_samples_are_whole_whatever_they_are(data: bytes, content_type: str) -> None:
    try:
        pcm = read(content_type, *cut_up(data, [7]))
    except AudioError:
        return
    assert pcm == data[: len(data) // 2 * 2]


def test_half_a_sample_at_the_end_is_no_error() -> None:
    assert read("audio/pcm", PCM + b"\1") == PCM
    assert read("audio/pcm", b"\1") == b""


@pytest.mark.parametrize("content_type", ["", "audio/pcm", "audio/wav", "audio/mpeg"])
def test_nothing_at_all_is_no_samples(content_type: str) -> None:
    assert read(content_type) == b""


@pytest.mark.parametrize("format", ["mp3", "opus", "flac"])
def test_a_cut_file_is_an_error_after_what_was_heard(format: Format) -> None:
    data = body(format, 4)
    incoming = IncomingAudio(TYPES[format], 24_000)
    heard = incoming.feed(data[: 3 * len(data) // 4])
    assert 1_500 < duration_ms(heard) < 3_100
    with pytest.raises(AudioError):
        incoming.finish()


def test_files_for_each_piece_of_the_text_are_read_as_one() -> None:
    for format in ("wav", "mp3", "opus"):
        pcm = read("", *random_pieces(BODIES[format] * 2))
        assert duration_ms(pcm) == pytest.approx(1_000, abs=1)


def hours_of_flac() -> bytes:
    encoder = FileEncoder("flac")
    minute = bytes(60 * 24_000 * 2)
    for _ in range(MAX_SECONDS // 60 + 1):
        encoder.feed(minute)
    return encoder.finish()


def hours_of_opus() -> bytes:
    """Packets of one byte, each of which stands for 60 ms."""
    head = b"OpusHead\1\1" + struct.pack("<HIhB", 312, 48_000, 0, 0)
    packets = [[head], [b"OpusTags" + bytes(8)], *([[b"\x18"] * 250] * 50)]
    return b"".join(ogg_page(number, its) for number, its in enumerate(packets))


def ogg_page(number: int, packets: list[bytes]) -> bytes:
    lengths = bytes(len(packet) for packet in packets)
    page = struct.pack(
        "<4sBBqIIIB", b"OggS", 0, 2 * (number == 0), 0, 1, number, 0, len(lengths)
    )
    page += lengths + b"".join(packets)
    return page[:22] + struct.pack("<I", checksum(page)) + page[26:]


@pytest.mark.parametrize("make", [hours_of_flac, hours_of_opus])
def test_a_little_that_decodes_to_hours_is_refused(make: Callable[[], bytes]) -> None:
    data = make()
    assert len(data) < 100_000
    with pytest.raises(AudioError, match="more than 600 s of audio for a sentence"):
        read("", data)
    with pytest.raises(AudioError, match="more than 600 s of audio for a sentence"):
        read("", *cut_up(data, [5_000]))
