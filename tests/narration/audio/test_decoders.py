"""Files of every format decode as they stream in: whole, in time, without a click."""

from __future__ import annotations

import struct
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narration.audio import duration_ms
from narration.audio.decoders import FileKind, open_decoder
from narration.audio.ogg import OggPages, checksum
from narration.errors import AudioError
from tests.sounds import (
    HERTZ,
    PEAK,
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

KINDS: dict[Format, FileKind] = {
    "mp3": "mpeg",
    "aac": "mpeg",
    "opus": "ogg",
    "vorbis": "ogg",
    "flac": "flac",
    "wav": "wav",
}
# The encoder of Vorbis knows nothing else than stereo; Opus has rates of its own.
FILES: list[tuple[Format, int, int]] = [
    ("mp3", 24_000, 1),
    ("mp3", 16_000, 1),
    ("mp3", 22_050, 1),
    ("mp3", 44_100, 1),
    ("mp3", 48_000, 2),
    ("opus", 24_000, 1),
    ("opus", 16_000, 1),
    ("opus", 48_000, 2),
    ("vorbis", 44_100, 2),
    ("vorbis", 48_000, 2),
    ("flac", 24_000, 1),
    ("flac", 22_050, 1),
    ("flac", 48_000, 2),
    ("wav", 16_000, 1),
    ("wav", 22_050, 1),
    ("wav", 44_100, 1),
    ("wav", 48_000, 2),
]
SECONDS = 1.3


@cache
def file(
    format: Format, rate: int = 24_000, channels: int = 1, *, counted: bool = True
) -> bytes:
    if format == "vorbis":
        rate, channels = max(rate, 44_100), 2
    return encoded(tone(SECONDS, rate, channels), format, rate, channels, counted=counted)


def decoded(kind: FileKind, *pieces: bytes) -> bytes:
    decoder = open_decoder(kind)
    parts = [part for piece in pieces for part in decoder.feed(piece)]
    return b"".join([*parts, *decoder.finish()])


def sounds_as_meant(pcm: bytes, seconds: float = SECONDS, late_ms: float = 0) -> None:
    meant_ms = 1_000 * seconds
    assert meant_ms - 1 <= duration_ms(pcm) <= meant_ms + late_ms + 1
    assert bend(pcm) < 65
    assert pitch(pcm) == pytest.approx(HERTZ, abs=1)
    assert numbers(pcm).max() == pytest.approx(PEAK, rel=0.06)


@pytest.mark.parametrize(("format", "rate", "channels"), FILES)
def test_it_is_as_long_as_it_was_as_high_and_without_a_click(
    format: Format, rate: int, channels: int
) -> None:
    pieces = random_pieces(file(format, rate, channels))
    sounds_as_meant(decoded(KINDS[format], *pieces))


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
@pytest.mark.parametrize("format", ["mp3", "aac"])
def test_what_an_encoder_put_around_it_stays_where_it_is_not_told(
    format: Format, rate: int
) -> None:
    pieces = random_pieces(file(format, rate, counted=False))
    sounds_as_meant(decoded("mpeg", *pieces), late_ms=3.5 * 576_000 / rate)


@given(
    format=st.sampled_from(list(KINDS)),
    sizes=st.lists(st.integers(1, 900), min_size=1, max_size=6),
)
@example(format="mp3", sizes=[1])
@example(format="aac", sizes=[1])
@example(format="opus", sizes=[1])
@example(format="vorbis", sizes=[1])
@example(format="flac", sizes=[1])
@example(format="wav", sizes=[1])
def test_any_pieces_give_the_same(format: Format, sizes: list[int]) -> None:
    kind, data = KINDS[format], file(format)
    assert decoded(kind, *cut_up(data, sizes)) == decoded(kind, data)


@pytest.mark.parametrize(
    ("format", "received"),
    # A page of Ogg holds a second of Opus; FLAC's decoder wants to see ten frames.
    [("mp3", 1_000), ("aac", 1_000), ("wav", 100), ("opus", 30_000), ("flac", 12_000)],
)
def test_sound_comes_before_the_file_is_whole(format: Format, received: int) -> None:
    data = encoded(tone(10), format)
    decoder = open_decoder(KINDS[format])
    assert len(data) > 2 * received
    assert b"".join(decoder.feed(data[:received]))


@given(format=st.sampled_from(list(KINDS)), kept=st.floats(0, 1, exclude_max=True))
@example(format="opus", kept=0.0)
@example(format="mp3", kept=0.999)
@example(format="flac", kept=0.999)
@example(format="opus", kept=0.999)
def test_a_cut_file_is_an_error_where_the_file_can_show_it(
    format: Format, kept: float
) -> None:
    data = file(format)
    if format == "wav":
        data = wav(tone(SECONDS), size=None)
    kept_bytes = int(kept * len(data))
    if format == "aac" and kept_bytes in aac_joins():
        return
    with pytest.raises(AudioError):
        decoded(KINDS[format], data[:kept_bytes])


@cache
def aac_joins() -> set[int]:
    """Where the frames of the file end: a cut there cannot be told."""
    data, at, joins = file("aac"), 0, set()
    while at < len(data):
        at += (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        joins.add(at)
    return joins


@pytest.mark.parametrize("format", ["opus", "vorbis", "flac"])
@pytest.mark.parametrize("where", [0.4, 0.6, 0.9])
def test_a_damaged_byte_is_an_error_and_never_noise(format: Format, where: float) -> None:
    data = bytearray(file(format))
    data[int(where * len(data))] ^= 0x55
    with pytest.raises(AudioError):
        decoded(KINDS[format], bytes(data))


@pytest.mark.parametrize("format", ["mp3", "aac", "opus", "flac"])
def test_what_a_server_says_in_the_middle_is_no_sound(format: Format) -> None:
    data = file(format)
    said = b'{"error": "out of memory"}' * 400
    with pytest.raises(AudioError):
        decoded(KINDS[format], data + said)


@given(
    format=st.sampled_from(list(KINDS)),
    start=st.floats(0, 1),
    noise=st.binary(min_size=1, max_size=60),
)
def test_broken_files_fail_as_such_or_decode(
    format: Format, start: float, noise: bytes
) -> None:
    data = file(format)
    at = int(start * len(data))
    broken = data[:at] + noise + data[at + len(noise) :]
    try:
        pcm = decoded(KINDS[format], *cut_up(broken, [4_096]))
    except AudioError:
        return
    assert duration_ms(pcm) < 10_000


@pytest.mark.parametrize(
    ("format", "rate"),
    [("mp3", 24_000), ("mp3", 44_100), ("opus", 24_000), ("vorbis", 44_100)],
)
def test_one_file_after_another_sounds_like_one(format: Format, rate: int) -> None:
    data = file(format, rate)
    pcm = decoded(KINDS[format], *random_pieces(data * 3))
    assert duration_ms(pcm) == pytest.approx(3_000 * SECONDS, abs=1)
    assert bend(pcm) < 65


def uncounted_flac(seconds: float) -> bytes:
    """As an encoder writes it that does not know the length yet."""
    data = bytearray(encoded(tone(seconds), "flac"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    return bytes(data)


def test_flac_that_does_not_say_its_length_is_read_to_its_end() -> None:
    assert decoded("flac", *random_pieces(uncounted_flac(1.3))) == tone(1.3)


@pytest.mark.parametrize("frames", [1, 2])
def test_missing_frames_of_flac_are_an_error(frames: int) -> None:
    data = uncounted_flac(3)
    starts = [at for at in range(len(data)) if data.startswith(b"\xff\xf8\x47", at)]
    assert len(starts) == 31
    missing = data[: starts[7]] + data[starts[7 + frames] :]
    with pytest.raises(AudioError, match="frames of a FLAC file are missing"):
        decoded("flac", missing)


def test_damage_in_flac_without_a_length_is_an_error() -> None:
    data = bytearray(uncounted_flac(3))
    for at in range(100, len(data), 997):
        broken = bytes(data[:at]) + bytes([data[at] ^ 0x55]) + bytes(data[at + 1 :])
        with pytest.raises(AudioError, match="FLAC"):
            decoded("flac", *cut_up(broken, [1_000]))


def test_flac_without_its_last_frame_says_how_much_is_missing() -> None:
    data = encoded(tone(1), "flac")
    with pytest.raises(AudioError, match="a FLAC file is 960 samples shorter than it says"):
        decoded("flac", data[: data.rindex(b"\xff\xf8")])


@pytest.mark.parametrize("counted", [True, False])
def test_a_file_of_another_rate_may_follow(counted: bool) -> None:
    data = [file("mp3", rate, counted=counted) for rate in (24_000, 44_100, 16_000)]
    pcm = decoded("mpeg", *random_pieces(b"".join(data)))
    apart = [decoded("mpeg", it) for it in data]
    assert duration_ms(pcm) == pytest.approx(sum(map(duration_ms, apart)), abs=2)
    assert bend(pcm) < 65


def test_frames_that_are_missing_before_another_file_are_an_error() -> None:
    data = encoded(tone(1), "mp3", bit_rate=64_000)
    with pytest.raises(AudioError, match="an MP3 is 3 frames shorter than it says"):
        decoded("mpeg", data[: -3 * 192] + data)


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_a_rate_that_makes_hours_of_a_little_is_refused(format: Format) -> None:
    with pytest.raises(AudioError, match="7000 Hz"):
        decoded(KINDS[format], encoded(tone(1, 7_000), format, 7_000))


def id3(size: int) -> bytes:
    told = bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\4\0\0" + told + b"\xff\xfb\x90\x64" * (size // 4)


def ape(size: int) -> bytes:
    told = struct.pack("<II", 2_000, size) + struct.pack("<I", 0)
    header = b"APETAGEX" + told + struct.pack("<I", 0xA000_0000) + bytes(8)
    footer = b"APETAGEX" + told + struct.pack("<I", 0x8000_0000) + bytes(8)
    return header + b"x" * (size - 32) + footer


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_tags_are_no_sound(size: int) -> None:
    data = file("mp3")
    tags = b"TAG" + bytes(125)
    tagged = id3(40_000) + data + ape(96) + tags
    assert decoded("mpeg", *cut_up(tagged, [size])) == decoded("mpeg", data)


def test_frames_that_a_wrong_count_leaves_out_are_heard() -> None:
    more = file("mp3", counted=False)
    pcm = decoded("mpeg", *random_pieces(file("mp3") + more))
    assert duration_ms(pcm) > 2_000 * SECONDS
    assert bend(pcm) < 65


def test_an_mp3_says_how_many_frames_are_missing() -> None:
    data = encoded(tone(1), "mp3", bit_rate=64_000)
    with pytest.raises(AudioError, match="an MP3 is 2 frames shorter than it says"):
        decoded("mpeg", data[: -2 * 192])


def pages(data: bytes) -> list[bytes]:
    return [b"OggS" + page for page in data.split(b"OggS")[1:]]


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (0, "without its first page"),
        (1, "is missing"),
        (3, "is missing"),
        (-1, "has no end"),
    ],
)
def test_a_missing_page_is_an_error(missing: int, says: str) -> None:
    kept = pages(encoded(tone(4), "opus"))
    del kept[missing]
    with pytest.raises(AudioError, match=says):
        decoded("ogg", *kept)


def test_an_ogg_stream_that_begins_again_too_soon_is_an_error() -> None:
    data = file("opus")
    with pytest.raises(AudioError, match="begins within another"):
        decoded("ogg", b"".join(pages(data)[:-1]) + data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("mpeg", b""),
        ("mpeg", id3(400)),
        ("ogg", b""),
        ("ogg", b"OggS"),
        ("flac", b""),
        ("flac", b"fLaC"),
        ("flac", b"fLaC\x84\0\0\x22" + bytes(40)),
        ("flac", b"fLaC\0\0\0\x22" + bytes(34) + b"\x84\0\0\4"),
        ("wav", b"RIFF"),
    ],
)
def test_a_beginning_alone_is_an_error(kind: FileKind, data: bytes) -> None:
    with pytest.raises(AudioError):
        decoded(kind, data)


def test_a_file_without_frames_does_not_grow_in_memory() -> None:
    decoder = open_decoder("flac")
    assert list(decoder.feed(file("flac")[:150])) == []
    for _ in range(10):
        assert list(decoder.feed(bytes(100_000))) == []
    with pytest.raises(AudioError, match="a FLAC file is broken"):
        list(decoder.feed(bytes(100_000)))


def test_a_packet_without_end_does_not_grow_in_memory() -> None:
    first, second = pages(file("opus"))[:2]
    decoder = OggPages()
    assert [page.is_first for page in decoder.feed(first)] == [True]
    serial = struct.unpack_from("<I", second, 14)[0]
    for number in range(1, 17):
        assert [page.packets for page in decoder.feed(endless_page(serial, number))] == [[]]
    with pytest.raises(AudioError, match="more than a megabyte"):
        list(decoder.feed(endless_page(serial, 17)))


@pytest.mark.parametrize("continued", [True, False])
def test_a_packet_that_goes_on_where_none_began_is_an_error(continued: bool) -> None:
    first, second = pages(file("opus"))[:2]
    serial = struct.unpack_from("<I", second, 14)[0]
    row = [first, endless_page(serial, 1, continued=continued)]
    row += [endless_page(serial, 2, continued=False)]
    with pytest.raises(AudioError, match="a part of a packet in an Ogg stream is missing"):
        decoded("ogg", *row)


def endless_page(serial: int, number: int, *, continued: bool | None = None) -> bytes:
    """A page full of a packet that does not end in it."""
    flags = int(number > 1 if continued is None else continued)
    page = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, -1, serial, number, 0, 255)
    page += b"\xff" * 255 + bytes(255 * 255)
    return page[:22] + struct.pack("<I", checksum(page)) + page[26:]
