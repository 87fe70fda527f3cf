"""The end of a job is published at least once: by finalize, or else by reconcile."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest
from cloudevents.http import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from functions.finalize.job import finalize
from functions.prepare.job import prepare
from functions.reconcile import sweep as sweep_module
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.adapters.memory import MemoryBlobs, MemoryDocuments, MemoryEvents
from shared.generate import CONTRACTS
from shared.jobs.event_log import event_log_of
from shared.jobs.events import publish_job_event
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.artifacts import Aligned
from shared.model.contracts import Artifact, Engine, Problem, Source, StageRequest
from shared.model.errors import Cancelled, EventsUnavailable, RecordingErased, Transient
from shared.ports.documents import Document, Documents
from shared.ports.events import EventPublisher
from shared.ports.executions import ActiveExecution
from shared.runtime.execution import store_output
from shared.runtime.stage import SingleOutput
from tests.support.interleaving import Killed, Steps, Turn, Worker, play
from tests.support.recordings import speech, wav

SOURCE = Source(bucket="dropscribe-inbox", name="team/call.wav", generation=1)
SWEEP_AT_ONCE = SweepRequest(unanswered_after=0)
FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
NOT_AUDIO = Problem(
    type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="words of the recording"
)
BY_REQUEST = Cancelled("by request").problem(SOURCE.job_id, None)
PROBLEMS: dict[str, Problem | None] = {"done": None, "failed": NOT_AUDIO, "cancelled": BY_REQUEST}


class UnavailableEvents(MemoryEvents):
    """Publishes nothing until `is_down` is cleared."""

    is_down = True

    def publish(self, event: CloudEvent) -> None:
        if self.is_down:
            raise EventsUnavailable("RetryError from Pub/Sub")
        super().publish(event)


class UnreliableEvents(MemoryEvents):
    """Fails the calls for which `outages` has a True, in their order."""

    def __init__(self, outages: list[bool]) -> None:
        super().__init__()
        self.outages = list(outages)

    def publish(self, event: CloudEvent) -> None:
        if self.outages and self.outages.pop(0):
            raise EventsUnavailable("RetryError from Pub/Sub")
        super().publish(event)


class NoExecutions:
    """Executions of which none may be started."""

    def start(self, source: Source, run: int) -> str:
        raise AssertionError("no run is to be started")

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        raise AssertionError("no problem is to be reported")

    def delete_audio(self, source: Source, run: int) -> str:
        raise AssertionError("no audio is to be deleted")

    def draw_edits(self, source: Source, run: int) -> str:
        raise AssertionError("no edits are to be drawn")

    def is_active(self, execution: str) -> bool:
        return False

    def list_active(self) -> Iterator[ActiveExecution]:
        return iter(())

    def cancel(self, execution: str) -> None:
        """There is none."""


@cache
def stages_output() -> tuple[MemoryBlobs, Mapping[str, Artifact], Mapping[str, JsonValue]]:
    """Returns all objects that the stages make of a second of silence, and the inputs and params of
    finalize."""
    blobs = MemoryBlobs()
    silence = wav(speech()[:16_000] * 0)
    blobs.put(SOURCE.uri, silence, if_generation_match=0, metadata={"x-order-id": "77"})
    params: dict[str, JsonValue] = {"run": 1, "execution": "run 1"}
    prepared = prepare(
        StageRequest(source=SOURCE, params=params), blobs, JobStore(MemoryDocuments())
    )
    engine = Engine(name="e", version="1")
    nothing = Aligned(segments=(), words=(), asr=engine, engines=(engine,))
    words = store_output("gs://dropscribe-work/x", SingleOutput("aligned", nothing), blobs)
    manifest = prepared.outputs["manifest"]
    assert isinstance(manifest, Artifact) and prepared.plan["finalize"]
    return blobs, {"manifest": manifest, "words-0": words}, prepared.plan["finalize"]


def new_blobs() -> MemoryBlobs:
    blobs = MemoryBlobs()
    for blob in stages_output()[0].list("gs://"):
        content = stages_output()[0].read(blob.uri)
        blobs.put(blob.uri, content, if_generation_match=0, metadata=blob.metadata)
    return blobs


def request_to_finalize(end: str, run: int) -> StageRequest:
    """Returns the workflow's request to finalize at the end of a run."""
    problem = PROBLEMS.get(end)
    params: dict[str, JsonValue] = {"run": run, "execution": f"run {run}"}
    if end == "retryable":
        return StageRequest(source=SOURCE, params={**params, "error": {"code": 503}})
    if problem:
        return StageRequest(
            source=SOURCE, params={**params, "error": {"problem": problem.model_dump()}}
        )
    _, inputs, planned = stages_output()
    return StageRequest(source=SOURCE, inputs=dict(inputs), params={**planned, **params})


