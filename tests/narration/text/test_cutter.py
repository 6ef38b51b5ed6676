"""What a unit is: its length, its place, its paragraph, and when it goes out."""

from __future__ import annotations

import pytest

from narration.text import Cutter, Unit
from narration.text.cutter import CEILING

STORY = (
    "# The Gate\n\nIt had not opened in forty years. Moss grew along its hinges.\n\n"
    '"Anything?" Bram asked. "Breathing."\n\n---\n\nMorning came.\r\n\r\nSo did the crows'
)


def cut(text: str, cutter: Cutter | None = None) -> list[Unit]:
    cutter = cutter or Cutter()
    return cutter.feed(text) + cutter.flush()


def texts(units: list[Unit]) -> list[str]:
    return [unit.text for unit in units]


def one_by_one(cutter: Cutter, text: str) -> list[Unit]:
    return [unit for char in text for unit in cutter.feed(char)]


def test_a_unit_is_exactly_its_range_of_the_text() -> None:
    units = cut("  \n" + STORY)
    assert units
    for unit in units:
        assert unit.text == ("  \n" + STORY)[unit.start : unit.end]


def test_positions_count_code_points_also_beyond_the_basic_plane() -> None:
    text = "😀 She grinned at all of them. 𝒩obody else in the room did."
    assert [text[unit.start : unit.end] for unit in cut(text)] == texts(cut(text))
    assert cut(text)[-1].end == len(text)


def test_after_a_flush_the_cutter_is_as_new() -> None:
    cutter = Cutter()
    assert cut(STORY, cutter) == cut(STORY, cutter)


@pytest.mark.parametrize("blank", ["", " ", "\n", "\r\n\r\n", "\t \n\u3000\u2028"])
def test_white_space_is_no_unit(blank: str) -> None:
    assert cut(blank) == []


# Kinds and paragraphs


def test_each_kind_of_unit_is_told() -> None:
    kinds = [(unit.text, unit.kind) for unit in cut(STORY)]
    assert kinds == [
        ("# The Gate", "heading"),
        ("It had not opened in forty years.", "sentence"),
        ("Moss grew along its hinges.", "sentence"),
        ('"Anything?" Bram asked. "Breathing."', "sentence"),
        ("---", "rule"),
        ("Morning came.", "sentence"),
        ("So did the crows", "tail"),
    ]


def test_a_blank_line_ends_a_unit_without_an_end_mark() -> None:
    units = cut("The lights went out and then\n\nthey came back.")
    assert [(unit.text, unit.kind) for unit in units] == [
        ("The lights went out and then", "line"),
        ("they came back.", "sentence"),
    ]


def test_items_of_a_list_and_rows_of_a_table_end_with_their_line() -> None:
    cutter = Cutter(min_sentence_length=0)
    units = cut("You may:\n- run\n* hide\n3) fight\n| a | b |\n| c | d |\nChoose now.", cutter)
    assert [unit.kind for unit in units] == ["line", *["item"] * 5, "sentence"]


@pytest.mark.parametrize("line", ["---", "***", "* * *", "___", "⁂", "~~~~", "=====", "• • •"])
def test_a_scene_break_is_a_unit_of_its_own(line: str) -> None:
    units = cut(f"He left the house for good.\n\n{line}\n\nMorning came at last, and rain.")
    assert [unit.text for unit in units] == [
        "He left the house for good.",
        line,
        "Morning came at last, and rain.",
    ]
    assert units[1].kind == "rule"


def test_a_line_break_inside_a_sentence_is_white_space() -> None:
    assert texts(cut("She walked\nall the way home.")) == ["She walked\nall the way home."]


