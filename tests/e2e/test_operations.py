"""The CLI's operations on jobs and reconcile work, seen from outside through the bucket."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from local.layout import INBOX, OUTBOX, WORK
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav
from tests.support.slow import HURRY

FIVE_SECONDS = speech()[104_000:184_000]
SLOWLY = {"language": "en", "initial-prompt": "for a minute"}


@pytest.fixture
def running(cloud: Cloud) -> Iterator[Source]:
    """A job that is being transcribed."""
    source = cloud.upload("slow.wav", wav(FIVE_SECONDS), SLOWLY)
    cloud.until(lambda: at_work(cloud, source, "transcribe"), 30, "transcription at work")
    yield source
    with without_pauses(cloud):
        await_end(cloud, source)


@contextmanager
def without_pauses(cloud: Cloud) -> Iterator[None]:
    """Ends the pauses of recordings that are at work, and has none while the block runs."""
    file = cloud.home.folder / HURRY
    file.touch()
    try:
        yield
    finally:
        file.unlink()


def await_end(cloud: Cloud, source: Source) -> None:
    cloud.until(lambda: not at_work(cloud, source, "transcribe"), 30, "end of the transcription")


def at_work(cloud: Cloud, source: Source, stage: str) -> bool:
    return any(
        task.stage == stage and task.state == "running"
        for task in cloud.jobs.records.of_job(source.job_id)
    )


def reconcile(cloud: Cloud) -> dict[str, int]:
    answer = httpx.post(
        cloud.home.ports().url("reconcile"), json={"unanswered_after": 0}, timeout=60
    )
    return dict(answer.raise_for_status().json())


def test_a_cancelled_job_is_answered_with_a_problem_and_stays_so(
    cloud: Cloud, running: Source
) -> None:
    assert cloud.command("cancel", running.job_id).returncode == 0
    assert cloud.answer(running).problem["type"] == "urn:dropscribe:problem:cancelled"
    assert cloud.job(running).state == "cancelled"
    reconcile(cloud)
    assert cloud.job(running).run == 3, "reconcile leaves it alone"
    assert cloud.command("cancel", running.job_id).returncode == 0
    assert cloud.job(running).run == 3, "it is cancelled already"


def test_a_cancelled_job_can_be_run_again(cloud: Cloud, running: Source) -> None:
    cloud.command("cancel", running.job_id)
    cloud.answer(running)
    assert cloud.command("redrive", running.job_id).stdout == f"{running.job_id}: run 5\n"
    with without_pauses(cloud):
        cloud.until(lambda: cloud.job(running).state == "done", 30, "end of the new run")
    assert cloud.answer(running).transcript["job"]["run"] == 5


def test_a_recording_is_cancelled_by_its_name(cloud: Cloud, running: Source) -> None:
    assert cloud.command("cancel", running.name).stdout == f"{running.job_id}: cancelled\n"
    assert cloud.answer(running).problem["type"] == "urn:dropscribe:problem:cancelled"


def test_a_running_job_is_not_run_again(cloud: Cloud, running: Source) -> None:
    done = cloud.command("redrive", running.job_id)
    assert done.returncode == 1 and "cancel it first" in done.stderr


def test_an_erased_recording_leaves_nothing_but_that_it_was_erased(
    cloud: Cloud, running: Source
) -> None:
    assert cloud.command("erase", running.name, "--yes").returncode == 0
    with without_pauses(cloud):
        await_end(cloud, running)
    cloud.until(lambda: not cloud.work(running), 10, "empty work folder")
    assert cloud.files(running.name) == {}
    assert cloud.client.bucket(INBOX).get_blob(running.name) is None
    job = cloud.job(running)
    assert (job.state, job.source.name) == ("erased", "(erased)")
    assert cloud.jobs.records.of_job(running.job_id) == []


def test_an_erasure_spares_the_answers_beneath(cloud: Cloud) -> None:
    above, beneath = (
        cloud.upload(name, wav(FIVE_SECONDS)) for name in ("nested.wav", "nested.wav/inner.wav")
    )
    for source in (above, beneath):
        cloud.answer(source)
    assert cloud.command("erase", "nested.wav", "--yes").returncode == 0
    assert "transcript.json" in cloud.files("nested.wav/inner.wav")
    left = {blob.name for blob in cloud.client.list_blobs(OUTBOX, prefix="nested.wav/")}
    assert all(name.startswith("nested.wav/inner.wav/") for name in left)
    assert not list(cloud.client.list_blobs(WORK, prefix=f"{above.job_id}/"))


def test_what_failed_is_listed_and_run_again_from_where_it_failed(cloud: Cloud) -> None:
    source = cloud.upload("wrong-then-right/a.wav", wav(FIVE_SECONDS), {"language": "la"})
    cloud.answer(source)
    assert source.job_id in cloud.command("failed").stdout
    done = cloud.command("redrive", source.job_id, "--set", "language=en")
    assert done.returncode == 0, done.stderr
    cloud.until(lambda: cloud.job(source).state == "done", 30, "end of the new run")
    transcript = cloud.answer(source).transcript
    assert transcript["options"]["language"] == {"value": "en", "origin": "redrive"}
    assert {task.stage: task.reused for task in cloud.jobs.records.of_job(source.job_id)}["prepare"]


def test_a_slip_in_a_redrive_costs_neither_the_answer_nor_the_next_redrive(cloud: Cloud) -> None:
    metadata = {"language": "en-US", "x-order-id": "77", "gcsfuse_mtime": "now"}
    source = cloud.upload("slip.wav", wav(FIVE_SECONDS), metadata)
    assert cloud.answer(source).transcript["tags"] == {"x-order-id": "77"}
    before = cloud.files("slip.wav")

    misspelt = cloud.command("redrive", source.job_id, "--set", "speakrs=2")
    assert misspelt.returncode == 2 and "did you mean 'speakers'?" in misspelt.stderr
    assert cloud.job(source).run == 1, "nothing has started"

    started = cloud.command("redrive", source.job_id, "--set", "language=la")
    assert started.returncode == 0, "only the model knows that it does not support it"
    cloud.until(lambda: cloud.job(source).state == "failed", 30, "end of the redrive")
    assert cloud.files("slip.wav") == before
    assert "language is 'la'" in cloud.command("failed").stdout

    cloud.command("redrive", source.job_id)
    cloud.until(lambda: cloud.job(source).state == "done", 30, "end of the next redrive")
    cloud.command("redrive", source.job_id, "--set", "diarize=no")
    cloud.until(lambda: cloud.settled(source), 30, "end of the run without speakers")
    cloud.command("redrive", source.job_id, "--reset-options")
    cloud.until(lambda: cloud.settled(source), 30, "end of the run with the upload's options")
    diarize = cloud.answer(source).transcript["options"]["diarize"]
    assert diarize == {"value": True, "origin": "built in"}


def test_an_event_that_never_came_is_made_up_for(cloud: Cloud) -> None:
    """As good as never: nothing is left of what it led to."""
    source = cloud.upload("lost.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    for blob in cloud.client.list_blobs(OUTBOX, prefix="lost.wav/"):
        blob.delete()
    cloud.jobs.documents.delete(f"jobs/{source.job_id}")
    assert reconcile(cloud)["started"] == 1
    assert "segments" in cloud.answer(source).transcript


def test_two_sweeps_at_once_give_one_answer(cloud: Cloud) -> None:
    source = cloud.upload("swept.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    for blob in cloud.client.list_blobs(OUTBOX, prefix="swept.wav/"):
        blob.delete()
    cloud.leave_unanswered(source, run=1)
    assert sum(reconcile(cloud)["started"] for _ in range(2)) >= 1
    assert cloud.answer(source).transcript["job"]["run"] == 2


def test_a_job_that_never_ends_is_given_up(cloud: Cloud) -> None:
    source = cloud.upload("hopeless.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    for blob in cloud.client.list_blobs(OUTBOX, prefix="hopeless.wav/"):
        blob.delete()
    cloud.leave_unanswered(source, run=6)
    assert reconcile(cloud)["given_up"] == 1
    assert cloud.answer(source).problem["type"] == "urn:dropscribe:problem:given-up"
    assert reconcile(cloud)["started"] == 0


def test_status_tells_how_far_a_job_is(cloud: Cloud, running: Source) -> None:
    listed = cloud.command("status").stdout
    assert running.job_id in listed and " running" in listed
    stages = cloud.command("status", running.name).stdout
    assert "prepare         done, " in stages and "transcribe      0 of 1, " in stages
