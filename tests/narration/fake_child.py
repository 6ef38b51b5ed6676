"""A child process that behaves as its argument says."""

from __future__ import annotations

import os
import signal
import sys
import time

from narration.child_main import Hello, begin, say_hello


def main(behaviour: str) -> None:
    if behaviour == "babble":
        print("hello?", flush=True)  # the T20 rule is for our own code
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
            print("a library prints", flush=True)  # the T20 rule is for our own code
        case "cling":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say_hello(to_parent, Hello(address="here"))
    while sys.stdin.buffer.read(1):
        pass
    if behaviour == "cling":
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])
