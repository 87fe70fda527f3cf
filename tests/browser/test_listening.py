"""People listen at a word: a click plays from there, the text follows, and a link leads there."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.accessibility import Violation
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway, MadeRecording

LIT = ".word[aria-current]"
TIME = "Number(document.querySelector('input[type=range]').value)"
IS_PLAYING = "() => document.querySelector('.play').getAttribute('aria-label') === 'Pause'"
IS_PAUSED = "() => document.querySelector('.play').getAttribute('aria-label') === 'Play'"
PHONE = {"width": 360, "height": 740}


def opened(page: Any, made: MadeRecording, hash: str = "") -> Any:
    """Opens a recording, and returns the page once its text is there."""
    page.goto(made.address + hash)
    page.wait_for_selector(".word")
    return page


def start_of(made: MadeRecording, index: int) -> float:
    return made.transcript.words[index].start


def time_of(page: Any) -> float:
    """Returns the seconds at which the player is."""
    seconds: float = page.evaluate(TIME)
    return seconds


def scroll_to_top(page: Any) -> None:
    """Scrolls so that what stays at the window's edges covers nothing in part, which axe-core takes
    for buttons that are too small."""
    page.evaluate("() => window.scrollTo({top: 0, behavior: 'instant'})")


def wait_for_time(page: Any, seconds: float) -> None:
    page.wait_for_function(f"seconds => Math.abs({TIME} - seconds) < 0.06", arg=seconds)


def test_a_click_on_a_word_plays_from_there(
    page: Any, made_recording: Callable[..., MadeRecording], axe: Callable[[Any], list[Violation]]
) -> None:
    made = made_recording(words=200)
    opened(page, made)
    assert page.locator(LIT).count() == 0
    page.locator(".word").nth(30).click()
    page.wait_for_function(IS_PLAYING)
    page.wait_for_function(f"seconds => {TIME} > seconds", arg=start_of(made, 32))
    page.locator(".play").click()
    page.wait_for_function(IS_PAUSED)
    lit = int(page.locator(LIT).get_attribute("data-index"))
    word = made.transcript.words[lit]
    assert 32 <= lit < 60
    assert word.start - 0.1 <= time_of(page)
    assert page.locator(LIT).inner_text() == word.word
    scroll_to_top(page)
    assert axe(page) == []


def test_a_link_leads_to_its_second(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = made_recording(words=900)
    seconds = round(start_of(made, 700) + 0.05, 1)
    opened(page, made, f"#t={seconds}")
    page.wait_for_selector(LIT)
    assert page.locator(LIT).get_attribute("data-index") == "700"
    box = page.locator(LIT).bounding_box()
    assert 0 < box["y"] < 700
    page.evaluate("() => { location.hash = '#t=0.5' }")
    page.wait_for_selector("[data-index='0'][aria-current]")
    assert page.locator("[data-index='0']").bounding_box()["y"] > 0


def test_the_link_to_a_second_is_copied(
    new_page: Callable[..., Any], made_recording: Callable[..., MadeRecording]
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    made = made_recording(words=60)
    opened(page, made, "#t=7.5")
    page.get_by_label("Copy a link to this second").click()
    page.get_by_text("The link to 0:07 is copied.").wait_for()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.endswith(f"{made.address}#t=7.5")


@pytest.mark.slow
def test_the_keyboard_alone_is_enough(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = made_recording(words=120)
    opened(page, made)
    page.get_by_label("Doubtful words").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.dataset.index") == "0"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.dataset.index") == "2"
    page.keyboard.press("End")
    last = int(page.evaluate("() => document.activeElement.dataset.index"))
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.dataset.index") == str(last + 1)
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.dataset.index") == str(last)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function(IS_PLAYING)
    page.keyboard.press(" ")
    page.wait_for_function(IS_PAUSED)
    begun = time_of(page)
    assert begun >= round(start_of(made, last + 1), 1) - 0.1
    page.keyboard.press("l")
    wait_for_time(page, begun + 10)
    page.keyboard.press("j")
    wait_for_time(page, begun)
    page.keyboard.press(">")
    assert page.get_by_label("Speed").input_value() == "1.25"


@pytest.mark.slow
def test_keys_of_single_letters_can_be_switched_off(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    opened(page, made_recording(words=60))
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys of a single letter or sign").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    page.keyboard.press("/")
    assert time_of(page) == 0
    assert page.get_by_label("Find in the text").is_hidden()
    page.keyboard.press("Control+f")
    assert page.get_by_label("Find in the text").is_visible()


@pytest.mark.slow
def test_the_text_follows_until_someone_scrolls(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = made_recording(words=900)
    opened(page, made)
    page.get_by_label("Speed").select_option("3")
    page.locator(".word").nth(20).click()
    page.wait_for_function("() => window.scrollY > 150", timeout=30_000)
    page.mouse.move(600, 300)
    page.mouse.wheel(0, 3_000)
    back = page.get_by_role("button", name="Back to")
    back.wait_for()
    scrolled = page.evaluate("() => window.scrollY")
    before = time_of(page)
    page.wait_for_function(f"seconds => {TIME} > seconds + 3", arg=before)
    assert page.evaluate("() => window.scrollY") == pytest.approx(scrolled, abs=400)
    back.click()
    page.wait_for_function(
        "() => { const lit = document.querySelector('.word[aria-current]');"
        " if (!lit) return false; const top = lit.getBoundingClientRect().top;"
        " return top > 0 && top < window.innerHeight }"
    )
    assert back.is_hidden()


@pytest.mark.slow
def test_doubtful_words_are_marked_when_someone_asks(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    made = made_recording(words=60)
    opened(page, made)
    doubtful = [word.id for word in made.transcript.words if (word.confidence or 1) < 0.5]
    style = f"getComputedStyle(document.querySelector('[data-word=\"{doubtful[0]}\"]'))"
    assert page.evaluate(f"() => {style}.textDecorationLine") == "none"
    page.get_by_label("Doubtful words").check()
    assert page.evaluate(f"() => {style}.textDecorationLine") == "underline"
    page.reload()
    page.wait_for_selector(".word")
    assert page.get_by_label("Doubtful words").is_checked()


@pytest.mark.slow
def test_a_recording_without_sound_can_be_read(
    page: Any, made_recording: Callable[..., MadeRecording], complaints: Any
) -> None:
    complaints.expect("audio")
    made = made_recording(words=60, has_sound=False)
    opened(page, made)
    page.get_by_text("This browser cannot play this kind of recording").wait_for()
    page.locator(".word").nth(8).click()
    page.wait_for_selector("[data-index='8'][aria-current]")


@pytest.mark.slow
def test_a_recording_that_is_gone_says_so(
    page: Any, gateway: BrowserGateway, complaints: Any
) -> None:
    complaints.expect("audio")
    made = gateway.make_recording(words=60)
    gateway.stores.blobs.delete(made.source.uri, made.source.generation)
    opened(page, made)
    page.get_by_text("The recording is not in the inbox any more.").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_small_screen_shows_everything(
    new_page: Callable[..., Any],
    made_recording: Callable[..., MadeRecording],
    axe: Callable[[Any], list[Violation]],
    scheme: str,
) -> None:
    page = new_page(viewport=PHONE, color_scheme=scheme, has_touch=True)
    opened(page, made_recording(words=300, speakers=9))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    for name in ("Play", "10 seconds back", "10 seconds forward", "Speed", "Position"):
        box = page.get_by_label(name, exact=True).bounding_box()
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= PHONE["width"], name
        assert box["y"] + box["height"] <= PHONE["height"], name
    sentence = page.locator(".word").first.bounding_box()
    covered_from = page.locator(".player").bounding_box()["y"]
    assert sentence["y"] + sentence["height"] <= covered_from, "the text begins in the first view"
    page.get_by_label("Doubtful words").check()
    page.locator(".word").nth(5).click()
    scroll_to_top(page)
    assert axe(page) == []


@pytest.mark.slow
def test_the_sound_comes_back_after_a_lost_connection(
    page: Any, made_recording: Callable[..., MadeRecording], complaints: Complaints
) -> None:
    complaints.expect("ERR_FAILED .*/audio")
    page.route("**/audio*", lambda route: route.abort())
    page.goto(made_recording(words=12).address)
    page.get_by_text("The recording cannot be fetched").wait_for()
    page.unroute("**/audio*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert page.locator(".player.silent").count() == 0


@pytest.mark.slow
def test_sound_that_has_not_come_yet_is_said_to_be_loaded(
    page: Any, made_recording: Callable[..., MadeRecording]
) -> None:
    held = []
    page.route("**/audio*", lambda route: held.append(route))
    opened(page, made_recording(words=12))
    page.locator(".word").nth(3).click()
    pause = page.get_by_role("button", name="Pause")
    pause.wait_for()
    assert pause.get_attribute("aria-busy") == "true"
    for route in held:
        route.continue_()
    page.unroute("**/audio*")
    page.locator(".play[aria-busy=false]").wait_for()
