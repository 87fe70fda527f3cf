"""`dropscribe status --watch` says what jobs wait for, and `dropscribe cost` what they cost."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from functions.gateway.deployment import Deployment
from local.cli import main
from local.connection import Gateway
from local.queue_lines import EXPLANATIONS, waiting_text
from local.spending_lines import day_lines, job_lines
from local.status_command import look_at_queue
from shared.jobs.job import JobFigures
from shared.model.spending import JobSpending, StageSpending
from shared.model.stages import FUNCTIONS
from shared.model.waiting import Waiting
from shared.settings import settings
from tests.support.gateway_jobs import begin, upload
from tests.support.live_jobs import align, cut_job

DOCS = (Path(__file__).parents[3] / "docs" / "cost.md").read_text()
NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
FIGURES = JobFigures(audio_seconds=3600.0, stage_seconds={}, cost_usd=None)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def gateway(stores: Deployment) -> Gateway:
    """The API that serves the stores."""
    return Gateway(os.environ["DROPSCRIBE_URL"], os.environ["DROPSCRIBE_KEY"])


@pytest.mark.parametrize(
    ("waiting", "text"),
    [
        (
            Waiting(reason="at_work", parts={"transcribe": 2, "diarize": 1}, since=NOW),
            "nothing: transcribe 2, diarize 1 at work",
        ),
        (Waiting(reason="stage_begin", parts={"align": 3}, since=NOW), "align 3 to begin"),
        (Waiting(reason="retry", parts={"align": 1}, since=NOW), "align 1 again"),
        (Waiting(reason="worker_lost", parts={"align": 1}, since=NOW), "align 1: a new worker"),
        (Waiting(reason="answer", parts={}, since=NOW), "finalize"),
        (Waiting(reason="execution_begin", parts={}, since=NOW), "an execution"),
        (Waiting(reason="restart", parts={}, since=NOW), "reconcile"),
    ],
)
def test_each_reason_has_its_words(waiting: Waiting, text: str) -> None:
    assert waiting_text(waiting) == text
    assert (waiting.reason in EXPLANATIONS) == (waiting.reason != "at_work")


def test_the_queue_is_shown_with_what_each_job_waits_for(
    stores: Deployment, gateway: Gateway
) -> None:
    source = cut_job(stores, 2, "team/first.wav")
    waiting = upload(stores, "team/second.wav")
    stores.jobs.record_upload(waiting, 5, {})
    begin(stores, upload(stores, "other/third.wav"))
    with gateway.client() as client:
        lines, is_last = look_at_queue(client, "team/", 20, as_json=False)
    assert not is_last
    assert lines[1].startswith(f"{source.job_id}  team/first.wav  ")
    assert "detect 1 to begin" in lines[1]
    assert "an execution" in lines[2] and "third" not in "".join(lines)
    assert lines[3] == "2 jobs"
    assert lines[4:] == [EXPLANATIONS["stage_begin"], EXPLANATIONS["execution_begin"]]


def test_an_empty_queue_says_so(gateway: Gateway) -> None:
    with gateway.client() as client:
        assert look_at_queue(client, "", 20, as_json=False)[0] == ["no job waits or runs"]


def test_one_job_is_shown_with_what_it_waits_for(stores: Deployment) -> None:
    source = cut_job(stores, 1, "a.wav", {"language": "en"})
    assert "waits for       transcribe 1 to begin" in call("status", "a.wav").stdout
    align(stores, source, 0)
    stores.jobs.finish(source.job_id, 1, "done")
    assert "waits for" not in call("status", "a.wav").stdout


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    sizes = [f'"{name}": {spec.resources.model_dump_json()}' for name, spec in FUNCTIONS.items()]
    monkeypatch.setenv("DROPSCRIBE_RESOURCES", "{" + ", ".join(sizes) + "}")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("priced")
def test_the_costs_of_a_deployment_are_read_through_its_api(stores: Deployment) -> None:
    source = cut_job(stores, 1, "a.wav", {"language": "en"})
    align(stores, source, 0)
    stores.jobs.finish(source.job_id, 1, "done", figures=FIGURES)
    done = call("cost")
    assert done.exit_code == 0, done.output
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    heading, first, total, *_ = done.stdout.splitlines()
    assert heading.split()[:3] == ["day", "jobs", "failed"]
    assert first.split()[:6] == [today, "1", "0", "1", "h", "0"]
    assert float(total.split()[-1]) > 0
    assert "calls that were refused" in " ".join(done.stdout.split())
    each = call("cost", "--jobs").stdout.splitlines()
    assert each[1].split()[2] == "a.wav"
    assert call("cost", "--days", "31").exit_code == 2


def test_a_deployment_without_prices_says_why_there_is_no_cost(stores: Deployment) -> None:
    source = cut_job(stores, 1, "a.wav")
    stores.jobs.finish(source.job_id, 1, "done", figures=FIGURES)
    shown = call("cost").stdout
    assert shown.splitlines()[1].endswith("unknown  unknown")
    assert "DROPSCRIBE_RESOURCES" in shown


def spending(day: int, usd: float | None, *, failed: int = 0) -> JobSpending:
    """Returns half an hour of audio whose job ended on a day, with 60 s of work and four calls."""
    stage = StageSpending(done=4, seconds=60.0, reused=0, failed=failed)
    return JobSpending(
        id="1",
        name="a.wav",
        state="done",
        run=1,
        ended=NOW + timedelta(days=day),
        audio_seconds=1800.0,
        stages={"transcribe": stage},
        items={},
        cost_usd=usd,
    )


def test_days_are_in_order_and_added_up() -> None:
    lines = day_lines([spending(1, 0.02, failed=1), spending(0, 0.01), spending(0, 0.01)])
    assert [line.split() for line in lines[1:4]] == [
        ["2026-11-28", "2", "0", "1", "h", "0", "min", "2", "min", "0", "0.0200", "0.0200"],
        ["2026-11-29", "1", "0", "30", "min", "1", "min", "1", "0.0200", "0.0400"],
        ["total", "3", "0", "1", "h", "30", "min", "3", "min", "1", "0.0400", "0.0267"],
    ]
    assert lines[5] == "Work by stage: transcribe 180.0 s"


def test_the_docs_show_what_it_prints() -> None:
    recordings = ((0, 0.0104), (0, 0.0099), (0, 0.0101), (1, 0.0098), (1, 0.0102))
    jobs = [spending(day, usd, failed=day) for day, usd in recordings]
    shown = re.search(r"\$ dropscribe cost --days 2\n(.*?)```", DOCS, re.DOTALL)
    assert shown is not None
    assert shown[1].splitlines() == day_lines(jobs)


def test_a_time_without_jobs_says_so() -> None:
    assert day_lines([]) == job_lines([]) == ["no job ended in this time"]
