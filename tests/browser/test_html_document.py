"""The HTML document of a transcript opens from a disk and plays: with and without its recording."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.formats.writers import draw_format
from shared.model.transcript import Transcript
from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.support.drawn import AS_DEFAULT
from tests.support.hostile_texts import ATTRIBUTE, HOSTILE_WORDS, IMAGE, SCRIPT
from tests.support.hostile_transcripts import renamed, source_of
from tests.support.made_transcripts import Said, conversation, sound_of, transcript_of_sentences

RECORDING = 'Sitzung #1 (50%) "Räte".wav'
WORDS = "p [data-t]"
NARROW = {"width": 360, "height": 740}


@pytest.fixture
def open_document(new_page: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Opens the document of a transcript from a folder, beside its recording if `with_sound`."""

    def open_it(transcript: Transcript, *, with_sound: bool, **options: Any) -> Any:
        document = tmp_path / "document.html"
        document.write_bytes(draw_format("html", transcript, AS_DEFAULT))
        if with_sound:
            (tmp_path / RECORDING).write_bytes(sound_of(transcript))
        page = new_page(logged_in=False, **options)
        page.requested = []
        page.on("request", lambda request: page.requested.append(request.url))
        page.goto(document.as_uri())
        return page

    return open_it


def dialogue() -> Transcript:
    return transcript_of_sentences(source_of(f"team/{RECORDING}"), conversation(120, speakers=3))


def test_a_click_on_a_word_plays_from_it_and_marks_what_is_heard(
    open_document: Callable[..., Any],
) -> None:
    transcript = dialogue()
    page = open_document(transcript, with_sound=True)
    word = transcript.words[20]
    page.locator(WORDS).nth(20).click()
    page.wait_for_function("() => document.querySelector('[aria-current]')")
    page.wait_for_function(f"() => audio.currentTime >= {word.start}")
    assert page.locator("[aria-current]").count() == 1
    assert page.evaluate("audio.duration") == pytest.approx(transcript.media.duration, abs=0.01)
    assert page.locator(".missing").is_hidden()
    assert {url.rpartition("/")[2] for url in page.requested} == {
        "document.html",
        "Sitzung%20%231%20%2850%25%29%20%22R%C3%A4te%22.wav",
    }


@pytest.mark.slow
def test_a_recording_that_is_not_there_is_chosen(
    open_document: Callable[..., Any], complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expect("ERR_FILE_NOT_FOUND")
    transcript = dialogue()
    page = open_document(transcript, with_sound=False)
    page.locator(".missing").wait_for()
    assert page.locator("audio").is_hidden()
    elsewhere = tmp_path / "elsewhere.wav"
    elsewhere.write_bytes(sound_of(transcript))
    page.get_by_label("Recording").set_input_files(elsewhere)
    page.wait_for_function("() => audio.readyState > 0")
    page.locator(WORDS).nth(5).click()
    page.wait_for_function(f"() => audio.currentTime >= {transcript.words[5].start}")
    assert page.locator(".missing").is_hidden()


@pytest.mark.slow
def test_without_scripts_the_text_is_read_and_has_links(open_document: Callable[..., Any]) -> None:
    transcript = dialogue()
    page = open_document(transcript, with_sound=True, java_script_enabled=False)
    first = transcript.segments[0]
    assert first.text in page.locator("main").inner_text()
    page.locator(".time").nth(2).click()
    assert page.url.endswith("#p3")
    assert page.get_by_label("Follow").is_hidden()


@pytest.mark.slow
def test_an_address_with_a_time_begins_there(open_document: Callable[..., Any]) -> None:
    page = open_document(dialogue(), with_sound=True)
    page.goto(page.url + "#t=12.5")
    page.wait_for_function("() => audio.currentTime === 12.5")


def test_hostile_words_and_names_are_shown_and_run_nothing(
    open_document: Callable[..., Any], complaints: Complaints
) -> None:
    complaints.expect("ERR_FILE_NOT_FOUND")
    sentences = [Said(f"S{index % 3 + 1}", (word,)) for index, word in enumerate(HOSTILE_WORDS)]
    transcript = transcript_of_sentences(source_of(f"{ATTRIBUTE}{SCRIPT[:7]}.wav"), sentences)
    page = open_document(renamed(transcript, [SCRIPT, IMAGE, ATTRIBUTE]), with_sound=False)
    assert page.locator(WORDS).count() == len(HOSTILE_WORDS)
    assert page.locator(WORDS).first.inner_text() == SCRIPT
    assert page.locator(".who .name").first.inner_text() == SCRIPT
    assert page.evaluate("window.attacked") is None
    assert page.evaluate("document.scripts.length") == 1


@pytest.mark.slow
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_document_can_be_used_by_everyone(
    open_document: Callable[..., Any],
    axe: Callable[[Any], list[Violation]],
    color_scheme: str,
) -> None:
    page = open_document(
        dialogue(), with_sound=True, color_scheme=color_scheme, viewport=NARROW, bypass_csp=True
    )
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
