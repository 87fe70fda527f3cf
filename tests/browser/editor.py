"""What people do with the page of one recording, for tests that correct it."""

from typing import Any

import httpx

from tests.browser.gateway import BrowserGateway, MadeRecording

WORD = ".paragraphs [data-word='{}']"
SAVED = ".save-state:text-is('Saved')"


def open_recording(page: Any, made: MadeRecording) -> None:
    """Opens the page of a recording, and waits until it can be corrected."""
    page.goto(made.address)
    page.get_by_role("switch", name="Edit").wait_for()


def word(page: Any, word_id: int) -> Any:
    return page.locator(WORD.format(word_id))


def correct(page: Any, word_id: int, text: str) -> None:
    """Corrects a word in its place."""
    word(page, word_id).dblclick()
    page.locator(".word-field").fill(text)
    page.keyboard.press("Enter")


def rename(page: Any, speaker: str, name: str) -> None:
    page.get_by_label(f"Name of {speaker}", exact=True).fill(name)
    page.keyboard.press("Enter")


def wait_until_saved(page: Any) -> None:
    page.locator(SAVED).wait_for()


def stored_edits(gateway: BrowserGateway, made: MadeRecording) -> dict[str, Any]:
    """Returns the corrections that the API has."""
    url = f"{gateway.url}/api/v1/jobs/{made.job_id}/edits"
    headers = {"Authorization": f"Bearer {gateway.key}"}
    answer = httpx.get(url, headers=headers, timeout=60)
    edits: dict[str, Any] = answer.raise_for_status().json()
    return edits


def overflow(page: Any) -> int:
    """Returns by how many pixels the document is wider than the window."""
    width: int = page.evaluate("document.documentElement.scrollWidth")
    window: int = page.evaluate("window.innerWidth")
    return max(0, width - window)