def test_a_title_is_not_parted_from_its_name_by_the_end_of_a_line() -> None:
    assert texts(cut("She had met Mr.\nHale before. He bowed.")) == [
        "She had met Mr.\nHale before.",
        "He bowed.",
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_paragraphs_are_known_at_both_of_their_ends(line_end: str) -> None:
    text = "It rained all day long. It rained all night.\n\nThen it stopped at last. We left."
    units = cut(text.replace("\n", line_end), Cutter(min_sentence_length=0))
    assert [unit.paragraph_end for unit in units] == [False, True, False, True]
    assert [unit.paragraph_start for unit in units] == [False, False, True, False]


def test_headings_and_scene_breaks_are_paragraphs() -> None:
    units = cut("# One\nIt was dark.\n***\nIt was light.\n")
    assert [(unit.text, unit.paragraph_start) for unit in units] == [
        ("# One", False),
        ("It was dark.", True),
        ("***", True),
        ("It was light.", True),
    ]


def test_a_line_end_alone_is_no_paragraph() -> None:
    units = cut("It was dark and it was cold.\nIt was light and it was warm.\n\n")
    assert [unit.paragraph_end for unit in units] == [False, True]
    assert not units[1].paragraph_start


def test_the_first_unit_follows_no_paragraph() -> None:
    assert not cut("\n\n\nHello there, everyone.")[0].paragraph_start


# Lengths


def test_a_short_sentence_joins_its_neighbour() -> None:
    units = cut(
        "It was late in the year. No. Nobody at all had come. Yes. She was sure of it now."
    )
    assert texts(units) == [
        "It was late in the year.",
        "No. Nobody at all had come.",
        "Yes. She was sure of it now.",
    ]


def test_a_short_sentence_does_not_cross_a_paragraph() -> None:
    units = cut("It was late in the year.\n\nNo.\n\nNobody at all had come.")
    assert texts(units) == ["It was late in the year.", "No.", "Nobody at all had come."]


def test_a_short_last_sentence_joins_the_one_before_it() -> None:
    text = 'It was late.\n\n"You knocked," she told him. "You go first."\n\nHe laughed.'
    assert texts(cut(text)) == [
        "It was late.",
        '"You knocked," she told him. "You go first."',
        "He laughed.",
    ]


def test_a_sentence_does_not_wait_longer_than_for_a_short_one() -> None:
    cutter = Cutter()
    assert texts(one_by_one(cutter, "It was late in the year. The")) == [
        "It was late in the year."
    ]
    assert one_by_one(cutter, " year was nearly over. Nobody had come") == []
    assert texts(one_by_one(cutter, " for a long")) == ["The year was nearly over."]


def test_wide_characters_count_twice_where_sentences_are_too_short() -> None:
    cutter = Cutter("zh", first_unit_min=0)
    assert len(cut("他停下脚步看。雨还在下个不停。", cutter)) == 1
    assert len(cut("他停下脚步看了很久。雨还在下个不停。", cutter)) == 2


def test_the_first_unit_may_end_at_a_comma_so_that_sound_starts_early() -> None:
    cutter = Cutter(first_unit_min=15)
    units = one_by_one(cutter, "Once upon a time, in")
    assert [(unit.text, unit.kind) for unit in units] == [("Once upon a time,", "clause")]
    assert one_by_one(cutter, " a land far away, there lived a king ") == []


def test_the_first_unit_is_not_cut_too_short_or_inside_a_number() -> None:
    assert one_by_one(Cutter(), "Well, it cost 1,000,000 at 10:30 and") == []


def test_a_heading_does_not_spend_the_early_start() -> None:
    units = cut("# One\n\nOnce upon a time, in a land far away, there lived a king.")
    assert texts(units)[1] == "Once upon a time,"


def test_endless_text_is_cut_at_the_best_clause() -> None:
    text = "and the road went on past the mill; and on past the burned orchard, and so on " * 9
    units = cut(text, Cutter(max_sentence_length=120, first_unit_min=0))
    assert all(len(unit.text) <= 120 for unit in units)
    assert all(unit.text[-1] in ";," and unit.kind == "clause" for unit in units[:-1])


def test_endless_text_without_any_mark_is_cut_between_words() -> None:
    words = ["and the road went on", "past the mill", "but nobody came"] * 40
    text = " ".join(words)
    units = cut(text, Cutter(max_sentence_length=100))
    assert [word for unit in units for word in unit.text.split()] == text.split()
    assert {unit.kind for unit in units[:-1]} == {"forced"}
    assert all(unit.text.split()[0] in ("and", "but") for unit in units)


def test_a_long_sentence_is_not_cut_shortly_in_front_of_its_end() -> None:
    for words in range(50, 75):
        units = cut("word " * words + "end.", Cutter(first_unit_min=0))
        assert all(len(unit.text) >= 30 for unit in units)


def test_an_address_is_not_cut_unless_it_is_longer_than_a_unit() -> None:
    address = "https://example.com/" + "a,b;c/" * 8 + "end"
    units = cut(
        f"You will find all of it at {address} if you look", Cutter(max_sentence_length=80)
    )
    assert any(address in unit.text for unit in units)
    units = cut("x" * 1000, Cutter(max_sentence_length=80))
    assert [len(unit.text) for unit in units] == [80] * 12 + [40]


@pytest.mark.parametrize(
    "cluster", ["e\u0301", "👨\u200d👩\u200d👧", "👍🏽", "🇩🇪", "\ud83d\ude00"]
)
def test_what_looks_like_one_character_is_not_cut_in_two(cluster: str) -> None:
    units = cut(cluster * 60, Cutter(max_sentence_length=31))
    assert len(units) > 1
    assert all(len(unit.text) % len(cluster) == 0 for unit in units)


def test_no_more_than_a_unit_is_ever_held_back() -> None:
    cutter = Cutter(max_sentence_length=100)
    text = "Mr. " * 200 + "word " * 100 + "..." * 100 + '"Why?" Ann of the ' * 30
    given = 0
    for fed, char in enumerate(text, start=1):
        given = max([given, *(unit.end for unit in cutter.feed(char))])
        assert fed - given <= 102  # With the white space around it.


def test_with_the_length_off_a_unit_is_still_bounded() -> None:
    units = cut("word " * 5000, Cutter(max_sentence_length=0))
    assert CEILING - 40 < max(len(unit.text) for unit in units) <= CEILING


# Idle streams


def test_a_complete_sentence_goes_out_when_the_stream_pauses() -> None:
    cutter = Cutter()
    assert cutter.feed("The door was shut.") == []
    assert texts(cutter.poll()) == ["The door was shut."]
    assert cutter.poll() == []
    assert texts(cutter.feed(" Nobody was in the room. ") + cutter.flush()) == [
        "Nobody was in the room."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The door was",
        "She saw Mr.",
        "It cost 3.",
        "It was J.",
        "It was in the U.S.",
        "Go to www.example.",
        "1.",
        "# The Ga",
        "The door was shut. But then",
    ],
)
def test_what_may_be_unfinished_stays(text: str) -> None:
    cutter = Cutter(min_sentence_length=60, first_unit_min=0)
    cutter.feed(text)
    assert cutter.poll() == []
    assert texts(cutter.flush()) == [text]


