"""WAV files of every shape that servers send are read as the samples they hold."""

from __future__ import annotations

import io
import math
import struct
import wave

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narration.audio import WavReader, wav_file
from narration.errors import AudioError

PCM = struct.pack("<8h", 0, 1, -1, 300, -300, 32_767, -32_768, 7)
UNKNOWN = 0xFFFFFFFF
NAN = struct.pack("<f", math.nan)
INFINITE = struct.pack("<f", math.inf)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    declared = len(body) if size is None else size
    return name + struct.pack("<I", declared) + body + b"\0" * (len(body) % 2)


def fmt(
    rate: int = 24_000, channels: int = 1, bits: int = 16, tag: int = 1, more: bytes = b""
) -> bytes:
    frame = channels * bits // 8
    body = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    return chunk(b"fmt ", body + more)


def extensible(sub_format: int, tail: str = "000000001000800000aa00389b71") -> bytes:
    more = struct.pack("<HHIH", 22, 16, 4, sub_format) + bytes.fromhex(tail)
    return fmt(tag=0xFFFE, more=more)


def riff(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def read(file: bytes, piece: int = 0) -> tuple[bytes, WavReader]:
    reader = WavReader()
    pieces = [file[at : at + piece] for at in range(0, len(file), piece)] if piece else [file]
    samples = b"".join(reader.feed(piece) for piece in pieces)
    return samples + reader.finish(), reader


SHAPES = {
    "plain": riff(fmt(), chunk(b"data", PCM)),
    "list_before": riff(fmt(), chunk(b"LIST", b"INFOodd"), chunk(b"data", PCM)),
    "list_after": riff(fmt(), chunk(b"data", PCM), chunk(b"LIST", b"a click of 38 ms" * 9)),
    "junk_first": riff(chunk(b"JUNK", bytes(28)), fmt(), chunk(b"data", PCM)),
    "long_format": riff(fmt(more=b"\0\0"), chunk(b"data", PCM)),
    "odd_format": riff(fmt(more=b"\0\0\0"), chunk(b"data", PCM)),
    "extensible": riff(extensible(1), chunk(b"data", PCM)),
    "all_ones": riff(fmt(), chunk(b"data", PCM, UNKNOWN), size=UNKNOWN),
    "signed_largest": riff(fmt(), chunk(b"data", PCM, 0x7FFFFFFF), size=0x7FFFFFFF),
    "chatterbox": riff(fmt(), chunk(b"data", PCM, UNKNOWN), size=0x7FFFFFFF - 36),
    "sox": riff(fmt(), chunk(b"data", PCM, 0x7FFFF000), size=0x7FFFF024),
    "two_billion": riff(fmt(), chunk(b"data", PCM, 2_000_000_000), size=2_000_000_036),
    "riff_only": riff(fmt(), chunk(b"data", PCM, 0), size=2_000_000_036),
    "never_filled_in": riff(fmt(), chunk(b"data", PCM, 0), size=0),
    "filled_in_as_empty": riff(fmt(), chunk(b"data", PCM, 0), size=36),
    "odd_list": riff(fmt(), chunk(b"LIST", b"odd"), chunk(b"data", PCM), size=UNKNOWN),
    "fact_and_bext": riff(
        fmt(), chunk(b"fact", bytes(4)), chunk(b"bext", bytes(602)), chunk(b"data", PCM)
    ),
    "riff_size_wrong": riff(fmt(), chunk(b"data", PCM), size=3),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("piece", [0, 1, 3, 44, 45])
def test_only_the_samples_come_out_whatever_the_shape_and_the_pieces(
    shape: str, piece: int
) -> None:
    samples, reader = read(SHAPES[shape], piece)
    assert samples == PCM
    assert (reader.sample_rate, reader.channels) == (24_000, 1)


def test_samples_come_out_with_the_piece_that_brings_them() -> None:
    reader = WavReader()
    file = riff(fmt(rate=22_050, channels=2), chunk(b"data", PCM, UNKNOWN))
    assert reader.feed(file[:30]) == b""
    assert (reader.sample_rate, reader.channels) == (None, None)
    assert reader.feed(file[30:36]) == b""
    assert (reader.sample_rate, reader.channels) == (22_050, 2)
    assert reader.feed(file[36:44]) == b""
    # A stereo frame is four bytes; the two that begin the next one are held.
    assert reader.feed(file[44:50]) == PCM[:4]
    assert reader.feed(file[50:]) == PCM[4:]


@given(
    samples=st.lists(st.integers(-32_768, 32_767), max_size=60),
    channels=st.integers(1, 3),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    placeholder=st.booleans(),
    after=st.binary(max_size=30).filter(lambda after: b"RIFF" not in after),
)
@example(samples=[], channels=1, cuts=[1], placeholder=False, after=b"x")
def test_any_file_in_any_pieces_gives_its_samples(
    samples: list[int], channels: int, cuts: list[int], placeholder: bool, after: bytes
) -> None:
    samples = samples[: len(samples) // channels * channels]
    pcm = struct.pack(f"<{len(samples)}h", *samples)
    chunks = [fmt(channels=channels), chunk(b"data", pcm, UNKNOWN if placeholder else None)]
    if after and not placeholder:
        chunks.append(chunk(b"LIST", after))
    file = riff(*chunks)
    reader = WavReader()
    out = b""
    at = turn = 0
    while at < len(file):
        piece = reader.feed(file[at : at + cuts[turn % len(cuts)]])
        assert len(piece) % (2 * channels) == 0
        out += piece
        at += cuts[turn % len(cuts)]
        turn += 1
    assert out + reader.finish() == pcm


LONGEST = 600 * 48_000


@given(size=st.integers(LONGEST + 1, UNKNOWN), whole=st.integers(0, UNKNOWN))
def test_a_size_that_no_sentence_has_stands_for_one_that_is_not_known(
    size: int, whole: int
) -> None:
    samples, _ = read(riff(fmt(), chunk(b"data", PCM, size), size=whole))
    assert samples == PCM


@given(size=st.integers(len(PCM) + 2, LONGEST))
def test_a_size_that_a_sentence_can_have_is_taken_at_its_word(size: int) -> None:
    with pytest.raises(AudioError, match="shorter than it says"):
        read(riff(fmt(), chunk(b"data", PCM, size)))


@pytest.mark.parametrize("kept", [0, 4, 11, 12, 20, 30, 36, 40, 43])
def test_a_file_that_ends_in_its_header_is_cut(kept: int) -> None:
    with pytest.raises(AudioError, match="before its samples began"):
        read(SHAPES["plain"][:kept])


def test_a_file_with_fewer_samples_than_it_says_is_cut() -> None:
    with pytest.raises(AudioError, match="5 bytes shorter"):
        read(SHAPES["plain"][:-5])


def test_a_header_without_samples_is_no_error() -> None:
    assert read(riff(fmt(), chunk(b"data", b"", UNKNOWN)))[0] == b""


def test_a_frame_that_the_file_itself_cuts_is_left_out() -> None:
    file = riff(fmt(channels=2), chunk(b"data", PCM[:6]), chunk(b"LIST", b"more"))
    assert read(file)[0] == PCM[:4]


def test_bytes_after_the_samples_are_passed_over_however_many() -> None:
    reader = WavReader()
    assert reader.feed(SHAPES["plain"]) == PCM
    for _ in range(100):
        assert reader.feed(bytes(1_000)) == b""
    reader.finish()


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b'{"error": {"message": "no such voice"}}', "not a WAV file"),
        (b"ID3\x04" + bytes(40), "not a WAV file"),
        (b"RIFX" + bytes(40), "not a WAV file"),
        (b"RIFX\0\0\0\0WAVE" + bytes(40), "a big endian WAV file, which is not read here"),
        (b"RF64\xff\xff\xff\xffWAVE" + bytes(40), "an RF64 WAV file"),
        (b"RIFF\0\0\0\0AVI " + bytes(40), "not a WAV file"),
        (riff(chunk(b"data", PCM)), "before their format"),
        (riff(fmt(bits=12), chunk(b"data", PCM)), "12 bit"),
        (riff(fmt(bits=64, tag=3), chunk(b"data", PCM)), "64 bit samples of format 3"),
        (riff(fmt(bits=8, tag=7), chunk(b"data", PCM)), "format 7"),
        (riff(extensible(3), chunk(b"data", PCM)), "format 3"),
        (riff(fmt(bits=32, tag=3), chunk(b"data", NAN * 4)), "no numbers"),
        (riff(fmt(bits=32, tag=3), chunk(b"data", INFINITE * 4)), "no numbers"),
        (riff(fmt(rate=7_999), chunk(b"data", PCM)), "7999 Hz"),
        (riff(fmt(rate=192_001), chunk(b"data", PCM)), "192001 Hz"),
        (riff(extensible(1, "00" * 14), chunk(b"data", PCM)), "format 65534"),
        (riff(fmt(tag=0xFFFE), chunk(b"data", PCM)), "format 65534"),
        (riff(fmt(channels=0), chunk(b"data", PCM)), "0 channels"),
        (riff(fmt(channels=999), chunk(b"data", PCM)), "999 channels"),
        (riff(fmt(rate=0), chunk(b"data", PCM)), "0 Hz"),
        (riff(chunk(b"fmt ", b"\1\0")), "2 bytes"),
        (riff(chunk(b"fmt ", b"", 1 << 30)), "1073741824 bytes"),
    ],
)
def test_what_is_not_a_readable_wav_file_is_refused(file: bytes, says: str) -> None:
    with pytest.raises(AudioError, match=says):
        read(file)


