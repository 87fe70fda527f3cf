"""A job is shown in the words of the API, whatever the job store calls them."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from functions.gateway.deployment import Deployment
from functions.gateway.job_view import current_view, job_summary
from shared.jobs.job import Job, JobState
from shared.model.contracts import Source
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


def stored(stores: Deployment, source: Source) -> Job:
    job = stores.jobs.find(source.job_id)
    assert job is not None
    return job


def test_a_done_job_has_its_formats_and_links(stores: Deployment) -> None:
    source = done_job(stores)
    view = job_summary(stored(stores, source))
    path = f"/api/v1/jobs/{source.job_id}"
    assert (view.state, view.formats, view.problem) == ("done", ("json", "srt"), None)
    assert view.links.model_dump() == {
        "self": path,
        "transcript": f"{path}/transcript",
        "audio": f"{path}/audio",
    }
    assert view.started is not None and view.ended is not None


def test_a_failed_job_has_its_problem_and_no_transcript(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    problem = fail(stores, source)
    view = job_summary(stored(stores, source))
    assert (view.state, view.problem, view.formats) == ("failed", problem, ())
    assert (view.links.transcript, view.links.audio) == (None, f"{view.links.self}/audio")


def test_a_run_that_will_be_repeated_is_running_with_a_warning(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    stores.jobs.finish(source.job_id, 1, "retryable")
    view = job_summary(stored(stores, source))
    assert (view.state, view.warnings) == ("running", ("will_be_repeated",))
    assert (view.ended, view.problem) == (None, None)


def test_a_queued_job_has_not_started(stores: Deployment) -> None:
    source = done_job(stores)
    stores.jobs.request_rerun(source.job_id, {})
    view = job_summary(stored(stores, source))
    assert (view.state, view.started, view.ended) == ("queued", None, None)


def test_tags_are_shown_as_the_client_sent_them(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    finish(stores, source, tags={"x-order-id": "77", "x-x-ray": "no"})
    view = job_summary(stored(stores, source))
    assert view.metadata == {"order-id": "77", "x-ray": "no"}


def test_audio_that_was_not_to_be_kept_has_no_link(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    finish(stores, source, deletes_audio=True)
    assert job_summary(stored(stores, source)).links.audio is None


def test_an_erased_job_has_neither_name_nor_links(stores: Deployment) -> None:
    source = done_job(stores)
    stores.operations.erase(source.bucket, source.name)
    view = job_summary(stored(stores, source))
    assert (view.state, view.name) == ("erased", "(erased)")
    assert (view.links.transcript, view.links.audio, view.formats) == (None, None, ())


def test_the_progress_is_read_from_the_stage_records(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    stores.jobs.record_parts(source.job_id, 1, 2, 1)
    stores.jobs.start_attempt(source.job_id, "transcribe-1", "transcribe", 0, "o")
    stores.jobs.records.complete_attempt(source.job_id, "transcribe-1", "o", 3.5)
    progress = current_view(stored(stores, source), stores).progress
    stages = {stage.stage: stage for stage in progress.stages}
    transcribe = stages["transcribe"]
    assert (transcribe.done, transcribe.of, transcribe.seconds) == (1, 2, 3.5)
    assert 0 < progress.share < 1


@pytest.mark.parametrize("state", get_args(JobState))
def test_each_state_can_be_shown(state: JobState, stores: Deployment) -> None:
    now = datetime.now(UTC)
    source = Source(bucket="b", name="a.wav", generation=1)
    job = Job(
        job_id=source.job_id,
        source=source,
        run=1,
        execution="",
        state=state,
        created=now,
        updated=now,
        expires=now,
    )
    assert current_view(job, stores).progress.share == (1 if state == "done" else 0)
