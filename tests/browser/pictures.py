"""Takes the pictures of docs/page.md: `python -m tests.browser.pictures`."""

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from tests.browser.editor import correct, open_recording, rename, wait_until_saved, word
from tests.browser.gateway import BrowserGateway
from tests.browser.phone_call import make_phone_call
from tests.browser.sessions import ARGUMENTS, session_cookie
from tests.suites import ROOT
from tests.support.api_server import serve
from tests.support.gateway import memory_deployment

FOLDER = ROOT / "docs" / "pictures"
QUALITY = 80
"""Of WebP, from 0 to 100."""
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
"""When all pictures are taken."""
OpenPage = Callable[..., Any]


@dataclass(frozen=True)
class Picture:
    """A window of a size, and what people see in it."""

    name: str
    take: Callable[[OpenPage, BrowserGateway], Any]
    """Returns the page, ready to be seen."""

    def write(self, folder: Path, new_page: OpenPage, gateway: BrowserGateway) -> Path:
        """Takes the picture, and writes it as a WebP file. Returns the file."""
        page = self.take(new_page, gateway)
        taken = page.screenshot(caret="hide", animations="disabled")
        path = folder / f"{self.name}.webp"
        Image.open(io.BytesIO(taken)).convert("RGB").save(path, "webp", quality=QUALITY)
        return path


def options(
    width: int, height: int, scheme: Literal["light", "dark"] = "light", scale: float = 1
) -> dict[str, Any]:
    """Returns Playwright's options of a window."""
    return {
        "viewport": {"width": width, "height": height},
        "color_scheme": scheme,
        "device_scale_factor": scale,
        "reduced_motion": "reduce",
        "timezone_id": "UTC",
    }


def recordings(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    make_phone_call(gateway)
    gateway.make_recording("Council/Session of March.wav", words=400, speakers=5)
    gateway.make_recording("Interview with the mayor.wav", words=200)
    page = new_page(**options(1200, 720))
    page.clock.set_fixed_time(NOON)
    page.goto("/")
    page.get_by_text("Interview with the mayor").first.wait_for()
    return page


def named_call(new_page: OpenPage, gateway: BrowserGateway, window: dict[str, Any]) -> Any:
    """Returns the page of the call, in which both speakers have their names."""
    page = new_page(**window)
    open_recording(page, make_phone_call(gateway))
    page.locator(".side-box").evaluate("box => { box.open = true }")
    rename(page, "Speaker 1", "Diane")
    rename(page, "Speaker 2", "Sheila")
    wait_until_saved(page)
    page.locator("h1").first.click()
    return page


def transcript(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    return named_call(new_page, gateway, options(1200, 900))


def dark(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    return named_call(new_page, gateway, options(1200, 900, "dark"))


def narrow(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    page = named_call(new_page, gateway, options(390, 780, scale=1.5))
    page.locator(".side-box").evaluate("box => { box.open = false }")
    return page


def editing(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    page = named_call(new_page, gateway, options(1200, 1060))
    page.get_by_role("switch", name="Edit").click()
    word(page, misheard(page)).click()
    page.locator(".word-field").fill("beep.")
    return page


def conflict(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    page = named_call(new_page, gateway, options(1200, 760))
    other = new_page(**options(1200, 760))
    other.goto(page.url)
    other.get_by_role("switch", name="Edit").wait_for()
    correct(other, misheard(page), "bleep.")
    wait_until_saved(other)
    correct(page, misheard(page), "beep.")
    page.get_by_role("dialog", name="Corrected twice").wait_for()
    return page


def misheard(page: Any) -> int:
    """Returns the id of the word that the transcript has wrong."""
    found = page.locator(".paragraphs .word", has_text="beat.")
    return int(found.get_attribute("data-word"))


PICTURES = (
    Picture("recordings", recordings),
    Picture("transcript", transcript),
    Picture("dark", dark),
    Picture("narrow", narrow),
    Picture("editing", editing),
    Picture("conflict", conflict),
)


def main() -> None:
    """Writes all pictures into docs/pictures."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(ARGUMENTS)
        )
        for picture in PICTURES:
            print(write_at_noon(picture, browser))
        browser.close()


def write_at_noon(picture: Picture, browser: Any) -> Path:
    """Takes a picture with a gateway of its own. Returns the file."""
    app = create_app()
    stores = noon_deployment()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as url:
        gateway = BrowserGateway(url, stores)
        return picture.write(FOLDER, page_opener(browser, gateway), gateway)


def noon_deployment() -> Deployment:
    """Returns empty stores, in which jobs begin and end at noon."""
    stores = memory_deployment()
    jobs = replace(stores.jobs, clock=NOON.timestamp)
    return replace(stores, jobs=jobs)


def page_opener(browser: Any, gateway: BrowserGateway) -> OpenPage:
    """Returns a function that opens a page, which is logged in."""

    def open_page(**options: Any) -> Any:
        context = browser.new_context(base_url=gateway.url, **options)
        context.add_cookies([session_cookie(gateway)])
        return context.new_page()

    return open_page


if __name__ == "__main__":
    main()
