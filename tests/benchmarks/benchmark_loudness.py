"""How even the embedded voice becomes, what that costs, and how much later sound begins.

Run in the project's folder: `PYTHONPATH=. python tests/benchmarks/benchmark_loudness.py`.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from array import array
from collections.abc import AsyncGenerator
from statistics import fmean, median, pstdev

from narration.audio import Transcoder, duration_ms, slices
from narration.audio.loudness import Amplifier, LoudnessMeter
from narration.config import LoudnessConfig, ProviderConfig, SpeechConfig
from narration.speech import Audio, SpeechRequest
from narration.speech.opening import open_provider
from narration.speech.policy.levelled import levelled
from narration.speech.policy.voice_level import VoiceLevel

STORY = """The lamp went out at nine. | Nobody in the house said a word about it. |
"Who is there?" asked Mara. | Only the rain answered her, softly at first. | No. | Yes! |
She waited. | The keeper climbed the stairs, and counted them under his breath. |
Chapter One | It was a bright cold day in April, and the clocks were striking thirteen. |
"Run!" he shouted. | They ran. | Down the long corridor, past the portraits of people whose
names nobody remembered any more, and out into the yard where the horses stood in the rain. |
Why? | Because, she said, there was nothing left to be done. | He laughed. | The old man
looked at the sea for a long time before he spoke. | "I have never told this to anyone," he
whispered, "and I never shall again." | Silence. | Then, far away, a bell began to ring, once,
twice, three times. | Mara counted. | Four. | "It is not the hour," she said; "it is a
warning." | The door opened by itself. | Behind it stood a boy of perhaps ten years, wet to
the skin, holding a lantern that gave no light at all. | "Please," said the boy. | "May I come
in?" | Nobody moved, for everyone in that room knew him, and knew that he had drowned eleven
winters ago. | Come in, then, said Mara. | And she shut the door behind him."""
STREAMED_MS = 100
ROUNDS = 5


async def pieces(pcm: bytes, ms: int) -> AsyncGenerator[Audio]:
    for piece in slices(pcm, ms):
        yield Audio(piece)


def loudness(pcm: bytes) -> float:
    meter = LoudnessMeter()
    meter.feed(pcm)
    return math.nan if meter.lufs is None else meter.lufs


def changed(pcm: bytes, gain_db: float) -> bytes:
    amplifier = Amplifier(gain_db, 0.0)
    return amplifier.feed(pcm) + amplifier.finish()


def shown(sentences: list[bytes]) -> str:
    lufs = [loudness(pcm) for pcm in sentences]
    peak = max(max(map(abs, array("h", pcm))) for pcm in sentences)
    return (
        f"{fmean(lufs):6.1f} LUFS ± {pstdev(lufs):.2f} "
        f"({min(lufs):.1f} to {max(lufs):.1f}), peak {20 * math.log10(peak / 32_768):.1f} dBFS"
    )


async def tell(
    name: str, spoken: list[bytes], transcoder: Transcoder, *, streams: bool
) -> None:
    """Level the sentences as one voice's, as often as it takes to know the cost."""
    level, out, first = VoiceLevel(), list[bytes](), list[float]()
    began = time.process_time()
    for number in range(ROUNDS):
        for pcm in spoken:
            asked, parts = time.perf_counter(), list[bytes]()
            source = pieces(pcm, STREAMED_MS if streams else 500)
            async for piece in levelled(
                source, level, LoudnessConfig(), transcoder, streams=streams
            ):
                if not parts:
                    first.append((time.perf_counter() - asked) * 1_000)
                parts.append(piece.pcm)
            if number == 0:
                out.append(b"".join(parts))
    cpu_ms = (time.process_time() - began) * 1_000
    seconds = ROUNDS * sum(map(duration_ms, spoken)) / 1_000
    say(f"{name}\n   before {shown(spoken)}\n   after  {shown(out)}")
    say(
        f"   {cpu_ms / seconds:.2f} ms of processor time for a second of audio; "
        f"the first piece comes {median(first):.2f} ms later (at most {max(first):.2f})"
    )


async def main() -> None:
    spoken = []
    async with open_provider("embedded", ProviderConfig(), SpeechConfig()) as provider:
        speech = provider.speech
        for text in STORY.replace("\n", " ").split(" | "):
            said = speech.synthesize(SpeechRequest(text, speech.default_voice))
            spoken.append(b"".join([piece.pcm async for piece in said]))
    transcoder = Transcoder()
    say(f"{len(spoken)} sentences, {sum(map(duration_ms, spoken)) / 1_000:.0f} s")
    await tell("as it is: whole", spoken, transcoder, streams=False)
    uneven = [changed(pcm, 3 * math.sin(number)) for number, pcm in enumerate(spoken)]
    await tell("made uneven by 3 dB: whole", uneven, transcoder, streams=False)
    await tell("as if it streamed", spoken, transcoder, streams=True)
    soft = [changed(pcm, -8.0) for pcm in spoken]
    await tell("8 dB softer, as if it streamed", soft, transcoder, streams=True)
    transcoder.close()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    asyncio.run(main())
