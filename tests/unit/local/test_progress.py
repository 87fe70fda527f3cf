"""The lines about a batch say how many are done, and how long the rest takes, in any width."""

import time
from pathlib import Path

import pytest

from local.batch import Item
from local.progress import Pace, Report, duration, shortened
from local.recordings import LocalRecording
from shared.model.api import JobSummary, JobView
from tests.support.api_server import FakeApi, view


@pytest.fixture
def fake() -> FakeApi:
    return FakeApi()


def item(name: str = "a.wav", job: JobSummary | None = None, **changed: object) -> Item:
    recording = LocalRecording(Path(name), name, {})
    found = Item(recording, 5, job=job)
    for field, value in changed.items():
        setattr(found, field, value)
    return found


def summary(fake: FakeApi, state: str) -> JobSummary:
    return JobSummary.model_validate(fake.add("a.wav", state=state))


def ago(seconds: float) -> Pace:
    return Pace(time.monotonic() - seconds)


def test_counts_and_the_time_left_are_in_one_line(fake: FakeApi) -> None:
    done = [item(job=summary(fake, "done")) for _ in range(109)]
    failed = [item(job=summary(fake, "failed")) for _ in range(3)]
    running = [item(job=summary(fake, "running")) for _ in range(188)]
    report = Report([*done, *failed, *running], ago(286))
    assert report.lines() == ["112 of 300, 3 failed, 8 min left"]


def test_uploads_have_a_line_of_their_own(fake: FakeApi) -> None:
    uploaded = [item(job=summary(fake, "queued"), sent=5) for _ in range(40)]
    waiting = [item() for _ in range(60)]
    report = Report([*uploaded, *waiting], ago(20))
    assert report.lines() == ["uploaded 40 of 100, 30 s left", "0 of 100"]


def test_what_was_answered_before_makes_nothing_look_faster(fake: FakeApi) -> None:
    known = [item(job=summary(fake, "done"), was_known=True) for _ in range(50)]
    done = [item(job=summary(fake, "done"))]
    running = [item(job=summary(fake, "running"))]
    assert Report([*known, *done, *running], ago(10)).job_line() == "51 of 52, 10 s left"


def at_work(fake: FakeApi, name: str) -> Item:
    found = JobView.model_validate(view(fake.add(name)))
    return item(name, found, progress=found.progress)


def test_one_recording_has_the_estimate_of_the_server(fake: FakeApi) -> None:
    assert Report([at_work(fake, "a.wav")]).lines() == ["0 of 1, 4 min left"]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "a recording with a long name.wav  transcribe 8 of 24, 35%, 4 min left"),
        (60, "a recordin...g name.wav  transcribe 8 of 24, 35%, 4 min left"),
        (40, "a reco...me.wav  transcribe 8 of 24, 35%"),
        (30, "a re...e.wav  transcribe 8 of "),
    ],
)
def test_a_row_has_one_line_of_any_width(fake: FakeApi, width: int, line: str) -> None:
    report = Report([at_work(fake, "a recording with a long name.wav")])
    assert report.rows(width, 24) == [line]
    assert len(line) <= width


@pytest.mark.parametrize(("height", "rows"), [(24, 20), (100, 30), (2, 1)])
def test_as_many_rows_as_fit_are_shown(fake: FakeApi, height: int, rows: int) -> None:
    report = Report([at_work(fake, f"{number}.wav") for number in range(300)])
    assert len(report.rows(80, height)) == rows


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (7500, "2 h 5 min")]
)
def test_a_time_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_name_is_shortened_in_its_middle() -> None:
    assert shortened("interview.m4a", 13) == "interview.m4a"
    assert shortened("interview.m4a", 12) == "inte...w.m4a"
