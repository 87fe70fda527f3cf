"""The browser reads what was made up: the transcript and the sound of a recording, logged in."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.gateway import HALF_A_DAY, BrowserGateway, MadeRecording
from tests.support.hostile_texts import HOSTILE_WORDS
from tests.support.made_transcripts import Said

READ = "address => fetch(address).then(answer => answer.json())"
PLAY = """address => new Promise((resolve, reject) => {
  const audio = new Audio(address);
  audio.onloadedmetadata = () => resolve(audio.duration);
  audio.onerror = () => reject(audio.error.message);
})"""


@pytest.fixture
def page(new_page: Callable[..., Any], complaints: Complaints) -> Any:
    """A page that may fetch, though the policy of the document that it shows forbids it, and which
    has no icon."""
    complaints.expect("/favicon.ico")
    return new_page(bypass_csp=True)


def test_the_browser_reads_a_made_up_recording(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    said = [Said("S1", HOSTILE_WORDS), Said("S2", ("Hello.",))]
    made = made_recording(sentences=said)
    page.goto("/health")
    read = page.evaluate(READ, f"/api/v1/jobs/{made.job_id}/transcript?format=json")
    assert [word["word"] for word in read["words"]] == [*HOSTILE_WORDS, "Hello."]
    assert [speaker["id"] for speaker in read["speakers"]] == ["S1", "S2"]


def test_the_browser_plays_a_made_up_recording(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = made_recording(words=20)
    page.goto("/health")
    duration = page.evaluate(PLAY, f"/api/v1/jobs/{made.job_id}/audio")
    assert duration == pytest.approx(made.transcript.media.duration, abs=0.01)


@pytest.mark.slow
def test_the_browser_plays_half_a_day(page: Any, gateway: BrowserGateway) -> None:
    made = gateway.make_half_a_day()
    assert len(made.transcript.words) == 100_000
    page.goto("/health")
    duration = page.evaluate(PLAY, f"/api/v1/jobs/{made.job_id}/audio")
    assert duration == pytest.approx(HALF_A_DAY, abs=0.01)


def test_a_page_that_complains_fails_its_test(page: Any, complaints: Complaints) -> None:
    page.goto("/health")
    page.evaluate("() => console.error('broken on purpose')")
    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('thrown on purpose') }) }")
    assert len(complaints.unexpected()) == 2
    complaints.expect("on purpose")


def test_axe_finds_what_is_wrong(page: Any, axe: Callable[[Any], list[Violation]]) -> None:
    page.goto("/health")
    page.evaluate("() => document.body.append(document.createElement('button'))")
    assert "button-name" in {violation.rule for violation in axe(page)}
