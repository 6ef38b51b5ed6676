"""A child process that behaves as its argument says."""

from __future__ import annotations

import os
import sys
import time

from narration.child_main import Hello, begin, say_hello


def main(behaviour: str) -> None:
    if behaviour == "babble":
        sys.stdout.write("hello?\n")
        sys.stdout.flush()
    to_parent = begin()
    match behaviour:
        case "die":
            os.write(2, b"out of luck\n")
            sys.exit(3)
        case "refuse":
            say_hello(to_parent, Hello(error="install the extra"))
        case "dawdle":
            time.sleep(60)
        case "print":
            sys.stdout.write("a library prints\n")
            sys.stdout.flush()
        case _:
            pass
    say_hello(to_parent, Hello(address="here"))
    while sys.stdin.buffer.read(1):
        pass
    if behaviour == "cling":
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])
