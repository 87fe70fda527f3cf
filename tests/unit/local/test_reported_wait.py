"""A person who waits hears each half minute for what, until when, and then what to look at."""

import re
from unittest.mock import Mock

import pytest

from functions.gateway.examples import JOB_VIEW
from local import reported_wait, smoke_api
from local.deployment import Failed
from local.reported_wait import FIRST_MINUTES, ReportedWait
from shared.model.api import JobView

DONE = JobView.model_validate(JOB_VIEW)
QUEUED = DONE.model_copy(update={"state": "queued"})


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_it_says_at_once_what_it_waits_for_and_until_when() -> None:
    lines: list[str] = []
    ReportedWait("an answer in gs://out/a/", 1800, "look there", lines.append)
    (line,) = lines
    awaited = "waiting for an answer in gs://out/a/: at most 1800 s, until "
    assert re.fullmatch(re.escape(awaited) + r"\d\d:\d\d:\d\d", line)


def test_each_half_minute_it_says_what_there_is_and_once_what_to_look_at() -> None:
    clock = Clock()
    lines: list[str] = []
    wait = ReportedWait("an answer", 300, "look there", lines.append, clock)
    lines.clear()
    for second in range(0, 181, 2):
        clock.now = 1000.0 + second
        wait.report_if_due("nothing yet")
    hint = f"{FIRST_MINUTES} Otherwise: look there"
    reports = [f"{second} s of 300: nothing yet" for second in range(30, 181, 30)]
    assert lines == [*reports[:4], hint, *reports[4:]]
    assert wait.left == 120
    clock.now = 1300.0
    assert wait.left == 0


def test_a_job_of_the_api_is_waited_for_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoke_api, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(reported_wait, "REPORT_SECONDS", 0)
    client = Mock(job=Mock(side_effect=[QUEUED, QUEUED, DONE]))
    lines: list[str] = []
    assert smoke_api.wait_for_end(client, QUEUED, 1800, lines.append) == DONE
    first, *reports = lines
    assert first.startswith(f"waiting for the job {QUEUED.id} to end: at most 1800 s")
    assert reports == ["0 s of 1800: the job is queued"] * 2


def test_the_end_of_the_wait_says_what_to_look_at() -> None:
    client = Mock(job=Mock(return_value=QUEUED))
    with pytest.raises(Failed, match=f"queued after 0 s. dropscribe status {QUEUED.id} says"):
        smoke_api.wait_for_end(client, QUEUED, 0, reported_wait.silent)
