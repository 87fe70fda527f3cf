"""Keys and webhooks are made, shown once and ended in the settings."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway

pytestmark = pytest.mark.slow

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def entry(page: Any, text: str) -> Any:
    return page.get_by_role("listitem").filter(has_text=text)


def test_a_key_is_made_shown_once_and_revoked(page: Any, gateway: BrowserGateway) -> None:
    page.goto("/?view=settings")
    page.get_by_role("button", name="New key").click()
    page.keyboard.type("Anna's laptop")
    page.get_by_label("Folder").fill("team-a/")
    page.get_by_label("Erase recordings").check()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="The key “Anna's laptop”").wait_for()
    secret = page.locator("#secret").input_value()
    made = gateway.stores.keys.find(secret)
    assert made is not None
    assert (made.folder, made.scopes) == ("team-a/", ("erase", "read", "write"))
    page.keyboard.press("Escape")
    assert secret not in page.content()
    entry(page, "Anna's laptop").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    entry(page, "Anna's laptop").get_by_text("revoked").wait_for()
    assert gateway.stores.keys.find(secret) is None


def test_a_refused_key_says_why_and_keeps_what_was_typed(
    page: Any, complaints: Complaints, gateway: BrowserGateway
) -> None:
    complaints.expect("status of 4")
    page.goto("/?view=settings")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("late")
    page.get_by_label("Valid until").fill("2001-01-01")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("alert").get_by_text("is in the past").wait_for()
    assert page.get_by_label("Name").input_value() == "late"
    assert [key.name for key in gateway.stores.keys.list()] == ["browser"]


def test_a_webhook_is_made_tried_paused_and_deleted(page: Any, gateway: BrowserGateway) -> None:
    page.goto("/?view=settings")
    page.get_by_role("button", name="New webhook").click()
    page.keyboard.type("https://example.org/hook")
    page.get_by_label("Description").fill("<b>Archive</b>")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="The webhook's secret").wait_for()
    assert page.locator("#secret").input_value().startswith("whsec_")
    page.keyboard.press("Escape")
    hook = entry(page, "example.org")
    assert hook.get_by_text("<b>Archive</b>").is_visible()
    choose(page, hook, "Send a test")
    page.get_by_role("button", name="See what came of it").click()
    page.get_by_role("dialog", name="Deliveries").get_by_text("will be tried").wait_for()
    page.keyboard.press("Escape")
    choose(page, hook, "New secret…")
    page.get_by_role("button", name="Replace").click()
    page.get_by_role("dialog", name="The new secret").wait_for()
    page.keyboard.press("Escape")
    (key,) = gateway.stores.keys.list()
    gateway.stores.webhooks.pause_those_of(key.key_id)
    page.reload()
    hook.get_by_text("Paused: the key that it belongs to was revoked").wait_for()
    choose(page, hook, "Resume")
    hook.get_by_text("Paused").wait_for(state="detached")
    choose(page, hook, "Delete…")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("There are none.").wait_for()


def choose(page: Any, hook: Any, action: str) -> None:
    hook.get_by_role("button", name="More for").click()
    hook.get_by_role("button", name=action).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_settings_are_accessible_and_whole(
    new_page: Callable[..., Any],
    axe: Callable[[Any], list[Violation]],
    gateway: BrowserGateway,
    scheme: str,
) -> None:
    keys = gateway.stores.keys
    old, _ = keys.create("Old phone", ("read",), "team-a/" * 8, None)
    keys.revoke(old.key_id)
    (key,) = [key for key in keys.list() if key.name == "browser"]
    gateway.stores.webhooks.create("https://example.org/hook", "", (), "", key.key_id)
    page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto("/?view=settings")
    page.get_by_text("Version").wait_for()
    page.get_by_text("5.0 GB").wait_for()
    entry(page, "example.org").wait_for()
    assert axe(page) == []
    assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("button", name="New key").click()
    assert axe(page) == []
