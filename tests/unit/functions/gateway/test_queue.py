"""The queue and each job show what a job that has not ended waits for, as its documents show it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.gateway.job_view import current_view
from functions.gateway.queue_reader import QueueReader
from shared.adapters.memory import MemoryDocuments
from shared.jobs.job import KnownRecording
from shared.jobs.store import JobStore
from shared.model.api import JobView
from shared.model.contracts import Source
from shared.model.errors import NotAudio
from shared.model.options import resolve
from shared.model.queue import Queue
from shared.model.waiting import WaitReason
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, upload
from tests.support.queries import RecordingDocuments

LEASE = 60


class Clocked:
    """Jobs whose clock a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.jobs = JobStore(MemoryDocuments(), clock=lambda: self.now)

    def job(self, name: str = "a.wav") -> Source:
        """Returns a recording that is cut into three parts of sound and one of speakers."""
        source = Source(bucket="inbox", name=name, generation=1)
        self.jobs.claim(source, 1, "execution")
        _, in_force = resolve({"test": {"language": "en"}})
        self.attempt(source, "prepare", 0, "done")
        self.jobs.record_parts(source.job_id, 1, 3, 1, KnownRecording(5, {}, in_force))
        return source

    def attempt(self, source: Source, stage: str, part: int, ending: str = "") -> None:
        key = f"{stage}-{part}"
        self.jobs.start_attempt(source.job_id, key, stage, part, "owner")
        if ending == "done":
            self.jobs.records.complete_attempt(source.job_id, key, "owner", 2.0)
        elif ending:
            counted = ending == "failed for good"
            self.jobs.records.release_lease(source.job_id, key, "owner", counted=counted)

    def queue(self, prefix: str = "", limit: int = 20) -> Queue:
        """Returns the queue, after a look at each of its jobs, which must say the same."""
        queue = QueueReader(self.jobs, "").read(prefix, limit)
        for queued in queue.jobs:
            assert self.view(queued.job.id).waiting == queued.waiting
        return queue

    def view(self, job_id: str) -> JobView:
        stores = replace(memory_deployment(), jobs=self.jobs)
        job = self.jobs.find(job_id)
        assert job is not None
        return current_view(job, stores)

    def only(self) -> tuple[WaitReason, dict[str, int]]:
        (queued,) = self.queue().jobs
        return queued.waiting.reason, queued.waiting.parts


@pytest.fixture
def store() -> Clocked:
    return Clocked()


def test_a_job_that_no_execution_has_begun_waits_for_one(store: Clocked) -> None:
    source = Source(bucket="inbox", name="a.wav", generation=1)
    store.jobs.queue(source, 1, "execution")
    assert store.only() == ("execution_begin", {})


def test_parts_that_no_instance_has_begun_are_waited_for(store: Clocked) -> None:
    source = store.job()
    assert store.only() == ("stage_begin", {"transcribe": 3})
    store.attempt(source, "transcribe", 0, "done")
    assert store.only() == ("stage_begin", {"transcribe": 2})


def test_a_job_at_work_waits_for_nothing(store: Clocked) -> None:
    source = store.job()
    began = store.now
    store.attempt(source, "transcribe", 0)
    store.now += 5
    store.attempt(source, "transcribe", 1)
    store.attempt(source, "diarize", 0)
    store.attempt(source, "transcribe", 2, "failed")
    (queued,) = store.queue().jobs
    assert queued.waiting.reason == "at_work"
    assert queued.waiting.parts == {"transcribe": 2, "diarize": 1}
    assert queued.waiting.since.timestamp() == began


@pytest.mark.parametrize("ending", ["failed", "failed for good"])
def test_a_part_whose_last_attempt_failed_is_called_again(store: Clocked, ending: str) -> None:
    source = store.job()
    store.attempt(source, "transcribe", 1, ending)
    store.now += 40
    assert store.only() == ("retry", {"transcribe": 1})


