"""What language models write around a story: reasoning, calls of tools, tokens of templates.

An opening like `<name>` is an element: it may have attributes, and the one that is given
here it must have.  A bare word is an opening only where the next word is glued to it, as in
`analysisWe`.  Any other is taken by the letter.  But for bare words, case does not matter.
"""

from __future__ import annotations

__all__ = ["CALLS", "REASONING", "ROLES", "ROLE_TOKENS", "TOKENS"]

REASONING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("<think>", ("</think>", "</thinking>")),
    ("<thinking>", ("</thinking>", "</think>")),
    ("<thought>", ("</thought>",)),
    ("<thoughts>", ("</thoughts>",)),
    ("<reason>", ("</reason>",)),
    ("<reasoning>", ("</reasoning>",)),
    ("<reflection>", ("</reflection>",)),
    ("<analysis>", ("</analysis>",)),
    ("<scratchpad>", ("</scratchpad>",)),
    ("<inner_monologue>", ("</inner_monologue>",)),
    ("<inner_thoughts>", ("</inner_thoughts>",)),
    ("<chain_of_thought>", ("</chain_of_thought>",)),
    ("<thinking_process>", ("</thinking_process>",)),
    ("<reasoning_content>", ("</reasoning_content>",)),
    ("<brainstorm>", ("</brainstorm>",)),
    ("<antThinking>", ("</antThinking>",)),
    ("<seed:think>", ("</seed:think>",)),
    ("<mm:think>", ("</mm:think>",)),
    ("<longcat_think>", ("</longcat_think>",)),
    ('<details type="reasoning">', ("</details>",)),
    ("[THINK]", ("[/THINK]",)),
    ("◁think▷", ("◁/think▷",)),
    ("&lt;think&gt;", ("&lt;/think&gt;",)),
    ("&lt;thinking&gt;", ("&lt;/thinking&gt;",)),
    ("<|think|>", ("<|/think|>", "</think>")),
    ("<|thinking|>", ("<|/thinking|>",)),
    ("<|begin_of_thought|>", ("<|end_of_thought|>",)),
    ("<|START_THINKING|>", ("<|END_THINKING|>",)),
    ("<|inner_prefix|>", ("<|inner_suffix|>",)),
    # Harmony, gpt-oss's format, has channels; the story is in `final`.
    ("<|channel|>analysis", ("<|end|>", "<|channel|>final", "<|start|>")),
    ("<|channel|>commentary", ("<|end|>", "<|call|>", "<|channel|>final", "<|start|>")),
    # The same, of which a server has left out the tokens.
    ("analysis", ("assistantfinal",)),
    # Gemma's.
    ("<|channel>thought", ("<channel|>",)),
)
"""Openings, and what may end each of them."""

CALLS: tuple[tuple[str, str], ...] = (
    ("<tool_call>", "</tool_call>"),
    ("<tool_calls>", "</tool_calls>"),
    ("<toolcall>", "</toolcall>"),
    ("<tool_use>", "</tool_use>"),
    ("<tool_response>", "</tool_response>"),
    ("<tool_result>", "</tool_result>"),
    ("<function_call>", "</function_call>"),
    ("<function_calls>", "</function_calls>"),
    ("<minimax:tool_call>", "</minimax:tool_call>"),
    ("<xai:function_call>", "</xai:function_call>"),
    ("<invoke>", "</invoke>"),
    ("<function>", "</function>"),
    ("<|tool_call|>", "<|/tool_call|>"),
    ("<|tool_call>", "<tool_call|>"),
    ("<|tool_call_start|>", "<|tool_call_end|>"),
    ("<|tool_call_begin|>", "<|tool_call_end|>"),
    ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
    ("<|START_ACTION|>", "<|END_ACTION|>"),
    ("<|python_tag|>", "<|eom_id|>"),
    ("[TOOL_CALLS]", "[/TOOL_CALLS]"),
)
"""Calls of tools.  Where JSON follows the opening, its end is the end of the call as well."""

ROLE_TOKENS = (
    "<|start|>",
    "<|im_start|>",
    "<|channel|>",
    "<|start_header_id|>",
    "<|turn>",
    "<start_of_turn>",
)
"""Tokens of templates after which a role or a channel is named."""

ROLES = ("assistant", "model", "user", "system", "developer", "tool", "final")

TOKENS = (
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_utterance>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
)
"""Tokens of templates, beside those in bars (`<|…|>`), of which there are many."""
