"""The keyboard alone is enough for a whole visit, and the focus is seen and never lost."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.complaints import Complaints
from tests.browser.editor import stored_edits, wait_until_saved
from tests.browser.gateway import BrowserGateway
from tests.support.gateway_jobs import upload
from tests.support.made_transcripts import said

pytestmark = pytest.mark.slow

FOCUSED = "document.activeElement"
NAME = f"""() => {{
  const label = {FOCUSED}.getAttribute('aria-label') ?? {FOCUSED}.labels?.[0]?.textContent;
  return (label ?? {FOCUSED}.textContent).trim();
}}"""
IS_SEEN = f"""() => {{
  const {{ outlineStyle, outlineWidth }} = getComputedStyle({FOCUSED});
  return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
}}"""
IS_LOST = f"() => {FOCUSED} === document.body"
HAS_FOCUS = f"() => {FOCUSED} !== document.body"
MAX_STOPS = 80
"""Presses of Tab after which something counts as out of reach."""


def tab_to(page: Any, name: str) -> None:
    """Presses Tab until what has this name has the focus, which must be seen at each stop."""
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(IS_LOST):
            continue  # between the end of the page and its beginning is the browser
        assert page.evaluate(IS_SEEN), page.evaluate(NAME)
        if page.evaluate(NAME) == name:
            return
    raise AssertionError(f"Tab does not lead to {name}.")


def press(page: Any, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")


def test_a_recording_is_found_named_corrected_and_downloaded_by_the_keyboard(
    page: Any, gateway: BrowserGateway
) -> None:
    sentences = [said("S1", "Good mourning."), said("S2", "The bridge is open.")]
    made = gateway.make_recording("Talk.wav", sentences=sentences)
    page.goto("/")
    page.get_by_role("link", name="Talk.wav").wait_for()
    press(page, "Talk.wav")
    page.get_by_role("switch", name="Edit").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("mourning")
    page.get_by_text("1 of 1", exact=True).wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate(NAME) == "mourning."
    page.keyboard.press("e")
    page.locator(".word-field").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("morning.")
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert page.evaluate(NAME) == "morning."
    tab_to(page, "Name of Speaker 1")
    page.keyboard.type("Anna")
    page.keyboard.press("Tab")
    page.locator(".paragraphs").get_by_text("Anna").wait_for()
    wait_until_saved(page)
    edits = stored_edits(gateway, made)
    assert (edits["speakers"], edits["words"]) == ({"S1": "Anna"}, {"1": "morning."})
    undo_all(page)
    page.wait_for_function(HAS_FOCUS)
    assert page.evaluate(NAME) == "Redo"
    press(page, "Download")
    page.get_by_role("dialog", name="Download").wait_for()
    with page.expect_download() as waiting:
        press(page, "SubRipFor most video programs")
    assert waiting.value.suggested_filename == "Talk.srt"
    page.keyboard.press("Escape")
    assert page.evaluate(NAME) == "Download"


def undo_all(page: Any) -> None:
    """Presses Undo until there is nothing more to undo."""
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Undo", disabled=True).wait_for()


def test_the_focus_stays_with_a_list_of_the_settings_that_is_drawn_anew(
    page: Any, gateway: BrowserGateway
) -> None:
    gateway.stores.keys.create("Old phone", ("read",), "", None)
    (key,) = [key for key in gateway.stores.keys.list() if key.name == "browser"]
    gateway.stores.webhooks.create("https://example.org/hook", "", (), "", key.key_id)
    page.goto("/")
    press(page, "Settings")
    page.get_by_text("https://example.org/hook").wait_for()
    press(page, "Revoke Old phone")
    press(page, "Revoke")
    page.get_by_text("“Old phone” was revoked.").wait_for()
    page.get_by_label("Revoke Old phone").wait_for(state="detached")
    page.wait_for_function(HAS_FOCUS)
    assert page.evaluate(NAME) == "Revoke browser"
    more = "More for https://example.org/hook"
    press(page, more)
    choose(page, "New secret…")
    page.get_by_role("dialog", name="Replace the secret?").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="The new secret").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function(HAS_FOCUS)
    assert page.evaluate(NAME) == more
    page.keyboard.press("Enter")
    choose(page, "Delete…")
    press(page, "Delete")
    page.get_by_text("There are none.").wait_for()
    page.wait_for_function(HAS_FOCUS)
    assert page.evaluate(NAME) == "New webhook"


def choose(page: Any, action: str) -> None:
    """Chooses from an open menu."""
    while page.evaluate(NAME) != action:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_the_focus_stays_near_an_upload_that_goes(
    page: Any, gateway: BrowserGateway, complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expect("status of 409")
    upload(gateway.stores, "Talk.wav")
    file = tmp_path / "Talk.wav"
    file.write_bytes(b"sound")
    page.on("filechooser", lambda chooser: chooser.set_files(str(file)))
    page.goto("/")
    page.get_by_text("Nothing is here yet").wait_for()
    press(page, "Choose files")
    page.get_by_role("button", name="Dismiss").wait_for()
    press(page, "Dismiss")
    page.get_by_role("button", name="Dismiss").wait_for(state="detached")
    page.wait_for_function(HAS_FOCUS)
    assert page.evaluate(NAME) == "Choose files"
