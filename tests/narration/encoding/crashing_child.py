"""The encoder's process, if its library crashed over recordings that cannot be encoded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from narration.child_frames import encode_frame, read_frame
from narration.child_main import Hello, begin, say_hello
from narration.encoding.child import batch
from narration.encoding.messages import ENCODE, Unencodable


def main(database: Path) -> None:
    to_parent = begin()
    say_hello(to_parent, Hello())
    while (request := read_frame(sys.stdin.buffer, ENCODE)) is not None:
        for reply in batch(database, request):
            if isinstance(reply, Unencodable):
                os._exit(3)
            to_parent.write(encode_frame(reply))
            to_parent.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1].removeprefix("--database=")))
