"""What FLAC costs: FFmpeg's encoder, ours at some levels, and all of it in the background.

Run in the project's folder: `PYTHONPATH=. python tests/benchmarks/benchmark_encoding.py`.
It waits for the encoder's process, which needs a processor that nobody else wants.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import soundfile

from narration.audio import decode, encode, wav_file
from narration.config import ProviderConfig, SpeechConfig
from narration.encoding.recording_encoder import RecordingEncoder
from narration.speech import SpeechRequest
from narration.speech.opening import open_provider
from tests.narration.encoding.stored import Stored
from tests.narration.processes import appeared
from tests.sounds import encoded

STORY = """The lamp had burned low before anyone in the house thought of going up to bed. |
Mara set down the letter, smoothed it with her hand, and looked at the dark window. |
"You knew," she said. "You knew all along, and you let me write to him." |
Her brother did not answer at once, and when he did, it was not what she had expected. |
Outside the wind dragged a branch along the gutter, like somebody looking for a way in. |
He had rehearsed this moment on the train, and on the long wet walk up from the gate. |
"I thought it would be kinder," he said at last. | It sounded thin, even to him. |
There are silences that mend a thing, and silences that finish it. |
She folded the page along its old creases until it was no bigger than a stamp. |
"Kinder to whom?" | The clock on the stairs struck eleven, and then struck one more. |
In the morning the garden was white, and somebody had walked across it in the night. |
The steps led from the wall to the kitchen door, and none of them led back. |
Mara stood at the sink with her sleeves rolled up, and counted them, all nineteen. |
Every one had been made by the same boot, and she had last seen that boot in a grave. |
She did not wake her brother; she took the poker and went down to the cellar alone. |
It smelled of apples and of something older. | "Come out," she said, and held up the lamp. |
What came out, blinking, was a boy with a lantern that gave no light at all."""
LEVELS = (0.0, 0.2, 0.375, 0.5, 0.75, 1.0)
ROUNDS = 15
TIMES = 10
"""The story is stored so often for the process to be measured."""


async def spoken() -> list[bytes]:
    """The story in the embedded voice, a sentence at a time."""
    config = ProviderConfig(type="embedded")
    sentences = []
    async with open_provider("embedded", config, SpeechConfig()) as provider:
        for text in STORY.replace("\n", " ").split("|"):
            pieces = provider.speech.synthesize(SpeechRequest(text.strip(), "", 1.0))
            sentences.append(b"".join([audio.pcm async for audio in pieces]))
    return sentences


def at_level(level: float) -> Callable[[bytes], bytes]:
    """libsndfile's encoder at that level."""

    def encode(pcm: bytes) -> bytes:
        made = io.BytesIO()
        with soundfile.SoundFile(
            made, "w", 24_000, 1, "PCM_16", format="FLAC", compression_level=level
        ) as file:
            file.buffer_write(pcm, "int16")
        return made.getvalue()

    return encode


def cost_ms(work: Callable[[bytes], object], sentences: Sequence[bytes]) -> float:
    """Processor time of `work` for all of them."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for sentence in sentences:
            work(sentence)
        took.append(time.process_time() - began)
    return 1_000 * median(took)


def compare(sentences: Sequence[bytes]) -> None:
    """Print what each encoder takes and makes."""
    ways: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("FFmpeg", lambda pcm: encoded(pcm, "flac")),
        ("ours", lambda pcm: encode(pcm, "flac")),
        *((f"level {level:g}", at_level(level)) for level in LEVELS),
    ]
    for name, way in ways:
        files = [way(pcm) for pcm in sentences]
        say(
            f"{name:12} encode {cost_ms(way, sentences):5.1f} ms"
            f"   decode {cost_ms(decode, files):5.1f} ms"
            f"   {sum(map(len, files)) / 1_000:6.0f} kB"
        )


async def in_background(sentences: Sequence[bytes]) -> None:
    """Print what the encoder's process and the server take for it, without the commits."""
    with tempfile.TemporaryDirectory() as folder:
        stored = Stored(Path(folder, "narration.db"))
        encoder = RecordingEncoder(stored, stored.path, look_seconds=0.01)
        stored.add(wav_file(sentences[0]))
        encoder.start()
        await stored.all_but()
        pid = await appeared("narration.encoding.child")
        stored.add(*(wav_file(pcm) for pcm in sentences for _ in range(TIMES)))
        stored.commits = False
        child, server = ticks(pid), time.process_time()
        async with asyncio.timeout(600):
            while sum(map(len, stored.batches)) <= TIMES * len(sentences):
                await asyncio.sleep(0.05)
        server = 1_000 * (time.process_time() - server) / TIMES
        child = 1_000 * (ticks(pid) - child) / TIMES
        say(f"in the background: process {child:.1f} ms, server {server:.1f} ms")
        say(f"the process takes {memory_mb(pid):.0f} MB")
        await encoder.aclose()
        stored.close()


def ticks(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """What a process has in memory, shared libraries included."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    sentences = asyncio.run(spoken())
    pcm = sum(map(len, sentences))
    say(f"{len(sentences)} sentences, {pcm / 48_000:.0f} s, {pcm / 1_000:.0f} kB of PCM")
    compare(sentences)
    asyncio.run(in_background(sentences))


if __name__ == "__main__":
    main()
