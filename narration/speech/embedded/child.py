"""The child process of the embedded voice: hibari, which speaks one sentence after the other.

It ends when its standard input does, so that it never outlives its parent.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from typing import TYPE_CHECKING

from narration.child_frames import encode_frame, read_frame
from narration.child_main import Hello, begin, say_hello
from narration.speech.embedded.messages import SAY, Say, Spoken

if TYPE_CHECKING:
    from narration.speech.embedded.voice import EmbeddedVoice

__all__ = ["main"]

_MISSING = (
    "it is not installed: pip install 'narration[embedded]', or have another service in "
    "speech.providers"
)
# Its lexicon, its letters for unknown words, and its arithmetic are loaded on first use.
_WARM_UP = 'On the 3rd of May, "Narrathorn" slept; nobody knew why, or for how long.'


def main() -> None:
    """Speak until the parent goes."""
    to_parent = begin()
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    if importlib.util.find_spec("hibari") is None:
        say_hello(to_parent, Hello(error=_MISSING))
        return
    from narration.speech.embedded.voice import EmbeddedVoice

    voice = EmbeddedVoice(args.threads)
    _spoken(voice, Say(0, _WARM_UP, 1.0))
    say_hello(to_parent, Hello())
    while (request := read_frame(sys.stdin.buffer, SAY)) is not None:
        to_parent.write(encode_frame(_spoken(voice, request)))
        to_parent.flush()


def _spoken(voice: EmbeddedVoice, request: Say) -> Spoken:
    from narration.speech.embedded.samples import joined_pcm

    try:
        pcm = joined_pcm(voice.speak(request.text, request.speed))
    except Exception as error:  # noqa: BLE001 - a library may raise anything at an odd text.
        return Spoken(request.id, b"", error=type(error).__name__)
    return Spoken(request.id, pcm)


if __name__ == "__main__":
    main()
