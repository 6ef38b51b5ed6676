"""What a player is given, and when."""

from __future__ import annotations

import random

import pytest

from web.keyboard import Key, keys_in
from web.speaker import LEAD_MS, Place, Speaker

MS = 48


class Recording:
    """A player, its clock, and what would have been heard by now, unless it is `stuck`."""

    def __init__(self) -> None:
        self.now = 100.0
        self.stuck = self.dead = False
        self.got = bytearray()
        self.file = bytearray()

    def play(self, pcm: memoryview) -> int | None:
        if self.dead:
            return None
        # Pipes take what they have room for.
        taken = 0 if self.stuck else min(len(pcm), 4_001)
        self.got += pcm[:taken]
        return taken

    def keep(self, pcm: bytes) -> None:
        self.file += pcm


class Room:
    def __init__(self) -> None:
        self.player = Recording()
        self.speaker = Speaker(self.player, lambda: self.player.now, self.player.keep)

    def place(self) -> Place | None:
        return self.speaker.place

    def sentence(self, number: int, ms: int = 1_000) -> bytes:
        """Add one in two chunks, and an empty last one; every sentence has its own samples."""
        pcm = bytes([number + 1]) * (ms * MS)
        half = len(pcm) // 2
        for chunk, piece in enumerate((pcm[:half], pcm[half:], b"")):
            self.speaker.add(number, chunk, piece, number * 1_000 + chunk * ms / 2)
        return pcm

    def wait(self, ms: int) -> None:
        for _ in range(ms // 10):
            self.player.now += 0.01
            self.speaker.advance()


@pytest.fixture
def room() -> Room:
    return Room()


def test_the_player_is_given_a_little_ahead_of_time_and_everything(room: Room) -> None:
    whole = room.sentence(0) + room.sentence(1)
    for elapsed in range(0, 2_300, 100):
        due = min(elapsed + LEAD_MS, 2_000) * MS
        assert due - 4_001 <= len(room.player.got) <= due
        place = room.speaker.place
        assert place is not None
        heard = place.sentence * 1_000 + place.position_ms
        assert heard == pytest.approx(min(elapsed, 2_000), abs=1)
        assert heard == pytest.approx(place.scene_ms)
        room.wait(100)
    assert room.player.got == room.player.file == whole
    assert room.speaker.empty


def test_held_it_falls_silent_and_goes_on_without_loss(room: Room) -> None:
    whole = room.sentence(0)
    dice = random.Random(1)
    while not room.speaker.empty:
        room.wait(dice.randrange(10, 200))
        room.speaker.hold(True)
        before = len(room.player.got)
        room.wait(5_000)
        assert len(room.player.got) == before
        room.speaker.hold(False)
    assert room.player.got == whole


def test_skipping_on_drops_the_sentences_before(room: Room) -> None:
    room.sentence(0), room.sentence(1)
    last = room.sentence(2)
    room.wait(100)
    room.speaker.skip(2, again=False)
    assert room.place() is None  # The sentence before still sounds.
    assert room.speaker.sentence == 2
    room.wait(LEAD_MS + 10)
    place = room.place()
    assert place is not None
    assert place.sentence == 2
    assert place.position_ms < 100
    room.wait(2_000)
    played = bytes(room.player.got)
    assert played.endswith(last)
    assert set(played[: -len(last)]) == {1}
    assert len(played) - len(last) == pytest.approx((100 + LEAD_MS) * MS, abs=20 * MS)
    assert room.player.file == played


def test_skipping_back_waits_for_what_is_sent_again(room: Room) -> None:
    room.sentence(0), room.sentence(1)
    room.wait(1_500)
    before = bytes(room.player.got)
    room.speaker.skip(0, again=True)
    room.wait(1_000)
    assert room.player.got == before
    again = room.sentence(0) + room.sentence(1)
    room.wait(2_500)
    assert room.player.got == before + again


def test_many_skips_do_not_pile_up(room: Room) -> None:
    for number in range(100):
        room.sentence(number)
    for number in range(1, 60):
        room.wait(30)
        room.speaker.skip(number, again=False)
    room.wait(30)
    assert len(room.player.got) <= (60 * 30 + LEAD_MS) * MS


def test_when_nothing_more_comes_it_skips_by_itself(room: Room) -> None:
    sentences = [room.sentence(number) for number in (0, 1, 3)]  # 2 is a hole.
    room.wait(1_500)
    before = bytes(room.player.got)
    room.speaker.skip_to(0)
    room.wait(4_000)
    assert room.player.got == before + b"".join(sentences)
    for back, expected in ((2, [1, 2]), (3, [2]), (1, [1, 2])):
        before = bytes(room.player.got)
        room.speaker.skip_to(back)
        room.wait(3_000)
        assert room.player.got == before + b"".join(sentences[i] for i in expected)
    room.speaker.skip_to(4)
    assert room.speaker.empty


def test_a_player_that_stands_still_is_not_taken_to_play(room: Room) -> None:
    room.sentence(0)
    room.wait(200)
    room.player.stuck = True
    room.wait(50)
    place = room.speaker.place
    room.wait(10_000)
    assert room.speaker.place == place
    assert place is not None
    assert place.position_ms < 300
    room.player.stuck = False
    room.wait(300)
    assert room.speaker.place != place


def test_a_player_that_has_ended_is_noticed_and_nothing_is_lost(room: Room) -> None:
    whole = room.sentence(0)
    room.wait(200)
    room.player.dead = True
    room.wait(100)
    assert room.speaker.broken
    assert room.player.file + room.speaker.take_rest() == whole


def test_what_is_kept_to_be_heard_again_is_bounded(room: Room) -> None:
    for number in range(200):
        room.sentence(number)
    room.speaker.skip_to(0)
    room.wait(121_000)
    assert room.speaker.empty
    assert len(room.player.got) <= 121_000 * MS


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b" npq", ["hold", "next", "back", "stop"]),
        (b"\033[C\033[D\033OC\033OD", ["next", "back", "next", "back"]),
        (b"\033n\033\033[C", ["next", "next"]),
        (b"xN\xc3\xa9\r\n\x04\033[A\033[1;5C\033[15~\033OP", []),
    ],
)
def test_keys_are_read_however_they_arrive(typed: bytes, keys: list[Key]) -> None:
    assert keys_in(typed) == (keys, b"")
    pressed: list[Key] = []
    rest = b""
    for position in range(len(typed)):
        more, rest = keys_in(rest + typed[position : position + 1])
        pressed += more
    assert (pressed, rest) == (keys, b"")
