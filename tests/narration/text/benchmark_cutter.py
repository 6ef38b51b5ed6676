"""What cutting costs: microseconds a character, from 1 kB to 1 MB, in 3-character tokens.

Run in the project's folder: `PYTHONPATH=. python tests/narration/text/benchmark_cutter.py`.
"""

from __future__ import annotations

import sys
from time import perf_counter

from narration.text import Cutter, clean

TEXTS = {
    "story": (
        "The gate of Harrow Keep had not opened in forty years. Moss grew thick along its "
        'hinges.\n\n"Anything?" Bram asked. "Breathing," she said. "Slow. Like something '
        'asleep."\n\nHe took a step back... then two steps forward, and knocked. Mr. Hale '
        "did not answer.\n\n"
    ),
    "no punctuation": "and the road went on past the mill and the burned orchard ",
    "full stops": ".",
    "titles": "Mr. ",
}


def microseconds(text: str) -> tuple[float, float]:
    """A character's share of cutting, and of cleaning the units."""
    cutter = Cutter()
    units = []
    begin = perf_counter()
    for start in range(0, len(text), 3):
        units += cutter.feed(text[start : start + 3])
    units += cutter.flush()
    cut = perf_counter()
    for unit in units:
        clean(unit.text)
    return (cut - begin) / len(text) * 1e6, (perf_counter() - cut) / len(text) * 1e6


def show(name: str, *figures: str) -> None:
    sys.stdout.write(f"{name:16}" + "".join(f"{figure:>16}" for figure in figures) + "\n")


def main() -> None:
    show("text", "characters", "cut, µs each", "clean, µs each")
    for name, scrap in TEXTS.items():
        for length in (1_000, 10_000, 100_000, 1_000_000):
            text = (scrap * (length // len(scrap) + 1))[:length]
            cut, cleaned = microseconds(text)
            show(name, f"{length:,}", f"{cut:.2f}", f"{cleaned:.2f}")


if __name__ == "__main__":
    main()
