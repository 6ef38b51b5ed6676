"""Of a model's answer only the story is shown and spoken, however it is split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narration.text import ThinkFilter
from narration.text.model_marks import CALLS, REASONING, TOKENS

STORY = "She opened the door."
PLAN = "The user wants <b>rain</b>. A < B, and [so] on."
JSON = '{"name": "roll_dice", "arguments": {"sides": 20, "note": "}, </tool_call>"}}'

REASONS = {
    "an element": f"<reasoning>{PLAN}</reasoning>",
    "an element with an attribute": f'<think type="deep">{PLAN}</think>',
    "capitals and blanks": f"\n <THINK >{PLAN}</Think\n>",
    "the other ending": f"<think>{PLAN}</thinking>",
    "an opening said twice": f"<think>\n<think>{PLAN}</think>",
    "an ending said twice": f"<think>{PLAN}</think>\n</think>",
    "an ending alone": "</think>",
    "an empty element": "<think/>",
    "nothing thought": "<think>\n\n</think>",
    "two blocks": f"<think>{PLAN}</think>\n<thought>{PLAN}</thought>",
    "details": f'<details open type="reasoning" done="true"><p>x</p>{PLAN}</details>',
    "entities": f"&lt;think&gt;{PLAN}&lt;/think&gt;",
    "what cannot be seen before it": f"\ufeff\u200b<think>{PLAN}</think>",
    "Mistral": f"[THINK]{PLAN}[/THINK]",
    "Kimi": f"◁think▷{PLAN}◁/think▷",
    "Cohere": f"<|START_THINKING|>{PLAN}<|END_THINKING|><|START_RESPONSE|>",
    "harmony": f"<|channel|>analysis<|message|>{PLAN}<|end|><|start|>assistant<|channel|>final"
    "<|message|>",
    "harmony, from its start": f"<|start|>assistant<|channel|>analysis<|message|>{PLAN}"
    "<|channel|>final<|message|>",
    "harmony with a call": f"<|channel|>analysis<|message|>{PLAN}<|end|><|start|>assistant"
    f"<|channel|>commentary to=functions.f <|constrain|>json<|message|>{JSON}<|call|>"
    "<|start|>assistant<|channel|>final<|message|>",
    "harmony without its tokens": f"analysisWe need a story. {PLAN}assistantfinal",
    "Gemma": f"<|channel>thought\n{PLAN}<channel|>",
}

PRELUDES = {
    **REASONS,
    "a token": "<bos>",
    "a turn": "<|im_start|>assistant\n",
    "a call": f"<tool_call>{JSON}</tool_call>",
    "a call that is JSON alone": JSON,
    "a call without its tokens": f"to=functions.roll_dice json {JSON}",
    "a turn before reasoning": f"<start_of_turn>model\n<think>{PLAN}</think>",
}

INTERLUDES = {
    "a call": f"<tool_call>\n{JSON}\n</tool_call>",
    "two calls": f"<tool_call>{JSON}</tool_call>\n<tool_call>{JSON}</tool_call>",
    "two calls in one": f"<tool_call>{JSON}\n{JSON}</tool_call>",
    "a call without an ending": f"<tool_call>\n{JSON}",
    "a call of a name": f"[TOOL_CALLS]roll_dice{JSON}",
    "calls in a list": f"[TOOL_CALLS][{JSON}, {JSON}]",
    "a call in elements": "<tool_call>\n<function=roll>\n<parameter=sides>\n20\n</parameter>\n"
    "</function>\n</tool_call>",
    "a call in pairs": "<tool_call>roll\n<arg_key>sides</arg_key>\n<arg_value>20</arg_value>\n"
    "</tool_call>",
    "a call that is no JSON": "<|tool_call_start|>[roll_dice(sides=20)]<|tool_call_end|>",
    "DeepSeek's call": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>roll\n"
    "```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "an invocation": '<invoke name="roll"><parameter name="sides">20</parameter></invoke>',
    "turns": "<end_of_turn>\n<start_of_turn>model\n",
    "turns in bars": "<|im_end|>\n<|im_start|>assistant\n",
    "Llama's turns": "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "an instruction": "[INST] [/INST]",
    "a system's": "<<SYS>><</SYS>>",
    "an end in wide bars": "<｜end▁of▁sentence｜>",
}

# What looks like a mark and is none: all of it is story.
MENTIONS = [
    "The screen showed `<think>` and nothing else. Nobody moved.",
    "He typed <think> and then </think>, twice.",
    "He typed <reasoning>, and she <thought>. </thought>",
    'It said <details type="reasoning"> or [THINK].',
    "He sent a `<tool_call>` and waited. (Nothing came.)",
    "<tool_call> was all that it said.",
    "He wrote </tool_calls>.",
    "a < b <thin ice> </thinker> <thinks> <",
    "<details>It was late.</details>",
    '<details type="note">It was late.</details>',
    "[INSTALL] [thinking] [a](b) [1] <",
    "analysis is dull",
    '{"name": "Ann"} was all that it said.',
    '{"name" she said, and left.',
    "{So it began.}",
    "&lt;thin&gt; ice",
    "analysis",
    "thought\nshe",
    "Once <s>more</s> and again",
    "So <|:",
    "no tags \ud83d at all",
    "a <think",
    "a <tool_call",
    "a <tool_call>",
    "a <tool_call>{not JSON} he said.\n\nThen she left.",
    '<tool_call>{"name" she said, and left.',
]


def filtered(tokens: list[str], more: tuple[tuple[str, str], ...] = ()) -> str:
    thinking = ThinkFilter(more)
    return "".join(thinking.feed(token) for token in tokens) + thinking.flush()


def assert_comes_to(text: str, story: str) -> None:
    assert filtered([text]) == story
    assert filtered(list(text)) == story
    for place in range(len(text)):
        assert filtered([text[:place], text[place:]]) == story, place


@pytest.mark.parametrize("name", PRELUDES)
def test_what_comes_before_the_story_goes(name: str) -> None:
    assert_comes_to(PRELUDES[name] + STORY, STORY)
    assert_comes_to(PRELUDES[name] + "\n\n" + STORY, "\n\n" + STORY)


@pytest.mark.parametrize("name", INTERLUDES)
def test_calls_and_tokens_go_wherever_they_are(name: str) -> None:
    thinking = ThinkFilter()
    story = thinking.feed(f"{STORY} {INTERLUDES[name]}\nThe die showed a six.")
    assert story.split() == [*STORY.split(), "The", "die", "showed", "a", "six."]
    text = f"{STORY} {INTERLUDES[name]} {STORY}"
    assert_comes_to(text, filtered([text]))


@pytest.mark.parametrize("text", MENTIONS)
def test_a_story_that_mentions_a_mark_loses_nothing(text: str) -> None:
    assert_comes_to(text, text)
    assert_comes_to(f"{STORY} {text}", f"{STORY} {text}")


@pytest.mark.parametrize(("opening", "endings"), REASONING)
def test_every_kind_of_reasoning_goes_where_the_answer_begins_and_stays_later(
    opening: str, endings: tuple[str, ...]
) -> None:
    plan = "We need a story." if opening.isalnum() else PLAN
    for ending in endings:
        assert STORY in filtered([opening + plan + ending + STORY])
        assert PLAN not in filtered([opening + plan + ending + STORY])
    assert plan in filtered([f"{STORY} {opening}{plan}"])


@pytest.mark.parametrize(("opening", "ending"), CALLS)
def test_every_kind_of_call_goes(opening: str, ending: str) -> None:
    assert filtered([f"{STORY}{opening}{JSON}{ending}{STORY}"]) == STORY * 2


@pytest.mark.parametrize("token", TOKENS)
def test_every_token_of_a_template_goes(token: str) -> None:
    assert filtered([*f"{STORY}{token}{STORY}"]) == STORY * 2


def test_more_marks_of_reasoning_can_be_named() -> None:
    text = f"Here is my thought process: {PLAN} Here is my response: {STORY}"
    more = (("Here is my thought process:", "Here is my response:"),)
    assert filtered(list(text), more) == " " + STORY
    assert filtered(list(text)) == text


@pytest.mark.parametrize("ending", ["", "</thin", "\n\nShe opened the door."])
def test_reasoning_that_never_ends_is_told(ending: str) -> None:
    thinking = ThinkFilter()
    assert thinking.feed(f"<think>{PLAN}{ending}") + thinking.flush() == ""
    assert thinking.unclosed


def test_of_an_ending_without_an_opening_the_mark_goes_and_it_is_told() -> None:
    for tokens in ([f"{PLAN}</think>{STORY}"], [*f"{PLAN}</think>{STORY}"]):
        thinking = ThinkFilter()
        story = "".join(map(thinking.feed, tokens)) + thinking.flush()
        assert story == PLAN + STORY
        assert thinking.unopened
        assert not thinking.unclosed


@pytest.mark.parametrize(
    ("text", "story"),
    [
        ('So <tool_call>{"name": "f", "arg', "So "),
        ('So <tool_call>\n{"name": "f"}', "So "),
        ("So <start_of_turn>model", "So "),
        ("So it ends.</s>", "So it ends."),
        ("So it ends.</s>\n", "So it ends."),
        ("<|im_start|>assistant", ""),
    ],
)
def test_what_is_cut_at_the_end_of_the_text_is_no_story_either(text: str, story: str) -> None:
    assert_comes_to(text, story)


def test_a_call_that_is_not_ended_is_not_waited_for_without_end() -> None:
    text = "So <tool_call>[she said" + " and went on" * 1_000
    thinking = ThinkFilter()
    assert len("".join(map(thinking.feed, text))) > 4_000
    assert filtered(list(text)) == text


_SCRAPS = st.sampled_from(
    [
        *"<>/|[]{} tk\n\"'",
        *("<think>", "</think>", "<thinking", "ing>", "word", "<|channel|>", "analysis"),
        *("<|message|>", "final", "assistant", "<|end|>", "<tool_call>", "</tool_call>"),
        *(
            "[INST]",
            "<start_of_turn>",
            "model",
            "</s>",
            "<s>",
            "[TOOL_CALLS]",
            '{"a": 1}',
            "{",
        ),
        *(
            "to=functions.",
            "json",
            "A",
            "◁think▷",
            "◁/think▷",
            "<details",
            ' type="reasoning"',
        ),
    ]
)


@given(st.lists(_SCRAPS, max_size=24), st.data())
def test_the_split_does_not_matter(scraps: list[str], cuts: st.DataObject) -> None:
    text = "".join(scraps)
    whole = filtered([text])
    assert filtered(scraps) == filtered(list(text)) == whole
    size = cuts.draw(st.integers(1, 9))
    assert filtered([text[i : i + size] for i in range(0, len(text), size)]) == whole


@given(st.text(alphabet=st.characters(exclude_characters="<[◁at")))
def test_text_without_a_mark_passes_at_once(text: str) -> None:
    thinking = ThinkFilter()
    assert thinking.feed("So ") + thinking.feed(text) == "So " + text
    assert thinking.flush() == ""


def test_only_what_may_be_a_mark_is_held_back() -> None:
    thinking = ThinkFilter()
    assert thinking.feed("He wrote <st") == "He wrote "
    assert thinking.feed("op> and left") == "<stop> and left"
    assert thinking.feed("He wrote <tool") == "He wrote "
    assert thinking.feed("_ca and left") == "<tool_ca and left"
    assert thinking.feed("<tool_call> she sent") == "<tool_call> she sent"


def test_after_a_flush_the_filter_is_as_new() -> None:
    thinking = ThinkFilter()
    assert thinking.feed("<think>a") + thinking.flush() == ""
    assert thinking.feed("<think>a</think>b") + thinking.flush() == "b"
    assert not thinking.unclosed
