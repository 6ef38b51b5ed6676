"""The reader's choice of who speaks."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.page.browser import Reader, open_page
from tests.page.scripted_server import ScriptedServer
from tests.page.scripted_voices import service

pytestmark = [pytest.mark.page, pytest.mark.asyncio(loop_scope="session")]

OWN = "A server of your own"


async def test_where_there_is_one_service_only_its_voice_is_chosen(
    reader: Reader, server: ScriptedServer
) -> None:
    await _open(reader)
    voice = _select(reader, "Voice")
    await expect(voice.locator("option")).to_have_text(
        ["The service's own choice (Heart)", "Heart", "Sky", "Another…"]
    )
    await expect(voice).to_have_value("heart")
    await expect(_select(reader, "Service")).to_be_hidden()
    await voice.select_option("Sky")
    await _save(reader)
    assert server.settings["default_voice"] == "sky"
    assert server.settings["provider"] == ""


async def test_another_service_brings_its_own_voices_speeds_and_parameters(
    reader: Reader, server: ScriptedServer
) -> None:
    _add_studio(server)
    server.settings["speech_speed"] = 1.8
    await _open(reader)
    page = reader.page
    await expect(page.get_by_text("More")).to_be_hidden()
    await expect(_select(reader, "Service").locator("option")).to_have_text(
        ["Kokoro", "studio (Chatterbox)"]
    )
    await _select(reader, "Service").select_option("studio")
    await expect(_select(reader, "Voice").locator("option")).to_have_text(
        ["The service's own choice", "Emily", "Another…"]
    )
    await expect(page.get_by_text("1.5×")).to_be_visible()
    await _select(reader, "Voice").select_option("Emily")
    await page.get_by_text("More").click()
    await page.get_by_label("exaggeration").fill("0.7")
    await page.get_by_label("style").fill("warm")
    await _save(reader)
    saved = {"provider": "studio", "default_voice": "emily", "speech_speed": 1.5}
    saved["extra_params"] = {"exaggeration": 0.7, "style": "warm"}
    assert server.settings == server.settings | saved

    await reader.press("Settings")
    await expect(_select(reader, "Service")).to_have_value("studio")
    await expect(_select(reader, "Voice")).to_have_value("emily")
    await page.get_by_text("More").click()
    await expect(page.get_by_label("exaggeration")).to_have_value("0.7")


async def test_parameters_of_one_service_are_not_sent_to_another(
    reader: Reader, server: ScriptedServer
) -> None:
    _add_studio(server)
    server.settings |= {"provider": "studio", "extra_params": {"exaggeration": 0.7}}
    await _open(reader)
    await _select(reader, "Service").select_option("kokoro")
    await _save(reader)
    assert server.settings["extra_params"] == {}


async def test_a_choice_survives_a_look_at_another_service(
    reader: Reader, server: ScriptedServer
) -> None:
    _add_studio(server)
    await _open(reader)
    await _select(reader, "Voice").select_option("Sky")
    await _select(reader, "Service").select_option("studio")
    await expect(_select(reader, "Voice")).to_have_value("")
    await _select(reader, "Service").select_option("kokoro")
    await expect(_select(reader, "Voice")).to_have_value("sky")


async def test_a_service_without_a_choice_of_speed_offers_none_and_keeps_the_readers(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.providers[0]["speeds"] = [1.0, 1.0]
    server.settings["speech_speed"] = 1.3
    await _open(reader)
    await expect(reader.page.get_by_label("Speed")).to_be_hidden()
    await _save(reader)
    assert server.settings["speech_speed"] == 1.3


async def test_while_voices_are_loading_that_is_said_and_the_rest_can_be_saved(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.answer.clear()
    server.settings |= {"provider": "kokoro", "extra_params": {"a": 1}}
    await reader.go()
    await reader.press("Settings")
    await expect(reader.page.get_by_text("Loading the voices…")).to_be_visible()
    before = server.settings | {"min_sentence_length": 5}
    await reader.page.get_by_label("Shortest sentence").fill("5")
    await _save(reader)
    assert server.settings == before


async def test_only_the_service_that_was_chosen_last_shows_its_voices(
    reader: Reader, server: ScriptedServer
) -> None:
    _add_studio(server)
    await _open(reader)
    server.voices.answer.clear()
    await _select(reader, "Service").select_option("studio")
    await expect(reader.page.get_by_text("Loading the voices…")).to_be_visible()
    async with reader.page.expect_event(
        "requestfailed", lambda request: request.url.endswith("provider=studio")
    ):
        await _select(reader, "Service").select_option("kokoro")
    server.voices.answer.set()
    await expect(_select(reader, "Voice")).to_have_value("heart")
    await expect(reader.page.get_by_text("Emily")).to_have_count(0)


async def test_voices_that_cannot_be_told_are_written_by_name_or_asked_for_again(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.errors["kokoro"] = "kokoro: nobody answers. Is it running?"
    await reader.go()
    await reader.press("Settings")
    page = reader.page
    await expect(page.get_by_role("alert").get_by_text("Is it running?")).to_be_visible()
    await expect(page.get_by_label("Name of the voice")).to_have_value("heart")
    await page.get_by_label("Name of the voice").fill("sky")
    await reader.press("Try again")
    await expect(page.get_by_role("alert").get_by_text("Is it running?")).to_be_visible()
    await expect(page.get_by_label("Name of the voice")).to_have_value("sky")
    server.voices.errors.clear()
    await reader.press("Try again")
    await expect(_select(reader, "Voice")).to_have_value("sky")
    await expect(page.get_by_text("Is it running?")).to_be_hidden()


async def test_without_an_answer_about_voices_nothing_that_was_saved_is_lost(
    browser: Browser, server: ScriptedServer
) -> None:
    server.refuse["/api/voices"] = "The server has a fault."
    server.settings |= {"provider": "kokoro", "extra_params": {"a": 1}}
    before = dict(server.settings)
    async with open_page(browser, server.url) as reader:
        await reader.go()
        await reader.press("Settings")
        await expect(reader.page.get_by_text("The server has a fault.")).to_be_visible()
        await _save(reader)
    assert server.settings == before


async def test_a_mix_of_voices_is_written_by_name(
    reader: Reader, server: ScriptedServer
) -> None:
    await _open(reader)
    await _select(reader, "Voice").select_option("Another…")
    name = reader.page.get_by_label("Name of the voice")
    await expect(name).to_be_focused()
    await name.fill("heart+sky")
    await _save(reader)
    assert server.settings["default_voice"] == "heart+sky"
    await reader.press("Settings")
    await expect(name).to_have_value("heart+sky")


async def test_a_server_of_the_readers_own_is_saved_and_its_voices_are_listed_then(
    reader: Reader, server: ScriptedServer
) -> None:
    url = "https://tts.example.org"
    server.voices.own_servers = "public"
    server.voices.voices[url] = {"emily": "Emily"}
    await _open(reader)
    page = reader.page
    await _select(reader, "Service").select_option(label=OWN)
    await expect(page.get_by_label("instructions")).to_be_attached()
    await page.get_by_label("Kind of server").select_option("Chatterbox")
    await expect(page.get_by_label("exaggeration")).to_be_attached()
    await page.get_by_label("Address").fill("tts")
    await reader.press("Save")
    await expect(page.get_by_label("Address")).to_be_focused()
    await page.get_by_label("Address").fill(url)
    await page.get_by_label("Key", exact=True).fill("s3cret")
    await page.get_by_label("Waiting time").fill("12")
    await _save(reader)
    assert server.settings == server.settings | {
        "provider": "",
        "provider_type": "chatterbox",
        "api_url": url,
        "timeout_seconds": 12,
        "default_voice": "",
    }
    assert server.api_key == "s3cret"

    await reader.press("Settings")
    await expect(_select(reader, "Voice").locator("option")).to_contain_text(["Emily"])
    await expect(page.get_by_label("Kind of server")).to_have_value("chatterbox")
    await _select(reader, "Voice").select_option("Emily")
    await _select(reader, "Service").select_option("kokoro")
    await expect(page.get_by_label("Address")).to_be_hidden()
    await _save(reader)
    assert server.settings == server.settings | {
        "provider": "kokoro",
        "provider_type": "",
        "api_url": "",
    }


async def test_a_saved_key_is_never_shown_stays_when_left_alone_and_can_be_removed(
    reader: Reader, server: ScriptedServer
) -> None:
    server.voices.own_servers = "any"
    server.settings |= {"provider_type": "openai", "api_url": "http://10.0.0.5"}
    server.settings["extra_params"] = {"a": 1}
    await _open(reader)
    page = reader.page
    key = page.get_by_label("Key", exact=True)
    await expect(page.get_by_text("No key is saved.")).to_be_visible()
    await expect(page.get_by_label("Remove the saved key")).to_be_hidden()
    await reader.press("Cancel")

    server.api_key = "s3cret"
    await reader.press("Settings")
    await expect(page.get_by_text("A key is saved.")).to_be_visible()
    await expect(key).to_have_value("")
    await expect(key).to_have_attribute("type", "password")
    await page.get_by_label("Address").fill("http://10.0.0.6")
    await expect(page.get_by_text("The saved key stays with the address")).to_be_visible()
    await page.get_by_label("Address").fill("http://10.0.0.5")
    await expect(page.get_by_text("A key is saved.")).to_be_visible()
    await _save(reader)
    assert server.api_key == "s3cret"
    # This page does not know what they are for.
    assert server.settings["extra_params"] == {"a": 1}

    await reader.press("Settings")
    await page.get_by_label("Remove the saved key").check()
    await expect(key).to_be_disabled()
    await _save(reader)
    assert server.api_key == ""


async def test_a_server_of_ones_own_is_not_offered_where_it_is_not_allowed(
    reader: Reader, server: ScriptedServer
) -> None:
    _add_studio(server)
    await _open(reader)
    await expect(_select(reader, "Service").locator("option")).to_have_count(2)
    server.voices.own_servers = "public"
    await reader.press("Cancel")
    await reader.press("Settings")
    await expect(_select(reader, "Service").locator("option")).to_have_count(3)


@pytest.mark.parametrize(
    "gone",
    [
        {"provider": "attic"},
        {"provider_type": "openai", "api_url": "http://10.0.0.5"},
    ],
)
async def test_a_service_that_is_not_offered_any_more_is_left_for_the_usual_one(
    reader: Reader, server: ScriptedServer, gone: dict[str, str]
) -> None:
    _add_studio(server)
    server.settings |= {"extra_params": {"a": 1}} | gone
    server.available = False
    await _open(reader)
    await expect(reader.page.get_by_text("not offered any more")).to_be_visible()
    await expect(_select(reader, "Service")).to_have_value("kokoro")
    await expect(_select(reader, "Voice")).to_have_value("")
    await _save(reader)
    assert server.settings == server.settings | {
        "provider": "",
        "provider_type": "",
        "api_url": "",
        "extra_params": {},
        "default_voice": "",
    }


async def test_what_the_server_does_not_like_is_said_at_its_field_and_nothing_is_lost(
    browser: Browser, server: ScriptedServer
) -> None:
    server.voices.own_servers = "public"
    message = "api_url: the address is not one of the public internet"
    server.refuse["PUT /api/settings/tts"] = message
    async with open_page(browser, server.url) as reader:
        await _open(reader)
        page = reader.page
        await _select(reader, "Service").select_option(label=OWN)
        address = page.get_by_label("Address")
        await address.fill("http://10.0.0.5")
        await reader.press("Save")
        await expect(address).to_be_focused()
        await expect(address).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#api_url-trouble")).to_have_text(message)
        await expect(page.get_by_text(message)).to_have_count(1)

        server.refuse["PUT /api/settings/tts"] = "The disk is full."
        await address.fill("https://tts.example.org")
        await expect(page.get_by_text(message)).to_be_hidden()
        await reader.press("Save")
        await expect(page.get_by_text("The disk is full.")).to_be_visible()
        server.refuse.clear()
        await _save(reader)
    assert server.settings["api_url"] == "https://tts.example.org"


async def test_what_is_wrong_with_a_folded_parameter_unfolds_it(
    browser: Browser, server: ScriptedServer
) -> None:
    _add_studio(server)
    server.settings |= {"provider": "studio", "default_voice": ""}
    message = "extra_params: studio takes no exaggeration of that size"
    server.refuse["PUT /api/settings/tts"] = message
    async with open_page(browser, server.url) as reader:
        await _open(reader)
        await expect(reader.page.get_by_label("exaggeration")).to_be_hidden()
        await reader.press("Save")
        await expect(reader.page.get_by_label("exaggeration")).to_be_focused()
        await expect(reader.page.get_by_text(message)).to_be_visible()


async def test_the_keyboard_goes_through_the_form_from_top_to_bottom(
    reader: Reader, server: ScriptedServer
) -> None:
    _add_studio(server)
    server.settings |= {"provider": "studio", "default_voice": ""}
    await _open(reader)
    await _select(reader, "Service").focus()
    names: list[str] = []
    for _ in range(7):
        names.append(
            await reader.page.evaluate(
                "() => document.activeElement.labels?.[0]?.firstChild.textContent"
                " ?? document.activeElement.textContent"
            )
        )
        await reader.page.keyboard.press("Tab")
    assert names == [
        *("Service", "Voice", "Speed ", "More", "Listen", "Shortest sentence", "Save")
    ]


def _add_studio(server: ScriptedServer) -> None:
    params = ["exaggeration", "style"]
    studio = service("studio", "Chatterbox", speeds=[0.8, 1.5], params=params)
    server.voices.providers.append(studio)
    server.voices.voices["studio"] = {"emily": "Emily"}


async def _open(reader: Reader) -> None:
    """The settings, once it is known who may speak."""
    await reader.go()
    await reader.press("Settings")
    await expect(reader.page.get_by_role("dialog")).to_be_visible()
    await expect(reader.page.get_by_text("Loading the voices…")).to_be_hidden()


async def _save(reader: Reader) -> None:
    await reader.press("Save")
    await expect(reader.page.get_by_role("dialog")).to_be_hidden()


def _select(reader: Reader, label: str) -> Locator:
    return reader.page.get_by_label(label, exact=True)
