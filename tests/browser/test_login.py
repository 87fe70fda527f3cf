"""People log in by an address or a key, go on where they were when a session ends, and log out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway
from tests.support.gateway_jobs import done_job

WITHOUT_SESSION = "status of 401"
OtherPages = Callable[..., Any]


@pytest.fixture
def stranger(new_page: OtherPages, complaints: Complaints) -> Iterator[Any]:
    """A page that is not logged in."""
    complaints.expect(WITHOUT_SESSION)
    yield new_page(logged_in=False)


def new_code(gateway: BrowserGateway, name: str = "browser") -> str:
    """Returns a code for a login as the key with this name."""
    (key,) = [key for key in gateway.stores.keys.list() if key.name == name]
    code, _ = gateway.stores.keys.make_code(key)
    return code


def heading(page: Any, name: str) -> Any:
    return page.get_by_role("heading", level=1, name=name)


def test_an_address_logs_in_once_and_keeps_no_code(
    stranger: Any, new_page: OtherPages, gateway: BrowserGateway
) -> None:
    code = new_code(gateway)
    stranger.goto(f"/?view=settings#login={code}")
    heading(stranger, "Settings").wait_for()
    assert stranger.url == f"{gateway.url}/?view=settings"
    assert code not in stranger.evaluate("JSON.stringify([history.state, document.cookie])")
    other = new_page(logged_in=False)
    other.goto(f"/#login={code}")
    heading(other, "Log in").wait_for()
    other.get_by_text("was used or has expired").wait_for()


@pytest.mark.slow
def test_a_typed_key_leads_to_the_address_that_was_opened(
    stranger: Any, gateway: BrowserGateway
) -> None:
    stranger.goto("/?view=settings")
    field = stranger.get_by_label("Key")
    assert field.evaluate("field => field === document.activeElement")
    stranger.keyboard.type(f"ds_{'0' * 64}\n")
    stranger.get_by_role("alert").get_by_text("not known").wait_for()
    stranger.keyboard.type(f"{gateway.key}\n")
    heading(stranger, "Settings").wait_for()
    kept = "JSON.stringify([localStorage, sessionStorage, document.cookie])"
    assert gateway.key not in stranger.evaluate(kept)


@pytest.mark.slow
def test_an_address_does_not_replace_a_session(page: Any, gateway: BrowserGateway) -> None:
    gateway.stores.keys.create("somebody else", ("read", "write"), "theirs/", None)
    done_job(gateway.stores, "ours.wav")
    code = new_code(gateway, "somebody else")
    page.goto(f"/#login={code}")
    page.get_by_role("link", name="ours.wav").wait_for()
    page.get_by_role("button", name="Log in anew").click()
    page.get_by_text("Those in the folder theirs/").wait_for()


@pytest.mark.slow
def test_a_session_that_ends_is_renewed_above_what_is_shown(
    page: Any, gateway: BrowserGateway, complaints: Complaints
) -> None:
    done_job(gateway.stores, "interview.wav")
    done_job(gateway.stores, "lecture.wav")
    page.goto("/")
    page.get_by_role("link", name="lecture.wav").wait_for()
    complaints.expect(WITHOUT_SESSION)
    page.context.clear_cookies()
    page.get_by_label("Search by name").fill("interview")
    dialog = page.get_by_role("dialog", name="Log in again")
    dialog.wait_for()
    page.keyboard.press("Escape")
    assert dialog.is_visible()
    dialog.get_by_label("Key").fill(gateway.key)
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")
    page.get_by_role("link", name="lecture.wav").wait_for(state="detached")
    assert page.get_by_label("Search by name").input_value() == "interview"
    assert page.get_by_role("link", name="interview.wav").is_visible()


STATUS = "async () => (await fetch('api/v1/keys/me')).status"
"""Is 401 within a second after a logout: so long the gateway remembers a session."""


@pytest.mark.slow
def test_logging_out_ends_the_session(
    page: Any, gateway: BrowserGateway, complaints: Complaints
) -> None:
    page.goto("/")
    heading(page, "Recordings").wait_for()
    (cookie,) = page.context.cookies()
    page.get_by_role("button", name="Log out").click()
    heading(page, "Log in").wait_for()
    assert page.context.cookies() == []
    page.context.add_cookies([cookie])
    complaints.expect(WITHOUT_SESSION)
    for _ in range(100):  # wait_for_function takes a promise for true
        if page.evaluate(STATUS) == 401:
            break
        page.wait_for_timeout(100)
    page.reload()
    heading(page, "Log in").wait_for()