def test_a_worker_whose_lease_is_over_is_lost(store: Clocked) -> None:
    source = store.job()
    store.attempt(source, "diarize", 0)
    store.now += LEASE + 1
    assert store.only() == ("worker_lost", {"diarize": 1})
    (queued,) = store.queue().jobs
    assert store.now - queued.waiting.since.timestamp() == 1


def test_when_all_stages_are_done_the_answer_is_waited_for(store: Clocked) -> None:
    source = store.job()
    for stage, parts in (("transcribe", 3), ("align", 3), ("diarize", 1)):
        for part in range(parts):
            store.attempt(source, stage, part, "done")
    assert store.only() == ("answer", {})


def test_a_failed_attempt_of_an_earlier_run_is_not_waited_for(store: Clocked) -> None:
    source = store.job()
    store.attempt(source, "transcribe", 1, "failed")
    store.now += 60
    store.jobs.claim(source, 2, "another execution")
    assert store.only() == ("stage_begin", {"prepare": 1})


def test_all_records_are_read_only_of_a_job_that_works_on_none(store: Clocked) -> None:
    """A long recording has hundreds that are done."""
    documents = RecordingDocuments()
    store.jobs = JobStore(documents, clock=lambda: store.now)
    source = store.job()
    store.attempt(source, "transcribe", 0)
    QueueReader(store.jobs, "").read("", 20)
    assert documents.recent == set()
    store.jobs.records.complete_attempt(source.job_id, "transcribe-0", "owner", 2.0)
    QueueReader(store.jobs, "").read("", 20)
    assert documents.recent == {"tasks"}


def test_a_job_that_has_ended_waits_for_nothing(store: Clocked) -> None:
    source = store.job()
    store.attempt(source, "transcribe", 0)
    store.jobs.finish(source.job_id, 1, "done")
    assert store.view(source.job_id).waiting is None


def test_a_run_that_will_be_repeated_waits_for_reconcile_and_says_why(store: Clocked) -> None:
    source = store.job()
    problem = NotAudio("a PDF").problem(source.job_id, "prepare")
    store.jobs.finish(source.job_id, 1, "retryable", problem)
    (queued,) = store.queue().jobs
    assert queued.waiting.reason == "restart"
    assert queued.waiting.problem == problem
    assert queued.job.state == "running"


def test_what_runs_comes_first_and_the_oldest_of_it(store: Clocked) -> None:
    waiting = Source(bucket="inbox", name="waits.wav", generation=1)
    store.jobs.queue(waiting, 1, "execution")
    for name in ("first.wav", "second.wav"):
        store.now += 1
        source = store.job(name)
    store.now += 1
    store.jobs.finish(source.job_id, 1, "done")
    store.job("third.wav")
    names = [queued.job.name for queued in store.queue().jobs]
    assert names == ["first.wav", "third.wav", "waits.wav"]
    shortened = store.queue(limit=2)
    assert ([queued.job.name for queued in shortened.jobs], shortened.is_complete) == (
        ["first.wav", "third.wav"],
        False,
    )
    assert [queued.job.name for queued in store.queue("wai").jobs] == ["waits.wav"]
    assert store.queue("wai").is_complete


def test_a_key_sees_the_queue_of_its_folder() -> None:
    stores = memory_deployment()
    for name in ("team-a/call.wav", "team-b/call.wav"):
        begin(stores, upload(stores, name))
    done_job(stores, "team-a/done.wav")
    with gateway_client(stores) as client:
        of_team = key_headers(stores, ("read",), "team-a/")
        found = client.get("/api/v1/queue", headers=of_team).json()
        assert [queued["job"]["name"] for queued in found["jobs"]] == ["team-a/call.wav"]
        too_many = client.get("/api/v1/queue?limit=51", headers=of_team)
        assert too_many.status_code == 422


def test_a_lease_in_the_far_future_is_no_work(store: Clocked) -> None:
    source = store.job()
    store.now += timedelta(days=1).total_seconds()
    store.attempt(source, "transcribe", 0)
    store.now -= timedelta(hours=23).total_seconds()
    assert store.only() == ("worker_lost", {"transcribe": 1})
