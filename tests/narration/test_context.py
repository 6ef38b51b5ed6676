"""What a language model is told about a story."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.config import Config, LLMConfig, SceneConfig
from narration.context import (
    build_messages,
    context_budget,
    continue_messages,
    estimated_tokens,
    last_part,
    takes_up_answers,
)
from narration.llm import ChatMessage


def _asked(**story: Any) -> str:
    system, user = build_messages(
        **{
            "title": "",
            "premise": "",
            "language": "en",
            "scenes": [],
            "prompt": "",
            "context_tokens": 1_000,
            **story,
        }
    )
    assert (system.role, user.role) == ("system", "user")
    return f"{system.content}\n{user.content}"


def test_everything_that_is_known_is_told() -> None:
    asked = _asked(
        title="Winter Road",
        premise="A boy and a wolf travel north.",
        scenes=["They set out.", "They came to a river."],
        prompt="They must cross it.",
    )
    places = [
        asked.index(part)
        for part in (
            "Winter Road",
            "A boy and a wolf travel north.",
            "They set out.\n\nThey came to a river.",
            "Continue the story",
            "They must cross it.",
        )
    ]
    assert places == sorted(places)


def test_without_a_prompt_the_story_goes_on() -> None:
    assert _asked(scenes=["They set out."]).endswith("Continue the story from here.")
    assert _asked().endswith("Write a short story in plain prose.")


@pytest.mark.parametrize(
    ("code", "said"),
    [("de", "in German."), ("pt-BR", "in Portuguese."), ("xx", "with the code xx.")],
)
def test_another_language_is_asked_for(code: str, said: str) -> None:
    assert said in _asked(language=code)


def test_english_goes_without_saying() -> None:
    assert _asked(language="en-GB") == _asked(language="")


def test_the_oldest_is_left_out_first_and_the_prompt_never() -> None:
    scenes = [f"This is the text of scene {number}. " * 20 for number in range(9)]
    prompt = "Then the sun rises. " * 30
    asked = _asked(scenes=scenes, prompt=prompt, context_tokens=400)
    assert prompt.strip() in asked
    assert "scene 8" in asked
    assert "scene 6" not in asked
    assert _asked(scenes=scenes, prompt=prompt, context_tokens=1).endswith(prompt.strip())


@given(
    st.text("ab \n.", max_size=400),
    st.text("ab \n.", max_size=900),
    st.integers(min_value=1, max_value=150),
)
def test_the_budget_is_kept(premise: str, scene: str, budget: int) -> None:
    words = estimated_tokens(_asked(premise=".", scenes=["."], context_tokens=budget))
    told = _asked(premise=premise, scenes=[scene], context_tokens=budget)
    assert estimated_tokens(told) <= words + budget + 1


def _continued(**story: Any) -> list[ChatMessage]:
    return continue_messages(
        **{
            "title": "Winter Road",
            "premise": "A boy and a wolf.",
            "language": "en",
            "scenes": ["They set out."],
            "prompt": "They must cross it.",
            "written": "They came to a river, and",
            "context_tokens": 1_000,
            "take_up": False,
            **story,
        }
    )


def test_a_scene_that_goes_on_is_the_answer_that_broke_off() -> None:
    system, user, own, go_on = _continued()
    assert (system.role, user.role, go_on.role) == ("system", "user", "user")
    for part in ("Winter Road", "A boy and a wolf.", "They set out.", "They must cross it."):
        assert part in user.content
    assert own == ChatMessage("assistant", "They came to a river, and")
    assert "mid-sentence" in go_on.content
    assert _continued(take_up=True) == [system, user, own]


def test_a_scene_without_a_word_is_asked_for_as_a_new_one() -> None:
    for written in ("", " \n"):
        messages = _continued(written=written)
        assert [message.role for message in messages] == ["system", "user"]
        assert messages == _continued(written="", take_up=True)


def test_the_scenes_own_end_counts_before_the_scenes_before() -> None:
    scenes = [f"This is the text of scene {number}. " * 20 for number in range(9)]
    written = "".join(f"Sentence {number} of this one. " for number in range(60)) + "And then"
    messages = _continued(scenes=scenes, written=written, context_tokens=700)
    assert messages[2].content == written
    assert "scene 8" in messages[1].content
    assert "scene 6" not in messages[1].content
    shorter = _continued(scenes=scenes, written=written, context_tokens=100)
    assert shorter[2].content.startswith("Sentence ")
    assert written.endswith(shorter[2].content)
    assert "scene 8" not in shorter[1].content
    # The prompt is told in any case, and the words that are to be gone on with too.
    least = _continued(scenes=scenes, written=written, context_tokens=1, prompt="Go. " * 500)
    assert "Go. Go." in least[1].content
    assert least[2].content.endswith("And then")


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("One. Two. Three.", 99, "One. Two. Three."),
        ("One went. Two went. Three went.", 6, "Two went. Three went."),
        ("One went. Two went. Three went.", 5, "Three went."),
        ('"One went." Two went.', 4, "Two went."),
        ("One went.\n\nTwo went. Three went.", 6, "Two went. Three went."),
        ("Zero went far. One went.\n\nTwo went. Three went.", 8, "Two went. Three went."),
        ("a sentence without an end", 3, "an end"),
        ("第一句。第二句。第三句。", 9, "第二句。第三句。"),
        ("第一句。第二句。第三句。", 3, "三句。"),
        ("One.", 0, ""),
        ("", 9, ""),
    ],
)
def test_the_end_begins_at_a_sentence(text: str, tokens: int, expected: str) -> None:
    assert last_part(text, tokens) == expected


@given(st.text("ab. \n。語", max_size=300), st.integers(0, 40))
def test_the_end_is_an_end_and_fits(text: str, tokens: int) -> None:
    end = last_part(text, tokens)
    assert text.strip().endswith(end)
    assert estimated_tokens(end) <= tokens
    if estimated_tokens(text.strip()) <= tokens:
        assert end == text.strip()


def test_the_embedded_model_is_told_less() -> None:
    scene = SceneConfig(context_tokens=1_000)
    assert context_budget(Config(scene=scene, llm=LLMConfig(url="http://x/v1"))) == 1_000
    assert context_budget(Config(scene=scene)) == 250
    assert takes_up_answers(Config())
    assert not takes_up_answers(Config(llm=LLMConfig(url="http://x/v1")))
    assert context_budget(Config(scene=SceneConfig(context_tokens=100))) == 100