@pytest.fixture
def blobs() -> MemoryBlobs:
    return new_blobs()


@pytest.fixture
def jobs() -> JobStore:
    return JobStore(MemoryDocuments())


def job_of(jobs: JobStore) -> Job:
    job = jobs.find(SOURCE.job_id)
    assert job is not None
    return job


@pytest.mark.parametrize("end", PROBLEMS)
def test_each_end_is_published_after_the_answer_and_the_state_are_written(
    blobs: MemoryBlobs, jobs: JobStore, end: str
) -> None:
    class CheckingEvents(MemoryEvents):
        def publish(self, event: CloudEvent) -> None:
            mark = "transcript.json" if end == "done" else "problem.json"
            assert blobs.find(f"gs://dropscribe-outbox/{SOURCE.name}/{mark}"), (
                "the answer is written before"
            )
            assert job_of(jobs).state == end, "the job is finished before"
            super().publish(event)

    publisher = CheckingEvents()
    finalized = finalize(request_to_finalize(end, 1), blobs, jobs, publisher)
    (event,) = publisher.events
    problem = PROBLEMS[end]
    assert event.get_data() == {
        "job_id": SOURCE.job_id,
        "source": SOURCE.model_dump(),
        "run": 1,
        "state": end,
        "outputs": finalized.outputs,
        "problem_type": problem.type if problem else None,
        "warnings": ["no_speech"] if end == "done" else [],
        "tags": {"x-order-id": "77"},
    }
    assert (event["type"], event["id"]) == (f"dropscribe.job.{end}", f"{SOURCE.job_id}-1-{end}")
    assert job_of(jobs).notification == "sent"
    schema = json.loads((CONTRACTS / "job-event.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(event.get_data(), schema)


def test_an_event_does_not_contain_the_detail_of_a_problem(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    publisher = MemoryEvents()
    finalize(request_to_finalize("failed", 1), blobs, jobs, publisher)
    assert NOT_AUDIO.detail not in str(publisher.events[0])


def test_a_failure_that_may_pass_is_not_published(blobs: MemoryBlobs, jobs: JobStore) -> None:
    publisher = MemoryEvents()
    assert (
        finalize(request_to_finalize("retryable", 1), blobs, jobs, publisher).state == "retryable"
    )
    assert publisher.events == []


def test_an_end_is_logged_where_no_events_are_published(blobs: MemoryBlobs, jobs: JobStore) -> None:
    assert finalize(request_to_finalize("done", 1), blobs, jobs).state == "done"
    assert job_of(jobs).notification == "sent"
    (logged,) = event_log_of(jobs).read(0, 10)
    job = logged.ended_job
    assert (logged.number, logged.event_id) == (1, f"{SOURCE.job_id}-1-done")
    assert (job.name, job.tags) == (SOURCE.name, {"x-order-id": "77"})


def test_finalize_called_again_publishes_nothing_more(blobs: MemoryBlobs, jobs: JobStore) -> None:
    publisher = MemoryEvents()
    for _ in range(2):
        finalize(request_to_finalize("done", 1), blobs, jobs, publisher)
    assert len(publisher.events) == 1


@pytest.mark.parametrize("end", PROBLEMS)
def test_an_outage_of_pubsub_fails_no_job_and_reconcile_publishes_the_event(
    blobs: MemoryBlobs, jobs: JobStore, end: str
) -> None:
    publisher = UnavailableEvents()
    assert finalize(request_to_finalize(end, 1), blobs, jobs, publisher).state == end
    assert job_of(jobs).notification == "due"
    sweep = Sweep(blobs, jobs, NoExecutions(), publisher)
    assert sweep(SWEEP_AT_ONCE).published == 0, "an outage does not end the sweep"
    publisher.is_down = False
    assert (sweep(SWEEP_AT_ONCE).published, sweep(SWEEP_AT_ONCE).published) == (1, 0)
    assert [event["id"] for event in publisher.events] == [f"{SOURCE.job_id}-1-{end}"]


def test_reconcile_publishes_what_finalize_was_killed_before_marking_as_sent(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    for late, copies in ((False, 1), (True, 2)):
        jobs.documents.delete(f"jobs/{SOURCE.job_id}")
        publisher = MemoryEvents()

        def work(worker: Worker, publisher: Any = publisher) -> object:
            return finalize(request_to_finalize("failed", 1), blobs, jobs, Steps(publisher, worker))

        assert isinstance(play([work], [Turn(0, kill=True, late=late)])[0], Killed)
        assert job_of(jobs).notification == "due"
        assert Sweep(blobs, jobs, NoExecutions(), publisher)(SWEEP_AT_ONCE).published == 1
        assert [event["id"] for event in publisher.events] == [f"{SOURCE.job_id}-1-failed"] * copies


def test_copies_of_an_event_are_equal(jobs: JobStore, blobs: MemoryBlobs) -> None:
    """Even if the job's document was changed in between."""
    publisher = UnavailableEvents()
    finalize(request_to_finalize("done", 1), blobs, jobs, publisher)
    publisher.is_down = False
    publish_job_event(SOURCE.job_id, JobStore(LosingDocuments(jobs.documents)), publisher)
    jobs.record_parts(SOURCE.job_id, 1, chunks=1, spans=1)
    publish_job_event(SOURCE.job_id, jobs, publisher)
    first, second = publisher.events
    assert (first.get_attributes(), first.get_data()) == (
        second.get_attributes(),
        second.get_data(),
    )


class LosingDocuments(MemoryDocuments):
    """Documents whose writes are lost."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self.documents = documents

    def get(self, path: str) -> tuple[Document, object] | None:
        return self.documents.get(path)

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        return True


def test_a_job_that_ended_a_moment_ago_is_left_to_finalize(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    publisher = UnavailableEvents()
    finalize(request_to_finalize("done", 1), blobs, jobs, publisher)
    publisher.is_down = False
    assert (
        Sweep(blobs, jobs, NoExecutions(), publisher)(SweepRequest(unanswered_after=60)).published
        == 0
    )


def test_many_due_notifications_take_several_sweeps(
    blobs: MemoryBlobs, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "MAX_EVENTS", 2)
    sources = [SOURCE.model_copy(update={"generation": number}) for number in range(2, 7)]
    for source in sources:
        jobs.claim(source, 1, "e")
        jobs.finish(source.job_id, 1, "done")
    publisher = MemoryEvents()
    sweep = Sweep(MemoryBlobs(), jobs, NoExecutions(), publisher)
    assert [sweep(SWEEP_AT_ONCE).published for _ in range(4)] == [2, 2, 1, 0]
    assert {event["id"] for event in publisher.events} == {
        f"{source.job_id}-1-done" for source in sources
    }


def test_a_sweep_leaves_no_notification_due(blobs: MemoryBlobs, jobs: JobStore) -> None:
    for number in range(2, 52):
        source = SOURCE.model_copy(update={"generation": number})
        jobs.claim(source, 1, "e")
        jobs.finish(source.job_id, 1, "done")
    sweep = Sweep(MemoryBlobs(), jobs, NoExecutions(), MemoryEvents())
    assert sweep(SWEEP_AT_ONCE).published == 50
    assert list(jobs.list_unnotified()) == []


def test_nothing_is_published_for_an_erased_job_or_a_run_before_the_current_one(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    publisher = UnavailableEvents()
    finalize(request_to_finalize("done", 1), blobs, jobs, publisher)
    assert jobs.claim(SOURCE, 2, "run 2")
    publisher.is_down = False
    sweep = Sweep(blobs, jobs, NoExecutions(), publisher)
    assert not sweep.publish_due(job_of(jobs).updated)
    finalize(request_to_finalize("failed", 2), blobs, jobs, UnavailableEvents())
    jobs.erase(SOURCE)
    assert not sweep.publish_due(job_of(jobs).updated) and publisher.events == []


lists_of_ends = st.lists(st.sampled_from([*PROBLEMS, "retryable"]), min_size=1, max_size=3)
kills = st.sampled_from([False] * 5 + [True])
bursts = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 25), kills, st.booleans()), max_size=8
)
"""(worker, steps in a row, whether it is killed at the last one, whether after its effect). A few
switches anywhere find more than many at random."""


@settings(max_examples=200, deadline=None)
@given(lists_of_ends, st.integers(0, 1), st.booleans(), st.lists(st.booleans(), max_size=6), bursts)
def test_in_any_interleaving_the_end_of_the_current_run_is_published(
    ends: list[str],
    copies: int,
    erased: bool,
    outages: list[bool],
    order: list[tuple[int, int, bool, bool]],
) -> None:
    """At once: a run for each of `ends`, finalize called again for the first, reconcile, and maybe
    an erasure, each killed anywhere. Pub/Sub fails at some of the calls."""
    blobs, documents, publisher = new_blobs(), MemoryDocuments(), UnreliableEvents(outages)

    def finish_run(end: str, run: int) -> Callable[[Worker], object]:
        return lambda worker: finalize(request_to_finalize(end, run), *stepwise(worker))

    def stepwise(worker: Worker) -> tuple[Any, JobStore, EventPublisher]:
        return (
            Steps(blobs, worker),
            JobStore(Steps(documents, worker)),
            Steps(publisher, worker),
        )

    def reconcile(worker: Worker) -> object:
        store, jobs, completions = stepwise(worker)
        return Sweep(store, jobs, NoExecutions(), completions).publish_due(FAR_FUTURE)

    works = (
        [finish_run(end, run) for run, end in enumerate(ends, 1)]
        + [finish_run(ends[0], 1)] * copies
        + [reconcile]
    )
    works += [lambda worker: stepwise(worker)[1].erase(SOURCE)] * erased
    turns: list[Turn] = []
    for worker, steps, kill, late in order:
        turns += [Turn(worker)] * (steps - 1)
        turns.append(Turn(worker, kill, late))
    results = play(works, turns)
    assert all(
        not isinstance(one, Exception) or isinstance(one, Transient | RecordingErased)
        for one in results
    )

    publisher.outages.clear()
    before, jobs = len(publisher.events), JobStore(documents)
    Sweep(blobs, jobs, NoExecutions(), publisher).publish_due(FAR_FUTURE)
    job, ids = jobs.find(SOURCE.job_id), [event["id"] for event in publisher.events]
    # A cancelled job that was claimed again is cancelled, but has not ended.
    if job and job.state in PROBLEMS and job.ended:
        assert f"{job.job_id}-{job.run}-{job.state}" in ids, "it was published at least once"
    if job and job.state == "erased":
        assert len(ids) == before, "nothing is published after the erasure"
    assert list(jobs.list_unnotified()) == []
    assert set(ids) <= {f"{SOURCE.job_id}-{run}-{end}" for run, end in enumerate(ends, 1)}, (
        "only ends that happened are published"
    )
