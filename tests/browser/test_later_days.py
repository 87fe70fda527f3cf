"""What a person still hears, sees and is told 8 and 40 days after a transcript was made."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.ports.blobs import BlobStore
from shared.settings import settings
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.support.made_transcripts import said

TALK = (said("S1", "Who builds the bridge?"), said("S2", "The city builds it."))
KEPT_ANSWERS = 30
"""Days, in a deployment that deletes answers."""


def days_pass(days: int, blobs: BlobStore, keep_answer_days: int | None = None) -> None:
    """Deletes what the rules of the buckets delete of objects that are so many days old. Recordings
    stay until their owner deletes them."""
    buckets = settings().buckets
    rules = {buckets.work: buckets.keep_work_days, buckets.outbox: keep_answer_days}
    for bucket, kept_days in rules.items():
        if kept_days is None or days <= kept_days:
            continue
        for blob in list(blobs.list(f"gs://{bucket}/")):
            blobs.delete(blob.uri, blob.generation)


def work_objects(blobs: BlobStore) -> int:
    return len(list(blobs.list(f"gs://{settings().buckets.work}/")))


@pytest.mark.slow
@pytest.mark.parametrize("days", [8, 40])
def test_recording_text_and_waveform_stay_after_the_work_is_deleted(
    page: Any, gateway: BrowserGateway, made_recording: Callable[..., MadeRecording], days: int
) -> None:
    made = made_recording(sentences=TALK)
    blobs = gateway.stores.blobs
    job_folder = f"gs://{settings().buckets.work}/{made.job_id}"
    blobs.put(f"{job_folder}/prepare/chunk.wav", b"work audio", if_generation_match=0)
    days_pass(days, blobs)
    assert work_objects(blobs) == 0
    page.goto(made.address)
    page.get_by_text("The city builds it.").wait_for()
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    assert page.locator(".lanes-note").is_hidden(), "the waveform is there"


@pytest.mark.slow
def test_after_an_answer_is_deleted_the_page_says_so(
    page: Any,
    gateway: BrowserGateway,
    made_recording: Callable[..., MadeRecording],
    complaints: Complaints,
) -> None:
    complaints.expect("410 .*/(transcript|edits)")
    made = made_recording(sentences=TALK)
    days_pass(40, gateway.stores.blobs, KEPT_ANSWERS)
    page.goto(made.address)
    page.get_by_text("It was deleted, or replaced").wait_for()


@pytest.mark.slow
def test_after_the_owner_deleted_the_recording_the_text_stays_and_the_page_says_why_it_is_silent(
    page: Any,
    gateway: BrowserGateway,
    made_recording: Callable[..., MadeRecording],
    complaints: Complaints,
) -> None:
    complaints.expect("410 .*/audio")
    made = made_recording(sentences=TALK)
    gateway.stores.blobs.delete(made.source.uri, made.source.generation)
    page.goto(made.address)
    page.get_by_text("The city builds it.").wait_for()
    silent = page.locator(".player.silent")
    silent.wait_for()
    assert "It was deleted, or replaced by a newer recording" in silent.inner_text()
    assert "The text can be read without it." in silent.inner_text()
    assert page.locator(".lanes-note").is_hidden(), "the waveform is there"
    board = page.locator(".lanes-board").bounding_box()
    page.mouse.click(board["x"] + board["width"] / 2, board["y"] + 20)
    assert page.get_by_role("slider", name="Place in the recording").get_attribute(
        "aria-valuenow"
    ) == str(round(made.transcript.media.duration / 2))


@pytest.mark.slow
def test_what_the_browser_cannot_play_is_said_in_words(
    page: Any, made_recording: Callable[..., MadeRecording], complaints: Complaints
) -> None:
    complaints.expect("410 .*/audio")  # the work audio is deleted
    made = made_recording("Call.wma", sentences=TALK, has_sound=False)
    page.goto(made.address)
    silent = page.locator(".player.silent")
    silent.wait_for()
    said = silent.inner_text()
    assert "This browser cannot play this kind of recording (audio/x-ms-wma)" in said
    assert "A copy that it can play was kept for some days only." in said
