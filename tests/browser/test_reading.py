"""People read and search a text of any length, in any language, while it is made and afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.jobs.unaligned_parts import record_unaligned
from shared.model.artifacts import StageWarning
from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.browser.test_listening import LIT, PHONE, opened
from tests.support.gateway_jobs import begin, fail, finish, upload
from tests.support.hostile_texts import HOSTILE_WORDS
from tests.support.live_jobs import align, cut_job, recognise
from tests.support.made_transcripts import Said, said, transcript_of_sentences

TOP_OF_WORD = """index => {
  const word = document.querySelector(`[data-index='${index}']`);
  return word.getBoundingClientRect().top;
}"""
FIRST_ON_SCREEN = """() => [...document.querySelectorAll('.word')]
  .find(word => word.getBoundingClientRect().top > 100).dataset.index"""


def test_a_text_is_found_wherever_it_is(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    sentences = [said("S1", "The bridge is closed again.") for _ in range(400)]
    sentences[7] = said("S2", "Café Weiß opens.")
    sentences[390] = said("S2", "The café weiß is shut.")
    opened(page, made_recording(sentences=sentences))
    page.keyboard.press("/")
    page.keyboard.type("CAFE weiß")
    page.get_by_text("1 of 2", exact=True).wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("2 of 2", exact=True).wait_for()
    current = page.locator(".word.current")
    assert current.all_inner_texts() == ["café", "weiß"]
    assert 0 < current.first.bounding_box()["y"] < 700
    page.keyboard.press("Shift+Enter")
    page.get_by_text("1 of 2", exact=True).wait_for()
    assert current.all_inner_texts() == ["Café", "Weiß"]
    page.keyboard.press("Escape")
    assert page.locator(".found").count() == 0
    assert page.evaluate("() => document.activeElement.textContent") == "Café"


def test_nothing_that_was_said_becomes_markup(
    new_page: Callable[..., Any],
    made_recording: Callable[..., MadeRecording],
    axe: Callable[[Any], list[Violation]],
) -> None:
    page = new_page(viewport=PHONE)
    texts = [Said("S1", (word,), pause=3) for word in HOSTILE_WORDS]
    name = "<img src=x onerror=window.attacked=true>.wav"
    opened(page, made_recording(name, sentences=texts))
    page.set_viewport_size({"width": PHONE["width"], "height": 20_000})
    page.wait_for_function(
        "count => document.querySelectorAll('.word').length === count", arg=len(HOSTILE_WORDS)
    )
    shown = page.evaluate("() => [...document.querySelectorAll('.word')].map(w => w.textContent)")
    assert shown == list(HOSTILE_WORDS)
    assert page.locator("h1").text_content() == name
    assert page.evaluate("() => window.attacked") is None
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []


@pytest.mark.slow
def test_each_language_has_its_direction(
    page: Any, made_recording: Callable[..., MadeRecording], gateway: BrowserGateway
) -> None:
    made = in_languages(gateway, ("en", "ar", "ja"))
    opened(page, made)
    texts = page.locator(".paragraph-text")
    shown = [(each.get_attribute("lang"), each.get_attribute("dir")) for each in texts.all()]
    assert shown == [("en", "ltr"), ("ar", "rtl"), ("ja", "ltr")]
    right, left = (page.locator(f"[data-index='{index}']").bounding_box()["x"] for index in (2, 3))
    assert right > left
    page.locator("[data-index='2']").click()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.dataset.index") == "3"


def in_languages(gateway: BrowserGateway, codes: tuple[str, ...]) -> MadeRecording:
    """Makes a recording of one paragraph of two Arabic words in each language."""
    speakers = [f"S{number}" for number in range(1, len(codes) + 1)]
    sentences = [said(speaker, "الجسر مغلق", pause=3) for speaker in speakers]
    made = gateway.make_recording(sentences=sentences)
    segments = [
        segment.model_copy(update={"language": code})
        for segment, code in zip(made.transcript.segments, codes, strict=True)
    ]
    warning = StageWarning(code="test", stage="align", message="No model for Arabic is here.")
    changes = {"segments": tuple(segments), "warnings": (warning,)}
    transcript = made.transcript.model_copy(update=changes)
    begin(gateway.stores, made.source, run=2)
    contents = {"json": transcript.model_dump_json().encode()}
    finish(gateway.stores, made.source, run=2, contents=contents)
    return MadeRecording(made.source, transcript)


@pytest.mark.slow
def test_warnings_are_shown_in_words(page: Any, gateway: BrowserGateway) -> None:
    opened(page, in_languages(gateway, ("en",)))
    assert page.get_by_text("No model for Arabic is here.").is_visible()


@pytest.mark.slow
def test_a_failed_job_says_why(page: Any, gateway: BrowserGateway) -> None:
    source = upload(gateway.stores, "notes.wav")
    begin(gateway.stores, source)
    problem = fail(gateway.stores, source)
    page.goto(f"/?job={source.job_id}")
    page.get_by_text("This recording could not be transcribed.").wait_for()
    assert page.get_by_text(problem.title).is_visible()
    assert page.get_by_text("It is a text.").is_visible()


@pytest.mark.slow
def test_an_unknown_recording_is_said_to_be_none(page: Any, complaints: Complaints) -> None:
    complaints.expect("404")
    page.goto("/?job=00000000000000000000")
    page.get_by_text("There is no such recording.").wait_for()


@pytest.mark.slow
def test_words_come_while_the_job_is_at_work_and_keep_their_place(
    page: Any, gateway: BrowserGateway, complaints: Complaints
) -> None:
    complaints.expect("404 .*/audio")  # the recording is made up, and so are its chunks
    stores = gateway.stores
    source = cut_job(stores, 2, "Call.wav")
    page.goto(f"/?job={source.job_id}")
    page.get_by_text("Finding out the language").wait_for()
    page.wait_for_timeout(1)
    texts = [" ".join(["word"] * 40) + "." for _ in range(30)]
    for part, text in enumerate(texts[:2]):
        align(stores, source, part, text)
    page.wait_for_function("() => document.querySelectorAll('.word').length >= 80", timeout=20_000)
    page.mouse.move(500, 400)
    page.locator(".word").nth(60).scroll_into_view_if_needed()
    index = page.evaluate(FIRST_ON_SCREEN)
    page.locator(f"[data-index='{index}']").focus()
    sentences = [said("S1", text, pause=0.3) for text in texts[:2]]
    transcript = transcript_of_sentences(source, sentences)
    finish(stores, source, contents={"json": transcript.model_dump_json().encode()})
    page.get_by_text("Speaker 1").first.wait_for(timeout=20_000)
    assert page.evaluate("() => document.activeElement.classList.contains('word')")


@pytest.mark.slow
def test_half_a_day_is_read_without_jumps(page: Any, gateway: BrowserGateway) -> None:
    made = gateway.make_half_a_day()
    page.set_default_timeout(30_000)
    opened(page, made, "#t=40000")
    page.wait_for_selector(LIT)
    assert page.locator(".word").count() < 2_000
    assert page.locator(".paragraph").first.get_attribute("aria-setsize") != "1"
    page.mouse.move(500, 400)
    for distance in (-300, -300, -300, 500):
        index = page.evaluate(FIRST_ON_SCREEN)
        before = page.evaluate(TOP_OF_WORD, index)
        page.evaluate("distance => window.scrollBy({top: distance, behavior: 'instant'})", distance)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        after = page.evaluate(TOP_OF_WORD, index)
        assert before - after == pytest.approx(distance, abs=2)
    page.keyboard.press("End")
    last = len(made.transcript.words) - 1
    page.wait_for_selector(f"[data-index='{last}']")
    page.keyboard.press("Home")
    page.wait_for_selector("[data-index='0']")


@pytest.mark.slow
def test_approximate_times_are_marked_alike_while_words_come_and_in_the_transcript(
    page: Any,
    gateway: BrowserGateway,
    axe: Callable[[Any], list[Violation]],
    complaints: Complaints,
) -> None:
    complaints.expect("404 .*/audio")  # the recording is made up, and so are its chunks
    source = cut_job(gateway.stores, 2, "Call.wav")
    page.goto(f"/?job={source.job_id}")
    page.get_by_text("Finding out the language").wait_for()
    for part in range(2):
        recognise(gateway.stores, source, part)
    record_unaligned(source.job_id, 0, gateway.stores.jobs)
    align(gateway.stores, source, 1, "Good morning.")
    second = page.locator(".sentence").nth(1)
    second.wait_for()
    marks = page.locator(".paragraphs .rough-mark")
    legend = page.get_by_text("The times of these words are approximate")
    assert page.locator(".sentence").first.locator(".rough-mark").count() == marks.count() == 1
    assert marks.get_attribute("aria-label") == "Times are approximate."
    assert legend.is_visible()
    assert axe(page) == []
    sentences = [said("S1", "Good morning."), said("S1", "So it is.")]
    transcript = transcript_of_sentences(source, sentences)
    first, last = transcript.segments
    rough = first.model_copy(update={"flags": ("not_aligned",)})
    answer = transcript.model_copy(update={"segments": (rough, last)})
    finish(gateway.stores, source, contents={"json": answer.model_dump_json().encode()})
    page.get_by_text("Speaker 1").first.wait_for()
    assert page.locator(".sentence").first.locator(".rough-mark").count() == marks.count() == 1
    assert legend.is_visible()


@pytest.mark.slow
def test_a_text_without_words_says_why(
    page: Any, gateway: BrowserGateway, axe: Callable[[Any], list[Violation]]
) -> None:
    page.goto(gateway.make_recording("Rain.wav", words=0, seconds=3.0).address)
    page.get_by_text("No words were heard in this recording.").wait_for()
    assert axe(page) == []
    page.goto(gateway.make_recording("Yes.wav", sentences=[said("S1", "Yes.")]).address)
    page.locator("[data-word='0']").dblclick()
    page.get_by_role("button", name="Remove word").click()
    page.get_by_text("All words of this recording were removed.").wait_for()


@pytest.mark.slow
def test_forced_colours_leave_nothing_to_backgrounds(
    new_page: Callable[..., Any], made_recording: Callable[..., MadeRecording]
) -> None:
    """They take backgrounds away: those that say something are in colours of the system."""
    page = new_page(forced_colors="active")
    opened(page, made_recording(sentences=[said("S1", "Good morning.")]))
    switch = page.get_by_role("switch", name="Edit")
    switch.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("morning")
    page.locator(".word.found").wait_for()
    assert background(page, ".word.found") != background(page, ".word:not(.found)")
    off = background(page, ".edit-switch")
    switch.click()
    assert background(page, ".edit-switch") != off
    slider = page.locator(".player input[type=range]")
    assert slider.evaluate("slider => getComputedStyle(slider).forcedColorAdjust") == "none"


def background(page: Any, selector: str) -> str:
    read = "shown => getComputedStyle(shown).backgroundColor"
    color: str = page.locator(selector).first.evaluate(read)
    return color
