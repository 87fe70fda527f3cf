"""The pictures of docs/page.md: which there are, and what is done before each is taken."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from tests.browser.editor import correct, open_recording, rename, wait_until_saved, word
from tests.browser.gateway import BrowserGateway
from tests.browser.phone_call import make_phone_call
from tests.suites import ROOT

FOLDER = ROOT / "docs" / "pictures"
QUALITY = 80
"""Of WebP, from 0 to 100."""
OpenPage = Callable[..., Any]


@dataclass(frozen=True)
class Picture:
    """A window of a size, and what people see in it."""

    name: str
    take: Callable[[OpenPage, BrowserGateway], Any]
    """Returns the page, ready to be seen."""

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.webp"


def write_picture(picture: Picture, page: Any) -> None:
    """Writes what is seen of a page, without a cursor, as a WebP file."""
    page.evaluate("document.fonts.ready")
    taken = page.screenshot(caret="hide", animations="disabled")
    FOLDER.mkdir(exist_ok=True)
    Image.open(io.BytesIO(taken)).convert("RGB").save(picture.path, "webp", quality=QUALITY)


def options(
    width: int, height: int, scheme: Literal["light", "dark"] = "light", scale: float = 1
) -> dict[str, Any]:
    """Returns Playwright's options of a window."""
    viewport = {"width": width, "height": height}
    return {"viewport": viewport, "color_scheme": scheme, "device_scale_factor": scale}


def recordings(new_page: OpenPage, gateway: BrowserGateway) -> Any:
    make_phone_call(gateway)
    gateway.make_recording("Council/Session of March.wav", words=400, speakers=5)
    gateway.make_recording("Interview with the mayor.wav", words=200)
    page = new_page(**options(1200, 720))
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
    page = named_call(new_page, gateway, options(1200, 980))
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
