"""Carries a scene from the server to screen, file and speaker, and a listener's keys back."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from narration.events import (
    AudioChunk,
    Event,
    GenerationComplete,
    Paused,
    Resumed,
    SentenceSkipped,
    Skipped,
    TextChunk,
)
from web.http_calls import RefusedByServer
from web.keyboard import Key
from web.live_scene import LiveScene
from web.player import Player
from web.screen import Screen
from web.speaker import Place, Speaker
from web.told import Told

__all__ = ["Telling"]

_TICK_SECONDS = 0.05
_REPORT_SECONDS = 0.5
_RESTART_MS = 2_000
"""Who goes back so soon after a sentence has begun means the one before."""

_LOST = "connection lost, reconnecting ..."
_KEYS = "space: pause  n, p: next, back  q: stop"


class Telling:
    """Tells the scene in `live`; with a `player` in real time, else as fast as it comes."""

    def __init__(
        self,
        live: LiveScene,
        told: Told,
        screen: Screen,
        player: Player | None,
        *,
        show_sentences: bool,
    ) -> None:
        self._live = live
        self._told = told
        self._screen = screen
        self._player = player
        self._speaker = Speaker(player, time.monotonic, told.keep) if player else None
        self._show_sentences = show_sentences
        self._reported: Place | None = None
        self._report_at = 0.0
        self._scene_ms = 0.0

    async def run(self) -> None:
        """Return when all has been told, and heard but for what the player still has."""
        listening = asyncio.create_task(self._listen())
        try:
            while not listening.done():
                await self._tick()
            listening.result()
            while not self._heard_out():
                await self._tick()
        finally:
            listening.cancel()
            await asyncio.wait({listening})

    def press(self, key: Key) -> None:
        """Do what a key is for."""
        speaker = self._speaker
        if speaker is None:
            return
        match key:
            case "hold" if speaker.paused:
                self._live.resume()
                speaker.hold(False)
            case "hold":
                self._live.pause()
                speaker.hold(True)
            case "next":
                current = self._current(speaker)
                self._go_to(speaker, None if current is None else current + 1)
            case "back" if (current := self._current(speaker)) is not None:
                place = speaker.place
                begun = place is not None and place.position_ms >= _RESTART_MS
                restart = begun and self._live.skipping_to is None
                self._go_to(speaker, current if restart else max(current - 1, 0))
            case _:
                pass

    def _current(self, speaker: Speaker) -> int | None:
        asked = self._live.skipping_to
        return speaker.sentence if asked is None else asked

    def _go_to(self, speaker: Speaker, sentence: int | None) -> None:
        if not self._live.ended:
            self._live.skip(sentence)  # It is done when the server confirms it.
        elif sentence is not None:
            speaker.skip_to(sentence)

    async def _listen(self) -> None:
        try:
            async with aclosing(self._live.listen()) as events:
                async for event in events:
                    self._take(event)
        except RefusedByServer as error:
            self._told.troubles.append(str(error))  # What has come is heard all the same.

    def _take(self, event: Event) -> None:
        self._show(event)
        self._told.take(event)
        match event:
            case AudioChunk() if isinstance(event.audio, bytes):
                self._sound(event, event.audio)
            case Skipped() if self._speaker is not None:
                self._speaker.skip(event.sentence_number, again=event.again)
            case Paused() | Resumed() if self._speaker is not None:
                # Maybe asked for elsewhere; or by us, and we have changed our mind since.
                self._speaker.hold(self._live.paused)
            case _:
                pass

    def _sound(self, chunk: AudioChunk, pcm: bytes) -> None:
        if self._speaker is not None:
            number = chunk.sentence_number
            self._speaker.add(number, chunk.chunk_number, pcm, chunk.start_ms)
        else:
            self._told.keep(pcm)
            self._take_as_heard()

    def _take_as_heard(self) -> None:
        if self._told.reached is not None:
            self._live.playback(*self._told.reached)

    def _show(self, event: Event) -> None:
        match event:
            case TextChunk() if not self._show_sentences:
                self._screen.say(event.text)
            case GenerationComplete() if not self._show_sentences:
                self._screen.say("\n")
            case AudioChunk() | SentenceSkipped() if self._show_sentences:
                if self._told.is_new(event.sentence_number):
                    self._screen.say(_listed(event))
            case _:
                pass

    async def _tick(self) -> None:
        self._advance()
        await asyncio.sleep(_TICK_SECONDS)

    def _advance(self) -> None:
        speaker = self._speaker
        if speaker is None:
            self._screen.show(_LOST if self._live.lost else self._told.summary())
            return
        speaker.advance()
        if speaker.broken:
            self._do_without_speaker(speaker)
            return
        place = speaker.place
        if place is not None:
            self._scene_ms = place.scene_ms
            self._report(place, speaker.paused)
        self._screen.show(self._line(speaker))

    def _report(self, place: Place, paused: bool) -> None:
        now = time.monotonic()
        if now < self._report_at or (paused and place == self._reported):
            return
        self._report_at, self._reported = now + _REPORT_SECONDS, place
        self._live.playback(place.sentence, place.position_ms)

    def _line(self, speaker: Speaker) -> str:
        minutes, seconds = divmod(int(self._scene_ms / 1_000), 60)
        state = "paused" if speaker.paused else "waiting" if speaker.empty else "playing"
        if self._live.lost:
            state = _LOST
        return f"{state} {minutes}:{seconds:02}, {self._told.words}   {_KEYS}"

    def _heard_out(self) -> bool:
        return self._speaker is None or (self._speaker.empty and not self._speaker.paused)

    def _do_without_speaker(self, speaker: Speaker) -> None:
        """The player has ended by itself: the scene is told all the same."""
        assert self._player is not None
        self._told.troubles.append(self._player.complaint())
        self._told.keep(speaker.take_rest())
        self._speaker = None
        self._take_as_heard()
        if self._live.paused:
            self._live.resume()


def _listed(sentence: AudioChunk | SentenceSkipped) -> str:
    place = f"{sentence.start}-{sentence.end}"
    shown = " ".join(sentence.sentence_text.split())
    remark = f"  ({sentence.reason})" if isinstance(sentence, SentenceSkipped) else ""
    return f"{sentence.sentence_number:>4}  {place:<11}  {shown}{remark}\n"
