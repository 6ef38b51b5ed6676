"""Language models: what is asked of one, and the adapters that answer.

`narration.llm.opening` gets the configured one.  It is not imported here: the embedded
model's own process imports this package too, and needs none of the HTTP clients.
"""

from narration.llm.base import LLM, ChatMessage, Finish

__all__ = ["LLM", "ChatMessage", "Finish"]
