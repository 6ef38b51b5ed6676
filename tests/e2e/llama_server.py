"""llama.cpp's own server with the small model, as somebody would run it beside ours.

It prints its address, and ends when its standard input does.
"""

from __future__ import annotations

import os
import sys

import xllamacpp

from narration.llm.embedded_child import model_path


def main() -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(model_path())
    params.n_parallel = 2
    params.n_ctx = 4096
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.cache_ram_mib = 0
    params.ui = False
    params.endpoint_slots = params.endpoint_metrics = True
    params.verbosity = 2
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # Its threads may be at work.


if __name__ == "__main__":
    main()
