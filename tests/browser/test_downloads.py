"""Every format arrives from the menu of downloads, and a printed transcript is a document."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.gateway.routes.page import FILES
from shared.model.formats import FORMATS
from tests.browser.editor import open_recording, rename, wait_until_saved
from tests.browser.gateway import MadeRecording
from tests.support.made_transcripts import said

TALK = (
    said("S1", "Who builds the bridge?"),
    said("S2", "The city builds it, and it opens in spring."),
)
NAMES = re.compile(r'^ +\["([a-z-]+)", "', re.MULTILINE)


@pytest.fixture
def talk(made_recording: Callable[..., MadeRecording]) -> MadeRecording:
    return made_recording("team-a/Bridge talk.wav", sentences=TALK)


DOWNLOADS = 8
"""Downloads of a page at most. Chromium stops a page that has begun ten in quick succession."""


def opened_menu(page: Any, made: MadeRecording) -> Any:
    open_recording(page, made)
    page.get_by_role("button", name="Download").click()
    return page.get_by_role("dialog", name="Download")


def downloaded(page: Any, link: Any) -> tuple[str, bytes]:
    """Returns the name and the content of what a link leads to."""
    with page.expect_download() as waiting:
        link.click()
    download = waiting.value
    return download.suggested_filename, Path(download.path()).read_bytes()


def test_the_menu_has_every_format_of_the_api() -> None:
    source = (FILES / "downloads.js").read_text(encoding="utf-8")
    assert sorted(NAMES.findall(source)) == sorted(["json", *FORMATS])


@pytest.mark.slow
def test_every_format_arrives(page: Any, talk: MadeRecording) -> None:
    menu = opened_menu(page, talk)
    links = menu.locator("a[href*='format=']")
    files = {}
    for number in range(links.count()):
        if number and number % DOWNLOADS == 0:
            opened_menu(page, talk)
        link = links.nth(number)
        query = parse_qs(urlsplit(link.get_attribute("href")).query)
        files[query["format"][0]] = downloaded(page, link)
    assert set(files) == {"json", *FORMATS}
    for name, format in FORMATS.items():
        file_name, content = files[name]
        assert file_name == f"Bridge talk{format.file_name.removeprefix('transcript')}"
        assert content, name
    assert json.loads(files["json"][1])["job"]["id"] == talk.job_id
    assert b"The city builds it" in files["srt"][1]


@pytest.mark.slow
def test_the_recording_arrives(page: Any, talk: MadeRecording) -> None:
    menu = opened_menu(page, talk)
    name, content = downloaded(page, menu.get_by_role("link", name="Recording"))
    assert (name, content[:4]) == ("Bridge talk.wav", b"RIFF")


@pytest.mark.slow
def test_corrections_are_in_what_is_downloaded_unless_the_original_is_wanted(
    page: Any, talk: MadeRecording
) -> None:
    open_recording(page, talk)
    rename(page, "Speaker 2", "Anna Weber")
    wait_until_saved(page)
    page.get_by_role("button", name="Download").click()
    text = page.get_by_role("link", name="Plain text")
    assert "Anna Weber" in downloaded(page, text)[1].decode()
    page.get_by_label("As the machine heard it").check()
    original = downloaded(page, text)[1].decode()
    assert "Speaker 2" in original and "Anna Weber" not in original


@pytest.mark.slow
def test_captions_are_as_their_options_say(page: Any, talk: MadeRecording) -> None:
    menu = opened_menu(page, talk)
    menu.get_by_text("Options of captions").click()
    menu.get_by_label("Characters of a line").fill("20")
    menu.get_by_label("Names of speakers").select_option("never")
    _, captions = downloaded(page, menu.get_by_role("link", name="SubRip"))
    text = [line for line in captions.decode().splitlines() if not re.match(r"\d|$", line)]
    assert max(map(len, text)) <= 20
    assert "Speaker" not in captions.decode()
    _, plain = downloaded(page, menu.get_by_role("link", name="Plain text"))
    assert "Speaker 2" in plain.decode(), "they are options of captions only"


@pytest.mark.slow
def test_a_printed_transcript_has_all_text_and_no_controls(
    page: Any, made_recording: Callable[..., MadeRecording], tmp_path: Path
) -> None:
    """It is long enough that the page itself draws only a part of it."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    made = made_recording("team-a/Bridge talk.wav", words=3_000, speakers=3)
    open_recording(page, made)
    path = tmp_path / "printed.pdf"
    page.pdf(path=path, format="A4")
    done = subprocess.run(
        ["pdftotext", str(path), "-"], capture_output=True, check=True, text=True, timeout=60
    )
    printed = done.stdout.split()
    words = [word.word for word in made.transcript.words]
    assert has_in_order(words, printed)
    assert {"Speaker", "0:00"} <= set(printed)
    assert not {"Download", "Edit", "Find", "Merge…", "Numbers"} & set(printed)
    assert page.locator(".paragraph").count() < 50, "the page draws only a part again"


def has_in_order(words: list[str], printed: list[str]) -> bool:
    """Returns whether all the words are printed in their order, with others in between."""
    rest = iter(printed)
    return all(word in rest for word in words)