def test_a_header_without_end_is_refused() -> None:
    reader = WavReader()
    reader.feed(b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xff")
    for _ in range(10):
        assert reader.feed(bytes(100_000)) == b""
    with pytest.raises(AudioError, match="first megabyte"):
        reader.feed(bytes(100_000))


KNOWN = riff(fmt(), chunk(b"data", PCM))
OPEN = riff(fmt(), chunk(b"data", PCM, UNKNOWN), size=UNKNOWN)
WITH_MORE = riff(fmt(), chunk(b"data", PCM), chunk(b"LIST", b"odd"))
JUNK_FIRST = riff(chunk(b"JUNK", bytes(28)), fmt(), chunk(b"data", PCM, UNKNOWN), size=0)


@pytest.mark.parametrize("piece", [0, 1, 3, 16, 45])
@pytest.mark.parametrize(
    "files",
    [(KNOWN, KNOWN), (OPEN, OPEN), (OPEN, JUNK_FIRST, KNOWN), (WITH_MORE, OPEN, WITH_MORE)],
)
def test_a_file_for_each_piece_of_the_text_is_read_as_one(
    files: tuple[bytes, ...], piece: int
) -> None:
    assert read(b"".join(files), piece)[0] == PCM * len(files)


def test_a_header_in_the_middle_of_a_frame_drops_what_there_is_of_that() -> None:
    assert read(OPEN + b"\1" + OPEN)[0] == PCM * 2


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize(
    "end", [b"RIFF", b"RI", b"xR", b"RIFF\0\0\0\0WAV", b"RIFF\0\0\0\0WAVX"]
)
def test_samples_that_might_be_a_header_are_samples_if_they_are_none(
    end: bytes, piece: int
) -> None:
    whole = end + bytes(len(end) % 2)
    assert read(riff(fmt(), chunk(b"data", whole, UNKNOWN)), piece)[0] == whole
    assert read(riff(fmt(), chunk(b"data", whole + PCM, UNKNOWN)), piece)[0] == whole + PCM


@pytest.mark.parametrize("other", [fmt(rate=16_000), fmt(channels=2), fmt(bits=24)])
def test_another_kind_of_samples_in_the_middle_is_refused(other: bytes) -> None:
    with pytest.raises(AudioError, match="another kind of samples"):
        read(OPEN + riff(other, chunk(b"data", PCM)))


def test_a_next_file_without_samples_is_cut() -> None:
    with pytest.raises(AudioError, match="before its samples began"):
        read(OPEN + OPEN[:30])


@pytest.mark.parametrize("piece", [0, 1, 3, 5])
@pytest.mark.parametrize(
    ("bits", "tag", "samples", "format", "given"),
    [
        (8, 1, bytes(range(256)), "u8", bytes(range(256))),
        (24, 1, bytes(range(12)), "s32", b"\0\0\1\2\0\3\4\5\0\6\7\x08\0\t\n\x0b"),
        (32, 1, bytes(range(24)), "s32", bytes(range(24))),
        (32, 3, struct.pack("<3f", 0, 0.5, -1), "flt", struct.pack("<3f", 0, 0.5, -1)),
    ],
)
def test_samples_of_other_sizes_come_out_for_the_resampler(
    bits: int, tag: int, samples: bytes, format: str, given: bytes, piece: int
) -> None:
    out, reader = read(riff(fmt(bits=bits, tag=tag), chunk(b"data", samples, UNKNOWN)), piece)
    assert (out, reader.format) == (given, format)


def test_a_row_of_chunks_without_end_is_refused() -> None:
    reader = WavReader()
    reader.feed(riff(fmt()))
    for _ in range(10):
        assert reader.feed(chunk(b"JUNK", b"") * 12_500) == b""
    with pytest.raises(AudioError, match="first megabyte"):
        reader.feed(chunk(b"JUNK", b"") * 12_500)


@pytest.mark.parametrize("samples", [0, 1, 2, 24_000])
def test_a_written_file_has_the_right_sizes(samples: int) -> None:
    pcm = bytes(range(200)) * 240
    pcm = pcm[: 2 * samples]
    file = wav_file(pcm)
    assert struct.unpack_from("<I", file, 4) == (len(file) - 8,)
    with wave.open(io.BytesIO(file)) as reader:
        assert reader.getparams()[:4] == (1, 2, 24_000, samples)
        assert reader.readframes(samples) == pcm
    assert read(file)[0] == pcm
