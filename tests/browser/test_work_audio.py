"""What a browser cannot play is heard as the copy that was transcribed, and the page says so."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import Violation
from tests.browser.gateway import BrowserGateway
from tests.support.audio_files import encode, tone
from tests.support.chunked_jobs import store_chunks

SECONDS = 6
PLAYED = "Number(document.querySelector('input[type=range]').value)"
COPY = "You hear the copy that was transcribed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [("Talk.aiff", "aiff", "pcm_s16be"), ("Old film.avi", "avi", "ac3")],
)
def test_the_copy_is_played_from_any_place(
    page: Any,
    gateway: BrowserGateway,
    axe: Callable[[Any], list[Violation]],
    name: str,
    container: str,
    codec: str,
) -> None:
    samples = tone(SECONDS)
    sound = encode(container, codec, samples, rate=48_000)
    made = gateway.make_recording(name, words=12, seconds=float(SECONDS), sound=sound)
    third = len(samples) // 3
    chunks = [samples[:third], samples[third : 2 * third], samples[2 * third :]]
    store_chunks(gateway.stores, made.source, chunks)
    page.goto(made.address)
    page.get_by_text(COPY).wait_for()
    page.locator(".word").nth(9).click()
    start = made.transcript.words[9].start
    page.wait_for_function(f"start => {PLAYED} > start + 0.2", arg=start)
    assert page.locator("input[type=range]").get_attribute("max") == str(SECONDS)
    assert page.locator(".player.silent").count() == 0
    assert axe(page) == []


@pytest.mark.slow
def test_a_recording_that_can_be_played_is_played_itself(
    page: Any, gateway: BrowserGateway
) -> None:
    made = gateway.make_recording(words=12)
    store_chunks(gateway.stores, made.source, [tone(SECONDS)])
    page.goto(made.address)
    page.locator(".word").nth(3).click()
    page.wait_for_function(f"{PLAYED} > 0.5")
    assert page.get_by_text(COPY).count() == 0
