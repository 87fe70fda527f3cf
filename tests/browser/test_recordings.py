"""The list of recordings is live, can be searched, and does with a recording what it says."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.model.contracts import Source
from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload
from tests.support.hostile_texts import HOSTILE_WORDS

SIZES = [{"width": 360, "height": 740}, {"width": 1600, "height": 900}]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def row(page: Any, name: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name))


def choose(page: Any, name: str, action: str) -> None:
    """Chooses an action of a recording with the keyboard."""
    row(page, name).get_by_role("button", name="More for").focus()
    page.keyboard.press("Enter")
    while page.evaluate("document.activeElement.textContent") != action:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def running_job(gateway: BrowserGateway, name: str) -> Source:
    source = upload(gateway.stores, name)
    begin(gateway.stores, source)
    return source


def test_a_job_is_followed_to_its_end(page: Any, gateway: BrowserGateway) -> None:
    done = done_job(gateway.stores, "first.wav")
    source = running_job(gateway, "team/second.wav")
    page.goto("/")
    second = row(page, "second.wav")
    second.get_by_text("Being transcribed").wait_for()
    second.get_by_role("progressbar").wait_for()
    assert row(page, "first.wav").get_by_text("Done").is_visible()
    finish(gateway.stores, source)
    second.get_by_text("Done").wait_for()
    assert second.get_by_role("progressbar").count() == 0
    assert page.get_by_text("second.wav: Done").count() == 1
    link = page.get_by_role("link", name="first.wav")
    assert link.get_attribute("href").endswith(f"?job={done.job_id}")


@pytest.mark.slow
def test_names_are_searched_and_states_chosen(page: Any, gateway: BrowserGateway) -> None:
    for number in range(60):
        done_job(gateway.stores, f"call {number:02}.wav")
    source = running_job(gateway, "Interview with Anna.wav")
    fail(gateway.stores, source)
    page.goto("/")
    links = page.locator(".job-name a")
    page.get_by_role("button", name="Show more").wait_for()
    assert links.count() == 50
    page.get_by_role("button", name="Show more").click()
    page.get_by_role("button", name="Show more").wait_for(state="detached")
    assert links.count() == 61
    page.get_by_label("Search by name").fill("ANNA")
    page.get_by_text("One recording").wait_for()
    assert links.all_inner_texts() == ["Interview with Anna.wav"]
    page.get_by_label("Search by name").fill("no such name")
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("State").select_option("Failed")
    page.get_by_text("One recording").wait_for()
    assert row(page, "Interview").get_by_text("It is a text.").is_visible()


@pytest.mark.slow
def test_a_recording_is_cancelled_run_again_and_erased_by_the_keyboard(
    page: Any, gateway: BrowserGateway
) -> None:
    source = running_job(gateway, "interview.wav")
    page.goto("/")
    interview = row(page, "interview.wav")
    interview.get_by_text("Being transcribed").wait_for()
    choose(page, "interview.wav", "Cancel")
    interview.get_by_text("Cancelled").wait_for()
    choose(page, "interview.wav", "Run again")
    interview.get_by_text("Waiting", exact=True).wait_for()
    choose(page, "interview.wav", "Erase…")
    page.get_by_role("dialog").get_by_text("cannot be undone").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    assert interview.is_visible(), "the first button keeps it"
    choose(page, "interview.wav", "Erase…")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing is here yet").wait_for()
    assert gateway.stores.blobs.find(source.uri) is None


@pytest.mark.slow
def test_names_are_text_whatever_they_are(page: Any, gateway: BrowserGateway) -> None:
    names = [f"{word.replace('/', '|')}.wav" for word in HOSTILE_WORDS]
    for name in names:
        done_job(gateway.stores, name)
    page.goto("/")
    page.locator(".job").nth(len(names) - 1).wait_for()
    shown = page.locator(".job-name a").evaluate_all("all => all.map(each => each.textContent)")
    assert sorted(shown) == sorted(names)


@pytest.mark.slow
def test_a_key_that_may_only_read_is_offered_nothing_else(
    new_page: Callable[..., Any], gateway: BrowserGateway, complaints: Complaints
) -> None:
    done_job(gateway.stores, "team/call.wav")
    key, _ = gateway.stores.keys.create("reader", ("read",), "team/", None)
    code, _ = gateway.stores.keys.make_code(key)
    page = new_page(logged_in=False)
    complaints.expect("status of 401")
    page.goto(f"/#login={code}")
    row(page, "call.wav").get_by_role("button", name="More for").click()
    assert row(page, "call.wav").locator(".menu-list").inner_text() == "Open"
    assert page.get_by_role("button", name="Choose files").count() == 0
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("heading", name="This deployment").wait_for()
    assert page.get_by_role("heading", name="Keys").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["narrow", "wide"])
def test_the_list_is_accessible_and_whole(
    new_page: Callable[..., Any],
    axe: Callable[[Any], list[Violation]],
    gateway: BrowserGateway,
    size: dict[str, int],
    scheme: str,
) -> None:
    page = new_page(viewport=size, color_scheme=scheme)
    page.goto("/")
    page.get_by_text("Nothing is here yet").wait_for()
    assert axe(page) == []
    for name in ("team/a long name " * 6 + ".wav", "short.wav"):
        done_job(gateway.stores, name)
    fail(gateway.stores, running_job(gateway, "notes.pdf"))
    running_job(gateway, "lecture.wav")
    page.reload()
    page.get_by_role("progressbar").first.wait_for()
    page.get_by_text("Options for what you add").click()
    page.get_by_text("More options").click()
    page.get_by_label("Hotwords").wait_for()
    row(page, "short.wav").get_by_role("button", name="More for").click()
    assert axe(page) == []
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.slow
def test_focus_and_title_follow_the_view(page: Any) -> None:
    page.goto("/")
    page.get_by_role("link", name="Settings").click()
    is_focused = "text => document.activeElement.textContent === text"
    page.wait_for_function(is_focused, arg="Settings")
    assert page.title() == "Settings – Dropscribe"
    page.go_back()
    page.wait_for_function(is_focused, arg="Recordings")
    assert page.title() == "Recordings – Dropscribe"
