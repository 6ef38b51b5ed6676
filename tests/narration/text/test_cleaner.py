"""What is spoken of what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.text import clean

FORBIDDEN = set("<>[]{}*_|~`\\")


@pytest.mark.parametrize(
    "text",
    [
        "The gate had not opened in forty years.",
        '"Stop!" he cried—too late.',
        "“Who’s there?” she whispered… ‘Nobody.’",
        "At 10:30 p.m. on Jan. 5, 1920, it cost $3.50 (or 5%), e.g. for No. 9.",
        "Well-known words, isn't it? It's the boys' dog!",
        "« Où es-tu ? » ¿Quién? „Wer?“ 「誰？」 कौन? ३",
        "3 + 4 = 7; 20°C; 1/2; #1; AT&T; Q&A.",
        "می\u200cخواهم",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("shown", "spoken"),
    [
        ('**"Run!"** she *really* yelled.', '"Run!" she really yelled.'),
        ("***Enough!*** __Now__ _then_ ~~gone~~ `code`", "Enough! Now then gone code"),
        ("# Chapter One", "Chapter One"),
        ("### The *Third* Night ###", "The Third Night"),
        ("- Light the flare.", "Light the flare."),
        ("* one\n+ two\n• three", "one. two. three"),
        ("- [x] done", "done"),
        ("1. Find the key", "1. Find the key"),
        ("1. Find the key\n2. Run.", "1. Find the key. 2. Run."),
        ("> The letter read: come\n> at once.", "The letter read: come at once."),
        ("# The Gate\nIt was dark.", "The Gate. It was dark."),
        ("```python\nrun fast\n```", "run fast"),
        ("| who | where |\n|---|:-:|\n| Ann | here |", "who, where. Ann, here"),
        (r"a \*star\* and a \_line\_", "a star and a line"),
        ("snake_case_name", "snake case name"),
        (
            "She walked\nall the way\n— or so he said.",
            "She walked all the way — or so he said.",
        ),
    ],
)
def test_markdown_is_not_spoken_but_its_words_are(shown: str, spoken: str) -> None:
    assert clean(shown) == spoken


@pytest.mark.parametrize(
    ("shown", "spoken"),
    [
        ("See [the map](http://a.b/c_(d)?e=f) now.", "See the map now."),
        ('See [the map](a.png "A map").', "See the map."),
        ("![A red door](door.png) It opened.", "A red door It opened."),
        ("[*the* map][1] and [that one][]", "the map and that one"),
        ("It rained.[^1] It poured.[2]", "It rained. It poured."),
        ("Go to https://www.example.com/a.b?c=d#e, quick.", "Go to example.com, quick."),
        ("Go to (www.example.com).", "Go to (example.com)."),
        ("At <https://example.com/a> you see.", "At example.com you see."),
        ("Write to help@lighthouse.org.", "Write to help@lighthouse.org."),
    ],
)
def test_links_are_spoken_by_their_text(shown: str, spoken: str) -> None:
    assert clean(shown) == spoken


@pytest.mark.parametrize(
    ("shown", "spoken"),
    [
        ('He typed <break time="5s"/> and grinned.', "He typed and grinned."),
        ("<speak><prosody rate='fast'>Go!</prosody></speak>", "Go!"),
        ("He <em>really</em> ran.<br>Fast.", "He really ran. Fast."),
        ('<amazon:effect name="whispered">Hush</amazon:effect>', "Hush"),
        (
            "The word <stop> hung in the air. So did <prd>.",
            "The word stop hung in the air. So did prd.",
        ),
        ("She <laugh> left.", "She laugh left."),
        ("<|endoftext|> he wrote.", "he wrote."),
        (
            "&" + "amp;" * 20 + "lt;b&" + "amp;" * 20 + "gt;",
            "amp;" * 12 + "lt;b " + "amp;" * 12 + "gt;",
        ),
        ("Go <!-- a comment --> on.", "Go on."),
        ("&lt;break/&gt; Go &amp;lt;b&amp;gt; on &amp; on.", "Go on & on."),
        ("3 < 4 and 5 > 2", "3 4 and 5 2"),
        ("[pause:1s] Go [voice:x] on. {pause=2} [break]", "Go on."),
        ("[pause 0.5] Go on [emotion: sad, speed: 2].", "Go on."),
        ("She [laughs] left {again} [sic].", "She laughs left again sic."),
        ("Say [Kokoro](/kˈOkəɹO/) and [it](+2).", "Say Kokoro and it."),
        ("Say [[a](/b/)](/c/) and [x](/y/ /z/).", "Say a and x."),
        ("Say [a]\u200b(/b/).", "Say a (/b/)."),
        ("\\[a](/b/)", "a"),
        ('"Bohr [...] used it."', '"Bohr ... used it."'),
    ],
)
def test_nothing_is_left_that_a_voice_takes_for_markup(shown: str, spoken: str) -> None:
    assert clean(shown) == spoken


@pytest.mark.parametrize(
    ("shown", "spoken"),
    [
        ("She grinned 😀.", "She grinned."),
        ("The 👨\u200d👩\u200d👧 card said ❤️ and 👍🏽.", "The card said and."),
        ("Go 🇩🇪 on! 1️⃣ ✓ ★ →", "Go on! 1"),
        ("I love it :) so much ;-) <3", "I love it so much"),
        ("I love it ;) so", "I love it so"),
        (
            "Zero\u200bwidth, \u202emarks\u202c, \ufeffand soft\u00adhyphens",
            "Zerowidth, marks, and softhyphens",
        ),
        ("half \ud83d a pair, \x00 a null, \ue000 and \ufffd", "half a pair, a null, and"),
    ],
)
def test_pictures_and_invisible_characters_are_not_spoken(shown: str, spoken: str) -> None:
    assert clean(shown) == spoken


def test_words_after_a_mention_of_reasoning_are_spoken() -> None:
    shown = "The screen showed `<think>` and nothing else."
    assert clean(shown) == "The screen showed think and nothing else."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "---",
        "* * *",
        "⁂",
        "***",
        "…",
        '"',
        "😀",
        "?!",
        "\u200b",
        "```",
        "<br/>",
        "[]()",
    ],
)
def test_where_there_is_nothing_to_say_nothing_is_said(text: str) -> None:
    assert clean(text) == ""


@pytest.mark.parametrize(
    ("shown", "spoken"),
    [
        ("No!!!!!!! Why??????", "No!!! Why???"),
        ("Wait........ what?", "Wait... what?"),
        ("Wait . . . what?", "Wait ... what?"),
        ("— Viens ! cria-t-elle.", "Viens ! cria-t-elle."),
        ("one\t\ttwo \u3000 three\u2028four", "one two three four"),
    ],
)
def test_marks_and_spaces_are_brought_to_a_measure(shown: str, spoken: str) -> None:
    assert clean(shown) == spoken


@given(
    st.lists(
        st.one_of(
            st.characters(),
            st.sampled_from(
                [*"<>[](){}/&;*_`~|\\#-:.\n", "<break/>", "&lt;", "[a](", "](/b/)", "<think>"]
            ),
        )
    ).map("".join)
)
def test_whatever_comes_in_only_plain_text_comes_out(text: str) -> None:
    spoken = clean(text)
    assert FORBIDDEN.isdisjoint(spoken)
    assert "](" not in spoken
    assert all(char.isprintable() or char == "\u200c" for char in spoken)
    assert spoken == spoken.strip()
    assert spoken == "" or any(char.isalnum() for char in spoken)
    spoken.encode("utf-8")


@given(st.text(alphabet="abcdefghij XYZ,.!?'\"0123456789é漢あ"))
def test_no_word_is_lost_from_text_without_markup(text: str) -> None:
    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text))

    assert letters(clean(text)) == letters(text)
