"""The lanes show who talks when, lead to any second, and the numbers beside the text are right."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from shared.model.transcript import Transcript
from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.editor import overflow
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.support.hostile_texts import HOSTILE_WORDS
from tests.support.made_transcripts import Said, conversation, said

BOARD = ".lanes-board"
COLOURS = """([x, y]) => {
  const canvas = document.querySelector(".lanes-board canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const row = context.getImageData(x - 4, y, 9, 1).data;
  return Array.from({ length: 9 }, (_, index) => [...row.slice(4 * index, 4 * index + 4)]);
}"""
TOKEN = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
STRIP = 64
LANE = 24
"""Pixels, as the page draws them."""


def talk(words: int = 200, speakers: int = 3) -> list[Said]:
    """Returns sentences of which some begin before the one before has ended."""
    sentences = []
    for number, sentence in enumerate(conversation(words, speakers)):
        pause = -0.8 if number % 5 == 4 else sentence.pause
        sentences.append(dataclasses.replace(sentence, pause=pause))
    return sentences


def opened(page: Any, made: MadeRecording) -> MadeRecording:
    """Opens the page of a recording, and waits until its lanes are drawn."""
    page.goto(made.address)
    page.locator(BOARD).wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    return made


def time_of(page: Any) -> float:
    """Returns the place in the recording, in seconds."""
    return float(page.get_by_role("slider", name="Position").input_value())


def in_sight(page: Any) -> str:
    text: str = page.locator(".lanes-sight").inner_text()
    return text


def colours_near(page: Any, x: float, y: float) -> set[str]:
    """Returns the opaque colours of the nine pixels around a place, as the page writes them."""
    pixels = page.evaluate(COLOURS, [round(x), round(y)])
    return {"#" + bytes(pixel[:3]).hex() for pixel in pixels if pixel[3] == 255}


@pytest.mark.slow
def test_each_turn_is_in_the_lane_and_the_colour_of_its_speaker(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = opened(page, made_recording(words=60, speakers=2))
    width = page.locator(BOARD).bounding_box()["width"]
    for turn in made.transcript.turns:
        middle = (turn.start + turn.end) / 2 / made.transcript.media.duration * width
        row = int(turn.speaker[1:]) - 1
        own = page.evaluate(TOKEN, f"--speaker-{row + 1}")
        assert own in colours_near(page, middle, STRIP + row * LANE + LANE / 2)
        assert own in colours_near(page, middle, STRIP / 2 + 2), "the waveform has it, too"
        other_lane = STRIP + (1 - row) * LANE + 6
        assert colours_near(page, middle, other_lane) == set()


def test_a_click_in_the_lanes_seeks(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = opened(page, made_recording(sentences=talk()))
    duration = made.transcript.media.duration
    box = page.locator(BOARD).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 20)
    assert time_of(page) == pytest.approx(duration / 4, abs=0.3)
    box = page.locator(BOARD).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=3)
    assert time_of(page) == pytest.approx(duration / 2, abs=0.3)
    page.mouse.up()
    hint = page.locator(".lanes-hint").inner_text()
    assert hint.startswith("0:"), "the time under the pointer is shown"


@pytest.mark.slow
def test_zoom_keeps_the_time_in_sight_and_the_small_one_scrolls(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = opened(page, made_recording(sentences=talk(400), seconds=200.0))
    assert in_sight(page) == ""
    box = page.locator(BOARD).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    page.get_by_role("button", name="Zoom in").click()
    assert in_sight(page) == "0:50 to 2:30"
    small = page.locator(".lanes-overview").bounding_box()
    page.mouse.click(small["x"] + small["width"] - 1, small["y"] + 5)
    assert in_sight(page) == "1:40 to 3:20"
    page.mouse.click(small["x"] + 1, small["y"] + 5)
    assert in_sight(page) == "0:00 to 1:40"
    box = page.locator(BOARD).bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 20)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(
        "() => document.querySelector('.lanes-sight').textContent === '0:00 to 0:50'"
    )
    page.get_by_role("button", name="Show all").click()
    assert in_sight(page) == ""
    assert made.transcript.media.duration == 200


@pytest.mark.slow
def test_the_lanes_work_by_keyboard(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = opened(page, made_recording(sentences=talk()))
    duration = made.transcript.media.duration
    board = page.get_by_role("slider", name="Place in the recording")
    board.focus()
    page.keyboard.press("ArrowRight")
    assert time_of(page) == pytest.approx(duration / 40, abs=0.2)
    page.keyboard.press("End")
    assert time_of(page) == pytest.approx(duration, abs=0.2)
    page.keyboard.press("Home")
    assert time_of(page) == 0
    page.keyboard.press("+")
    assert in_sight(page) != ""
    page.keyboard.press("0")
    assert in_sight(page) == ""
    assert board.get_attribute("aria-valuetext").startswith("0 seconds")
    description = page.locator(f"#{board.get_attribute('aria-describedby')}").text_content()
    assert "3 speakers" in description
    assert f"{len(made.transcript.turns)} turns" in description


def test_the_numbers_are_those_of_the_transcript(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = opened(page, made_recording(sentences=talk()))
    table = page.get_by_role("table").first
    names = table.locator(".number-name").all_inner_texts()
    rows = table.locator("tbody tr:nth-child(2)").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    assert names == [speaker.label for speaker in made.transcript.speakers]
    assert cells == [expected_numbers(index, made.transcript) for index in range(len(names))]
    work = page.locator(".numbers details")
    work.locator("summary").click()
    assert work.get_by_role("row", name="align 1 2.5").is_visible()


def expected_numbers(index: int, transcript: Transcript) -> list[str]:
    """Returns the cells of a speaker, counted from the transcript's own figures."""
    speaker = transcript.speakers[index]
    everyone = sum(each.talk_time for each in transcript.speakers)
    shared = sum(
        overlap.end - overlap.start
        for overlap in transcript.overlaps
        if speaker.id in overlap.speakers
    )
    minutes, seconds = divmod(int(speaker.talk_time), 60)
    return [
        f"{minutes}:{seconds:02}",
        f"{round(100 * speaker.talk_time / everyone)} %",
        str(speaker.turns),
        str(round(60 * speaker.words / speaker.talk_time)),
        f"{shared:.1f} s",
    ]


@pytest.mark.slow
def test_names_and_merges_are_those_of_the_corrections(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    opened(page, made_recording(sentences=talk()))
    page.get_by_label("Name of Speaker 1").fill("Anna Weber")
    page.keyboard.press("Enter")
    assert page.locator(".lane-names span").all_inner_texts()[0] == "Anna Weber"
    assert page.locator(".number-name").all_inner_texts()[0] == "Anna Weber"
    page.get_by_role("button", name="Merge Speaker 3").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    assert page.locator(".lane-names span").all_inner_texts() == ["Anna Weber", "Speaker 2"]
    assert len(page.locator(".number-name").all()) == 2


@pytest.mark.slow
def test_a_transcript_without_peaks_has_lanes_and_says_so(
    page: Any, made_recording: Callable[..., MadeRecording], complaints: Complaints
) -> None:
    complaints.expect("404 .*/peaks")
    made = opened(page, made_recording(words=60, has_peaks=False))
    assert "There is no waveform" in page.locator(".lanes-note").inner_text()
    box = page.locator(BOARD).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + STRIP + 12)
    assert time_of(page) == pytest.approx(made.transcript.media.duration / 2, abs=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wrong_with_lanes_numbers_and_downloads_on_a_small_screen(
    new_page: Callable[..., Any],
    made_recording: Callable[..., MadeRecording],
    axe: Callable[[Any], list[Violation]],
    scheme: str,
) -> None:
    page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    opened(page, made_recording("ü <b>.wav", sentences=[*talk(), Said("S1", HOSTILE_WORDS)]))
    page.locator(".side-box > summary").click()
    page.locator(".numbers summary").click()
    page.get_by_role("button", name="Zoom in").click()
    page.evaluate("scrollTo(0, 0)")
    assert axe(page) == []
    assert overflow(page) == 0
    page.get_by_role("button", name="Download").click()
    page.get_by_text("Options of captions").click()
    assert axe(page) == []
    assert overflow(page) == 0


@pytest.mark.slow
def test_half_a_day_has_lanes(page: Any, gateway: BrowserGateway) -> None:
    page.set_default_timeout(60_000)
    made = opened(page, gateway.make_half_a_day())
    box = page.locator(BOARD).bounding_box()
    page.mouse.click(box["x"] + box["width"] * 3 / 4, box["y"] + 20)
    assert time_of(page) == pytest.approx(9 * 3600, abs=60)
    for _ in range(14):
        zoom = page.get_by_role("button", name="Zoom in")
        if zoom.is_enabled():
            zoom.click()
    assert in_sight(page).startswith(("8:59:", "9:00:"))
    assert len(page.locator(".number-name").all()) == len(made.transcript.speakers)


@pytest.mark.slow
def test_the_lanes_of_many_speakers_leave_room_for_the_text(
    new_page: Callable[..., Any], made_recording: Callable[..., MadeRecording]
) -> None:
    page = new_page(viewport={"width": 360, "height": 740})
    sentences = [said(f"S{number}", "Good morning.") for number in range(1, 41)]
    page.goto(made_recording(sentences=sentences).address)
    page.get_by_role("switch", name="Edit").wait_for()
    assert page.locator(".lanes-body").bounding_box()["height"] <= 740 / 2
    page.locator(".lane-names li").last.scroll_into_view_if_needed()
    board = page.locator(".lanes-board")
    assert board.bounding_box()["y"] < 0, "names and lanes scroll together"
