"""A gateway with recordings that are made up, and a browser whose page may not complain."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import deployment
from tests.browser.accessibility import AXE, Violation, violations
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.browser.sessions import ARGUMENTS, session_cookie
from tests.support.api_server import serve
from tests.support.gateway import memory_deployment

CHROMIUM = shutil.which("chromium")
STEP = 20_000
"""Milliseconds after which a step that waits for the page fails. A busy machine is slow."""
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Debian's Chromium. It ends with the folder's tests: while it runs, no other test of the
    process could start an event loop."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed (make clients)"
    )
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (make clients)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def application() -> Iterator[tuple[Any, str]]:
    """The gateway and its address. It remembers what it reads, so that each test has its own."""
    app = create_app()
    with serve(app) as url:
        yield app, url


@pytest.fixture
def gateway(application: tuple[Any, str]) -> BrowserGateway:
    """A gateway on empty stores in memory."""
    app, url = application
    stores = memory_deployment()
    app.dependency_overrides[deployment] = lambda: stores
    return BrowserGateway(url, stores)


@pytest.fixture
def made_recording(gateway: BrowserGateway) -> Callable[..., MadeRecording]:
    """Makes up a recording with its transcript; see BrowserGateway.make_recording."""
    return gateway.make_recording


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the page's console says. Fails the test if it says what the test did not expect."""
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected() == []


@pytest.fixture
def new_page(
    browser: Any, gateway: BrowserGateway, complaints: Complaints
) -> Iterator[Callable[..., Any]]:
    """Opens a page in a context of its own, which is logged in. Options are Playwright's."""
    contexts = []

    def open_page(*, logged_in: bool = True, **options: Any) -> Any:
        context = browser.new_context(
            base_url=gateway.url, **{"viewport": DESK, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.set_default_timeout(STEP)
        if logged_in:
            context.add_cookies([session_cookie(gateway)])
        page = context.new_page()
        complaints.listen_to(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """A page in a new context, which is logged in."""
    return new_page()


@pytest.fixture
def axe() -> Callable[[Any], list[Violation]]:
    """Returns what axe-core finds wrong with a page."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make clients)")
    return violations
