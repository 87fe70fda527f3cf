"""A transcript is corrected in the browser, and what is corrected is saved by itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.jobs.layout import edits_uri
from shared.model.artifacts import QualityFlag
from shared.model.edits import StoredEdits, UnappliedEdit
from shared.model.transcript import Gap, Suspect
from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.conftest import STEP
from tests.browser.editor import (
    SAVED,
    correct,
    open_recording,
    overflow,
    rename,
    stored_edits,
    wait_until_saved,
    word,
)
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.support.hostile_texts import HOSTILE, HOSTILE_WORDS, LONG
from tests.support.made_transcripts import Said, said

TALK = (
    said("S1", "Who builds the bridge?"),
    said("S2", "The city bilds it."),
    said("S2", "It opens in spring."),
    said("S3", "So they say.", pause=8.0),
)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
GAP = Gap(start=8.0, end=10.5, channel=None)


def suspect(text: str, start: float, *reasons: QualityFlag) -> Suspect:
    return Suspect(
        start=start, end=start + 1.5, text=text, language="en", channel=None, reasons=reasons
    )


SUSPECTS = (
    suspect("Thanks for watching!", 6.5, "no_speech"),
    suspect("bridge bridge bridge", 11.0, "repetitive"),
)


@pytest.fixture
def talk(made_recording: Callable[..., MadeRecording]) -> MadeRecording:
    """Words 0 to 3 are by S1, 4 to 11 by S2, 12 to 14 by S3."""
    return made_recording(sentences=TALK, suspects=SUSPECTS, gaps=[GAP])


def test_a_word_is_corrected_in_its_place(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    correct(page, 6, "builds")
    wait_until_saved(page)
    assert word(page, 6).inner_text() == "builds"
    assert word(page, 6).get_attribute("title") == "Heard: bilds"
    assert stored_edits(gateway, talk)["words"] == {"6": "builds"}
    page.reload()
    assert word(page, 6).inner_text() == "builds"
    word(page, 6).dblclick()
    page.get_by_role("button", name="Take back").click()
    page.wait_for_function(
        "() => document.querySelector('[data-word=\"6\"]').textContent === 'bilds'"
    )
    wait_until_saved(page)
    assert stored_edits(gateway, talk)["words"] == {}


@pytest.mark.slow
def test_escape_leaves_a_word_as_it_was(page: Any, talk: MadeRecording) -> None:
    open_recording(page, talk)
    word(page, 6).dblclick()
    page.locator(".word-field").fill("nonsense")
    page.keyboard.press("Escape")
    assert word(page, 6).inner_text() == "bilds"
    assert page.evaluate("document.activeElement.dataset.word") == "6"
    assert page.get_by_role("button", name="Undo").is_hidden()


@pytest.mark.slow
def test_a_removed_word_is_struck_and_can_be_taken_back(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    page.get_by_role("switch", name="Edit").click()
    word(page, 5).click()
    page.get_by_role("button", name="Remove word").click()
    removed = page.get_by_role("button", name="city, removed. Take it back.")
    removed.wait_for()
    assert word(page, 5).count() == 0
    wait_until_saved(page)
    assert stored_edits(gateway, talk)["words"] == {"5": ""}
    page.get_by_role("switch", name="Edit").click()
    assert removed.is_hidden()
    page.get_by_role("switch", name="Edit").click()
    removed.click()
    assert word(page, 5).inner_text() == "city"


@pytest.mark.slow
def test_speakers_are_named_and_merged(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    rename(page, "Speaker 1", "Anna Weber")
    page.locator(".speaker-name", has_text="Anna Weber").wait_for()
    page.get_by_role("button", name="Merge Speaker 3 into").click()
    page.get_by_label("Speaker 3 is the same person as").select_option("Anna Weber")
    page.get_by_role("button", name="Merge", exact=True).click()
    assert page.locator(".speaker-row").count() == 2
    wait_until_saved(page)
    stored = stored_edits(gateway, talk)
    assert (stored["speakers"], stored["merges"]) == ({"S1": "Anna Weber"}, {"S3": "S1"})
    page.get_by_role("button", name="Separate Speaker 3 again").click()
    assert page.locator(".speaker-row").count() == 3
    wait_until_saved(page)


@pytest.mark.slow
def test_a_sentence_is_given_to_another_speaker_and_to_a_new_one(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    word(page, 9).dblclick()
    page.get_by_label("This sentence is by").select_option("Speaker 1")
    page.keyboard.press("Escape")
    word(page, 4).dblclick()
    page.get_by_label("This sentence is by").select_option("Somebody new")
    page.keyboard.press("Escape")
    rename(page, "Speaker 4", "Bert")
    wait_until_saved(page)
    stored = stored_edits(gateway, talk)
    assert stored["sentences"] == {"1": "S4", "2": "S1"}
    assert stored["speakers"] == {"S4": "Bert"}
    names = page.locator(".speaker-name").all_inner_texts()
    assert names == ["Speaker 1", "Bert", "Speaker 1", "Speaker 3"]


@pytest.mark.slow
def test_what_is_doubtful_is_kept_and_thrown_away(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    assert page.get_by_text("3 places are doubtful.").is_visible()
    page.get_by_role("button", name="Show the next").click()
    first = page.get_by_role("group", name="Probably not said, at 0:06")
    first.get_by_role("button", name="Keep").click()
    page.locator(".word.suspect", has_text="Thanks for watching!").wait_for()
    page.get_by_role("group", name="Speech without words").get_by_role(
        "button", name="Done with it"
    ).click()
    page.get_by_role("group", name="Probably not said, at 0:11").get_by_role(
        "button", name="Throw away"
    ).click()
    page.get_by_text("Everything was looked at.").wait_for()
    wait_until_saved(page)
    stored = stored_edits(gateway, talk)
    assert (stored["kept"], stored["dropped"]) == (["suspect-0"], ["gap-0", "suspect-1"])
    page.get_by_text("Thrown away: 2").click()
    page.get_by_role("button", name="Take back").last.click()
    assert page.get_by_role("group", name="Probably not said, at 0:11").is_visible()
    wait_until_saved(page)
    assert stored_edits(gateway, talk)["dropped"] == ["gap-0"]


@pytest.mark.slow
def test_corrections_are_taken_back_and_made_again(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    correct(page, 6, "builds")
    rename(page, "Speaker 1", "Anna")
    page.locator("h1").first.click()
    page.keyboard.press("Control+z")
    assert page.get_by_label("Name of Speaker 1").input_value() == "Speaker 1"
    page.get_by_role("button", name="Undo").click()
    assert word(page, 6).inner_text() == "bilds"
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+y")
    assert word(page, 6).inner_text() == "builds"
    wait_until_saved(page)
    assert stored_edits(gateway, talk)["speakers"] == {"S1": "Anna"}


def test_two_windows_are_joined_and_asked_where_they_collide(
    new_page: Callable[..., Any],
    complaints: Complaints,
    gateway: BrowserGateway,
    talk: MadeRecording,
) -> None:
    complaints.expect("412")
    one, other = new_page(), new_page()
    open_recording(one, talk)
    open_recording(other, talk)
    correct(one, 6, "builds")
    rename(one, "Speaker 1", "Anna")
    wait_until_saved(one)
    correct(other, 6, "built")
    correct(other, 8, "It's")
    question = other.get_by_role("dialog", name="Corrected twice")
    question.wait_for()
    assert question.get_by_label("Mine").is_checked()
    other.keyboard.press("Escape")
    assert question.is_visible()
    question.get_by_label("Theirs").check()
    question.get_by_role("button", name="Save this choice").click()
    wait_until_saved(other)
    stored = stored_edits(gateway, talk)
    assert stored["words"] == {"6": "builds", "8": "It's"}
    assert stored["speakers"] == {"S1": "Anna"}
    assert other.get_by_label("Name of Speaker 1").input_value() == "Anna"


@pytest.mark.slow
def test_without_a_connection_it_says_so_and_saves_later(
    page: Any, complaints: Complaints, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    open_recording(page, talk)
    page.context.set_offline(True)
    correct(page, 6, "builds")
    page.locator(".save-state.bad", has_text="Not saved").wait_for()
    assert stored_edits(gateway, talk)["revision"] == 0
    page.context.set_offline(False)
    wait_until_saved(page)
    assert stored_edits(gateway, talk)["words"] == {"6": "builds"}


@pytest.mark.slow
def test_leaving_the_page_with_something_unsaved_asks(
    page: Any, complaints: Complaints, talk: MadeRecording
) -> None:
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    open_recording(page, talk)
    page.context.set_offline(True)
    correct(page, 6, "builds")
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_everything_is_done_by_the_keyboard(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    page.get_by_role("switch", name="Edit").focus()
    page.keyboard.press("Enter")
    word(page, 4).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("builds")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "builds"
    page.keyboard.press("e")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.keyboard.press("S")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "builds"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert word(page, 6).inner_text() == "bilds"
    wait_until_saved(page)
    assert stored_edits(gateway, talk)["words"] == {}


@pytest.mark.slow
def test_what_found_no_place_is_shown_and_can_be_done_again(
    page: Any, gateway: BrowserGateway, talk: MadeRecording
) -> None:
    left = UnappliedEdit(kind="word", text="bulds", edit="builds", start=3.0, end=3.3)
    named = UnappliedEdit(kind="speaker", text="Speaker 7", edit="Anna", start=None, end=None)
    stored = StoredEdits(base=1, revision=1, updated=NOW, unapplied=(left, named))
    content = stored.model_dump_json().encode()
    gateway.stores.blobs.put(edits_uri(talk.source), content, if_generation_match=0)
    open_recording(page, talk)
    page.get_by_text("Corrections that found no place: 2").click()
    assert page.get_by_text("was named").is_visible()
    page.get_by_role("button", name="Go to 0:03").click()
    assert page.locator(".word-field").input_value() == "builds"
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert list(stored_edits(gateway, talk)["words"].values()) == ["builds"]


@pytest.mark.slow
def test_who_may_only_read_is_offered_no_correction(
    new_page: Callable[..., Any], gateway: BrowserGateway, talk: MadeRecording
) -> None:
    _, gateway.key = gateway.stores.keys.create("reader", ("read",), "", None)
    page = new_page()
    page.goto(talk.address)
    word(page, 6).dblclick()
    page.keyboard.press("e")
    assert page.get_by_role("switch", name="Edit").count() == 0
    assert page.locator(".word-field").count() == 0


@pytest.mark.slow
def test_a_word_in_the_middle_of_half_a_day_is_corrected(
    page: Any, gateway: BrowserGateway
) -> None:
    made = gateway.make_half_a_day()
    middle = made.transcript.words[50_000]
    page.goto(f"{made.address}#t={middle.start}")
    page.get_by_role("switch", name="Edit").wait_for()
    correct(page, middle.id, "corrected")
    assert word(page, middle.id).inner_text() == "corrected"
    page.locator(SAVED).wait_for(timeout=3 * STEP)  # the gateway reads the transcript, too
    assert stored_edits(gateway, made)["words"] == {"50000": "corrected"}


@pytest.mark.slow
def test_hostile_names_and_words_stay_text(
    page: Any, gateway: BrowserGateway, made_recording: Callable[..., MadeRecording]
) -> None:
    sentences = [Said(f"S{number}", (text,)) for number, text in enumerate(HOSTILE_WORDS, 1)]
    texts = [suspect(text, 1.0 + index) for index, text in enumerate(HOSTILE)]
    made = made_recording(sentences=sentences, suspects=texts)
    open_recording(page, made)
    page.get_by_role("switch", name="Edit").click()
    typed = [text for text in HOSTILE if text != LONG]
    for number, text in enumerate(typed, 1):
        rename(page, f"Speaker {number}", text)
    wait_until_saved(page)
    names = stored_edits(gateway, made)["speakers"]
    assert len(names) == len(typed)
    assert names["S1"] == HOSTILE[0]
    word(page, 0).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=f"Merge {HOSTILE[0]} into").click()
    page.keyboard.press("Escape")
    assert page.evaluate("window.attacked") is None
    assert overflow(page) == 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wrong_for_axe_or_cut_off(
    new_page: Callable[..., Any],
    axe: Callable[[Any], list[Violation]],
    talk: MadeRecording,
    width: int,
    scheme: str,
) -> None:
    page = new_page(viewport={"width": width, "height": 760}, color_scheme=scheme)
    open_recording(page, talk)
    page.locator(".side-box").evaluate("box => { box.open = true }")
    page.get_by_role("switch", name="Edit").click()
    correct(page, 6, "builds")
    word(page, 5).click()
    page.get_by_role("button", name="Remove word").click()
    word(page, 9).click()
    assert axe(page) == []
    assert overflow(page) == 0
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Merge Speaker 3 into").click()
    assert axe(page) == []
    page.keyboard.press("Escape")
    wait_until_saved(page)


@pytest.mark.slow
def test_what_a_session_that_ended_could_not_save_is_saved_after_the_next_login(
    page: Any,
    gateway: BrowserGateway,
    made_recording: Callable[..., MadeRecording],
    complaints: Complaints,
) -> None:
    complaints.expect("status of 401")
    made = made_recording(words=12)
    open_recording(page, made)
    page.context.clear_cookies()
    correct(page, 3, "kept")
    dialog = page.get_by_role("dialog", name="Log in again")
    dialog.wait_for()
    dialog.get_by_label("Key").fill(gateway.key)
    page.keyboard.press("Enter")
    wait_until_saved(page)
    assert stored_edits(gateway, made)["words"] == {"3": "kept"}


@pytest.mark.slow
def test_what_is_typed_while_the_view_is_left_is_kept(
    page: Any, gateway: BrowserGateway, made_recording: Callable[..., MadeRecording]
) -> None:
    made = made_recording("Interview.wav", words=12)
    page.goto("/")
    page.get_by_role("link", name="Interview.wav").click()
    page.get_by_role("switch", name="Edit").wait_for()
    word(page, 3).dblclick()
    page.locator(".word-field").fill("typed")
    page.go_back()
    page.get_by_role("link", name="Interview.wav").click()
    word(page, 3).wait_for()
    assert word(page, 3).inner_text() == "typed"
    assert stored_edits(gateway, made)["words"] == {"3": "typed"}


@pytest.mark.slow
def test_a_very_long_name_leaves_room_for_the_text_and_the_time(
    new_page: Callable[..., Any], made_recording: Callable[..., MadeRecording]
) -> None:
    page = new_page(viewport={"width": 360, "height": 740})
    open_recording(page, made_recording(sentences=[said("S1", "Good morning.")]))
    page.get_by_text("Speakers and numbers").click()
    rename(page, "Speaker 1", "W" * 100)
    head = page.locator(".paragraph-head")
    assert head.locator(".speaker-name").inner_text() == "W" * 100
    line = page.locator(".paragraph-time").evaluate(
        "time => parseFloat(getComputedStyle(time).fontSize)"
    )
    assert page.locator(".paragraph-time").bounding_box()["height"] < 3 * line
    assert head.bounding_box()["height"] < 5 * line * 1.35
    assert overflow(page) == 0