def test_a_pause_behind_a_comma_starts_the_scene_but_not_inside_a_number() -> None:
    cutter = Cutter()
    cutter.feed("It had cost him 1,")
    assert cutter.poll() == []
    cutter.feed("000 in all,")
    assert texts(cutter.poll()) == ["It had cost him 1,000 in all,"]


def test_a_sentence_that_waits_for_a_short_one_goes_out_when_the_stream_pauses() -> None:
    cutter = Cutter()
    cutter.feed("It was late in the year. The year was nearly over. No")
    assert texts(cutter.poll()) == ["The year was nearly over."]
    assert texts(cutter.feed("body came.") + cutter.flush()) == ["Nobody came."]


def test_a_short_sentence_goes_out_when_the_stream_pauses_behind_it() -> None:
    cutter = Cutter()
    cutter.feed("It was late in the year. Yes.")
    assert texts(cutter.poll()) == ["Yes."]


def test_polling_inside_words_changes_nothing() -> None:
    cutter = Cutter(min_sentence_length=0)
    found: list[Unit] = []
    for char, following in zip(STORY, STORY[1:] + " ", strict=True):
        found += cutter.feed(char)
        if char.isalnum() and following.isalnum():
            assert cutter.poll() == []
    assert found + cutter.flush() == cut(STORY, Cutter(min_sentence_length=0))


def test_after_a_pause_a_paragraph_end_is_told_by_the_next_unit() -> None:
    cutter = Cutter()
    cutter.feed("The door was shut.")
    (early,) = cutter.poll()
    (later,) = cutter.feed("\n\nNobody was in the room.") + cutter.flush()
    assert not early.paragraph_end
    assert later.paragraph_start


# Languages


@pytest.mark.parametrize("code", ["en-GB", "EN", "en_US"])
def test_a_region_is_part_of_its_language(code: str) -> None:
    assert texts(cut("She had met Mr. Hale.", Cutter(code))) == ["She had met Mr. Hale."]


@pytest.mark.parametrize("code", ["", "tlh", "x-unknown"])
def test_an_unknown_language_is_cut_by_its_punctuation(code: str) -> None:
    cutter = Cutter(code, min_sentence_length=0, first_unit_min=0)
    assert texts(cut("Qo' vISov! Nuq? 他停下。雨在下。", cutter)) == [
        "Qo' vISov!",
        "Nuq?",
        "他停下。",
        "雨在下。",
    ]


# Markup and addresses


def test_a_pause_inside_a_long_comment_does_not_make_text_of_it() -> None:
    cutter = Cutter(max_sentence_length=40)
    units = cutter.feed("<!-- He will betray her, and nobody is to know of it yet.")
    assert [unit.kind for unit in units] == ["markup"]
    units += cutter.poll() + cutter.feed(" Not even she. --> The door") + cutter.poll()
    units += cutter.feed(" opened.") + cutter.flush()
    assert "".join(unit.text for unit in units if unit.kind != "markup") == "The door opened."


def test_an_address_is_not_cut_where_the_model_pauses() -> None:
    cutter = Cutter()
    for part in ("You can see it all at https:", "//example.com/a?", "b=c,", "d.", "e now"):
        assert cutter.feed(part) + cutter.poll() == []


def test_the_bar_of_a_table_is_no_end_and_a_row_is_whole() -> None:
    units = cut(
        "| Ann. | She ran! Fast, too. |\n| Bob | He sat. |", Cutter(min_sentence_length=0)
    )
    assert texts(units) == ["| Ann. | She ran! Fast, too. |", "| Bob | He sat. |"]
