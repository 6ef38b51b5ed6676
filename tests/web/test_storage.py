"""`narration store` tells what there is, and `narration store prune` makes it less."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from narration.config import StoreConfig
from narration.store import Store
from narration.store.recordings import NewRecording
from narration.store.storage import MB
from narration.story import NarrationState, Occasion, Sentence, SpokenBy
from web.cli import main
from web.storage import prune, show

BY = SpokenBy(provider="embedded", voice="heart", speed=1.0, parameters="")
STATES = [NarrationState.COMPLETE] * 3 + [NarrationState.SPEAKING]


async def filled(path: Path, states: Sequence[NarrationState] = STATES) -> Store:
    """A store with scenes, each of which has one megabyte of audio, unused since 1970."""
    store = await Store.open(path)
    ann = await store.user("ann")
    story = await store.create_story(ann, "", "", "en")
    for state in states:
        scene = await store.create_scene(ann, story.id, "")
        narration = await store.start_narration(scene.id, BY, Occasion.DEMAND)
        sentence = Sentence(0, "Text.", "Text.", 0, 5, False)
        audio = NewRecording(user_id=ann, key=None, samples=1, crc=0, audio=bytes(MB))
        await store.save_sentence(narration, sentence, audio)
        if state is not NarrationState.SPEAKING:
            await store.finish_narration(narration, state)
    await asyncio.to_thread(let_time_pass, path)
    return store


def let_time_pass(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE narrations SET used_at = '1970-01-01 00:00:00.000000'")


async def test_pruning_keeps_to_the_limit_and_leaves_a_running_server_what_it_uses(
    tmp_path: Path,
) -> None:
    path = tmp_path / "narration.db"
    config = StoreConfig(path=str(path), max_audio_mb=3)
    server = await filled(path)
    ann = await server.user("ann")
    told = await prune(config)
    assert "audio of 1 narrations, 1.0 MB" in told
    assert "There are 3.0 MB of audio left" in told
    assert "more than" not in told
    # It plays the second: the last but one to go.
    await server.sentence_recording(ann, 2, 0)
    await server.keep_session("what is written later", ann, 2)
    told = await prune(config, 0)
    assert "audio of 1 narrations, 1.0 MB" in told
    assert "more than 0.0 MB: the rest is being spoken, or was used in the last" in told
    assert [bool(await server.sentences(ann, scene)) for scene in (1, 2, 3, 4)] == [
        False,
        True,
        False,
        True,
    ]
    await server.save_text(1, "The server goes on.")
    await server.close()
    assert 2 * MB < path.stat().st_size < 2.5 * MB


def test_the_command_shows_and_prunes_what_the_settings_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, settings = tmp_path / "it.db", tmp_path / "config.yaml"
    settings.write_text(f"store:\n  path: {path}\n  max_audio_mb: 1234\n")
    config = ["--config", str(settings)]
    assert main(["store", *config]) == 2
    assert f"there is no database {path}" in capsys.readouterr().err
    assert not path.exists()

    async def fill() -> None:
        await (await filled(path)).close()

    asyncio.run(fill())
    exported = tmp_path / "it.db.files"
    exported.mkdir()
    (exported / "scene.mp3").write_bytes(bytes(MB // 2))
    assert main(["store", *config]) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (shown["Stories"], shown["Scenes"], shown["Narrations"]) == ("1", "4", "4")
    assert shown["Audio"] == "4.0 of 1,234 MB, 4 sentences"
    assert shown["Database"].endswith(f"in {path}")
    assert shown["Exported"] == f"files  0.5 of 1,000 MB, in {exported}"
    assert main(["store", "prune", "--to", "2", *config]) == 0
    assert "There are 2.0 MB of audio left" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["--to", "5"], ["prune", "--to", "-1"], ["trim"]])
def test_what_the_command_does_not_know_is_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["store", *given])
    assert refused.value.code == 2


async def test_showing_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "narration.db"
    await (await filled(path)).close()
    before = path.read_bytes()
    await show(StoreConfig(path=str(path), max_audio_mb=1))
    assert path.read_bytes() == before
