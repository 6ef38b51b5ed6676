"""Users and their settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from narration.errors import NotFound
from narration.store import Store
from narration.store.cache import Cache
from narration.store.tables import tts_settings
from narration.story import TTSSettings

CHOSEN = TTSSettings(
    tts_enabled=False,
    auto_play_last_scene=True,
    realtime_tts_enabled=True,
    min_sentence_length=33,
    provider="kokoro",
    provider_type="openai",
    api_url="http://localhost:8880/v1",
    api_key="secret",
    timeout_seconds=12.5,
    extra_params={"exaggeration": 0.7, "nested": {"list": [1, None, "ü"]}},
    default_voice="af_heart",
    speech_speed=1.25,
)


async def test_a_name_is_one_user_however_many_ask_at_once(store: Store) -> None:
    ids = await asyncio.gather(*(store.user("ann") for _ in range(20)))
    assert len(set(ids)) == 1
    assert await store.user("Ann") != ids[0]


async def test_a_new_user_has_the_defaults(store: Store, ann: int) -> None:
    assert await store.tts_settings(ann) == TTSSettings()


async def test_settings_are_kept_whole_and_for_their_user(
    store: Store, ann: int, ben: int, tmp_path: Path
) -> None:
    for name in TTSSettings.__struct_fields__:
        assert getattr(CHOSEN, name) != getattr(TTSSettings(), name), name
    await store.put_tts_settings(ann, CHOSEN)
    assert await store.tts_settings(ann) == CHOSEN
    assert await store.tts_settings(ben) == TTSSettings()
    again = await Store.open(tmp_path / "narration.db")
    assert await again.tts_settings(await again.user("ann")) == CHOSEN
    await again.put_tts_settings(ann, TTSSettings())
    await again.close()
    anew = await Store.open(tmp_path / "narration.db")
    assert await anew.tts_settings(ann) == TTSSettings()
    await anew.close()


def test_every_setting_has_its_column() -> None:
    columns = [column.name for column in tts_settings.c if column.name != "user_id"]
    assert sorted(columns) == sorted(TTSSettings.__struct_fields__)


@pytest.mark.parametrize("user_id", [999, 0, -1, 2**63, -(2**63) - 1, 2**200])
async def test_a_user_who_does_not_exist_has_no_settings(store: Store, user_id: int) -> None:
    with pytest.raises(NotFound):
        await store.tts_settings(user_id)
    with pytest.raises(NotFound):
        await store.put_tts_settings(user_id, TTSSettings())
    with pytest.raises(NotFound):
        await store.create_story(user_id, "t", "p", "en")


async def test_settings_that_were_changed_are_what_is_read_next_whoever_waits_for_it(
    store: Store, ann: int
) -> None:
    assert await store.tts_settings(ann) == TTSSettings()
    leaves = store.put_tts_settings(ann, CHOSEN)
    leaves.cancel()
    await store.put_tts_settings(ann, TTSSettings(tts_enabled=False))
    assert await store.tts_settings(ann) == TTSSettings(tts_enabled=False)
    with pytest.raises(NotFound):
        await store.put_tts_settings(999, CHOSEN)
    with pytest.raises(NotFound):
        await store.tts_settings(999)


async def test_settings_that_are_read_while_they_change_are_not_kept_as_they_were(
    store: Store, ann: int
) -> None:
    for number in range(30):
        chosen = TTSSettings(min_sentence_length=number)
        await asyncio.gather(
            store.tts_settings(ann),
            store.put_tts_settings(ann, chosen),
            store.tts_settings(ann),
        )
        assert await store.tts_settings(ann) == chosen


async def test_more_users_than_are_at_hand_are_all_known(store: Store) -> None:
    cache: Cache[str, int] = Cache(2)
    for number, name in enumerate(["ann", "ben", "carl"]):
        cache.put(name, number + 1)
    assert [cache.get(name) for name in ("ann", "ben", "carl")] == [None, 2, 3]
    assert cache.get("ben") == 2
    assert (cache.put_found("ann", 1), cache.put_found("ann", 9)) == (1, 1)
    assert [cache.get(name) for name in ("ann", "ben", "carl")] == [1, 2, None]
