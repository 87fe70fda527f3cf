"""A batch has one end: once in the feed, after those of its jobs, whatever is killed and erased."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cloudevents.http import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.gateway.deployment import Deployment
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.adapters.memory import MemoryDocuments, MemoryEvents
from shared.jobs.batch_store import BatchStore
from shared.jobs.event_log import event_log_of
from shared.jobs.events import publish_job_event
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.errors import EventsUnavailable
from tests.contract.conftest import Clock
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload
from tests.support.interleaving import Steps, Turn, Worker, play

OURS, THEIRS = "team-a/", "team-b/"


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


@pytest.fixture
def headers(stores: Deployment) -> dict[str, str]:
    return key_headers(stores, folder=OURS)


def make(client: httpx.Client, headers: dict[str, str], **body: Any) -> Any:
    answer = client.post("/api/v1/batches", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/batches/{made['id']}"
    return made


def look(client: httpx.Client, headers: dict[str, str], batch: Any) -> Any:
    answer = client.get(f"/api/v1/batches/{batch['id']}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def feed(client: httpx.Client, headers: dict[str, str]) -> list[Any]:
    body = client.get("/api/v1/events", headers=headers).json()
    return list(body["events"])


def test_a_batch_ends_with_the_last_of_its_jobs(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    sources = [upload(stores, f"team-a/{number}.wav") for number in range(3)]
    for source in sources:
        begin(stores, source)
    ids = [source.job_id for source in sources]
    batch = make(client, headers, jobs=[*ids, ids[0]], metadata={"case": "12"})
    assert batch["counts"]["pending"] == batch["counts"]["jobs"] == 3
    finish(stores, sources[0])
    fail(stores, sources[1])
    half = look(client, headers, batch)
    assert (half["state"], half["ended"]) == ("open", None)
    assert [job["state"] for job in half["jobs"]] == ["done", "failed", None]
    assert half["jobs"][0]["link"] == f"/api/v1/jobs/{ids[0]}"
    assert len(feed(client, headers)) == 2
    finish(stores, sources[2])
    whole = look(client, headers, batch)
    assert whole["state"] == "done"
    *_, last = feed(client, headers)
    counts = {"jobs": 3, "pending": 0, "done": 2, "failed": 1, "cancelled": 0, "erased": 0}
    assert whole["counts"] == counts
    assert (last["type"], last["id"]) == ("dropscribe.batch.done", f"{batch['id']}-done")
    assert last["timestamp"] == whole["ended"]
    assert last["data"] == {
        "batch_id": batch["id"],
        "counts": counts,
        "metadata": {"case": "12"},
        "links": {"batch": f"/api/v1/batches/{batch['id']}"},
    }
    finish(stores, sources[2])
    assert len(feed(client, headers)) == 4


def test_a_batch_of_jobs_that_have_ended_ends_at_once(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    done_job(stores, "team-a/a/1.wav")
    done_job(stores, "team-a/a/2.wav")
    done_job(stores, "team-a/b.wav")
    done_job(stores, "team-b/a/3.wav")
    batch = make(client, headers, prefix="team-a/a/")
    assert (batch["state"], batch["counts"]["done"]) == ("done", 2)
    assert [event["type"] for event in feed(client, headers)][-1] == "dropscribe.batch.done"


def test_a_job_ends_all_of_its_batches_however_many_there_are(
    stores: Deployment,
) -> None:
    """Two pages and a half of them end with it, and every other one waits for another job."""
    last, running = upload(stores, "team-a/1.wav"), upload(stores, "team-a/2.wav")
    begin(stores, last)
    begin(stores, running)
    members = []
    for source in (last, running):
        job = stores.jobs.find(source.job_id)
        assert job is not None
        members.append(job)
    batches = BatchStore(stores.jobs, None)
    made = [batches.create("key", OURS, members[: 1 + number % 2], {}) for number in range(250)]
    finish(stores, last)
    found = [batches.find(batch.batch_id) for batch in made]
    states = [(batch.state, batch.counts().done) for batch in found if batch is not None]
    assert states == [("done", 1), ("open", 1)] * 125
    ended = [event.batch for event in event_log_of(stores.jobs).read(0, 1000) if event.batch]
    assert len(ended) == 125


def test_an_erased_job_counts_as_ended(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    running = upload(stores, "team-a/running.wav")
    erased = done_job(stores, "team-a/erased.wav")
    stores.operations.erase(erased.bucket, erased.name)
    begin(stores, running)
    batch = make(client, headers, jobs=[running.job_id, erased.job_id])
    assert batch["counts"]["erased"] == 1
    stores.operations.erase(running.bucket, running.name)
    assert look(client, headers, batch)["counts"]["erased"] == 2
    assert [event["type"] for event in feed(client, headers)][-1] == "dropscribe.batch.done"


def test_jobs_that_are_added_or_run_again_later_change_no_batch(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    first = done_job(stores, "team-a/a/1.wav")
    running = upload(stores, "team-a/a/2.wav")
    begin(stores, running)
    batch = make(client, headers, prefix="team-a/a/")
    done_job(stores, "team-a/a/3.wav")
    begin(stores, first, run=2)
    finish(stores, running)
    whole = look(client, headers, batch)
    assert (whole["state"], whole["counts"]["jobs"]) == ("done", 2)


def test_only_jobs_that_the_key_may_see_make_a_batch_and_only_its_folder_sees_it(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    ours, theirs = done_job(stores, "team-a/1.wav"), done_job(stores, "team-b/2.wav")
    body = {"jobs": [ours.job_id, theirs.job_id]}
    assert client.post("/api/v1/batches", json=body, headers=headers).status_code == 404
    batch = make(client, headers, jobs=[ours.job_id])
    other = key_headers(stores, folder=THEIRS)
    path = f"/api/v1/batches/{batch['id']}"
    assert client.get(path, headers=other).status_code == 404
    assert client.get(path, headers=key_headers(stores)).status_code == 200
    types = [event["type"] for event in feed(client, other)]
    assert types == ["dropscribe.job.done"], "their own job only"
    whole_inbox = make(client, key_headers(stores), jobs=[ours.job_id])
    assert client.get(f"/api/v1/batches/{whole_inbox['id']}", headers=headers).status_code == 404


BAD_BODIES: list[tuple[dict[str, Any], int]] = [
    ({}, 422),
    ({"jobs": []}, 422),
    ({"jobs": ["0" * 20], "prefix": ""}, 422),
    ({"jobs": ["../../keys/x"]}, 422),
    ({"jobs": ["0" * 20]}, 404),
    ({"jobs": ["0" * 20] * 1001}, 422),
    ({"prefix": "nonesuch"}, 400),
    ({"prefix": "", "metadata": {"a": "b" * 2048}}, 400),
]


@pytest.mark.parametrize(("body", "status"), BAD_BODIES, ids=str)
def test_a_batch_that_cannot_be_is_refused(
    stores: Deployment,
    client: httpx.Client,
    headers: dict[str, str],
    body: dict[str, Any],
    status: int,
) -> None:
    done_job(stores, "team-a/1.wav")
    assert client.post("/api/v1/batches", json=body, headers=headers).status_code == status


def test_a_batch_has_at_most_a_thousand_jobs(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    for number in range(1, 1002):
        source = Source(bucket="dropscribe-inbox", name=f"team-a/{number}.wav", generation=number)
        stores.jobs.claim(source, 1, "run 1")
    body = {"prefix": "team-a/"}
    answer = client.post("/api/v1/batches", json=body, headers=headers)
    assert answer.status_code == 400 and "1000" in answer.json()["detail"]
    stores.jobs.erase(source)
    stores.jobs.forget_name(source.job_id)
    assert make(client, headers, prefix="team-a/")["counts"]["pending"] == 1000


bursts = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.booleans(), st.booleans()), max_size=10
)


@settings(max_examples=100, deadline=None)
@given(bursts)
def test_a_batch_ends_once_whatever_is_killed(
    order: list[tuple[int, int, bool, bool]],
) -> None:
    """The ends of three jobs are logged while a batch of them is made; all may be killed at any
    write. Then reconcile does the rest."""
    documents = MemoryDocuments()
    clock = Clock()
    jobs = JobStore(documents, clock=clock)
    sources = [Source(bucket="inbox", name=f"{each}.wav", generation=each) for each in (1, 2, 3)]
    for source in sources:
        jobs.claim(source, 1, "run 1")
        jobs.finish(source.job_id, 1, "done")

    def publish(source: Source, worker: Worker) -> object:
        return publish_job_event(
            source.job_id, JobStore(Steps(documents, worker), clock=clock), None
        )

    def make_batch(worker: Worker) -> object:
        members = [job for job in map(jobs.find, (each.job_id for each in sources)) if job]
        store = BatchStore(JobStore(Steps(documents, worker), clock=clock), None, readers=1)
        return store.create("key", "", members, {})

    works = [make_batch]
    works += [lambda worker, source=source: publish(source, worker) for source in sources]  # type: ignore[misc]
    turns: list[Turn] = []
    for worker, count, kill, late in order:
        turns += [Turn(worker)] * count + [Turn(worker, kill, late)]
    results = play(works, turns)
    assert not [each for each in results if isinstance(each, Exception)]
    deployment = memory_deployment(documents)
    sweeps = Sweep(deployment.blobs, jobs, deployment.executions)
    clock.now += 3600
    sweeps(SweepRequest(unanswered_after=600))
    clock.now += 3600
    sweeps(SweepRequest(unanswered_after=600))
    batches = list(documents.list_recent("batches", 10))
    logged = deployment.events.read(0, 100)
    ended = [event for event in logged if event.batch is not None]
    assert len(ended) == len(batches) <= 1
    assert len(logged) == 3 + len(batches)
    assert all(batch["state"] == "done" for batch in batches)


def test_an_end_that_is_logged_while_the_batch_is_made_is_not_missed() -> None:
    """It is logged before the batch is there, and marked as sent after its jobs were looked at."""
    jobs = JobStore(MemoryDocuments())
    source = Source(bucket="inbox", name="a.wav", generation=1)
    jobs.claim(source, 1, "run 1")
    jobs.finish(source.job_id, 1, "done")
    job = jobs.find(source.job_id)
    assert job is not None
    event_log_of(jobs).append(job)
    batch = BatchStore(jobs, None).create("key", "", [job], {})
    assert batch.state == "done"


def test_an_end_counts_once_it_is_logged() -> None:
    jobs = JobStore(MemoryDocuments())
    source = Source(bucket="inbox", name="a.wav", generation=1)
    jobs.claim(source, 1, "run 1")
    jobs.finish(source.job_id, 1, "done")
    job = jobs.find(source.job_id)
    assert job is not None
    assert BatchStore(jobs, None).create("key", "", [job], {}).state == "open"
    publish_job_event(source.job_id, jobs, None)
    types = [event.type for event in event_log_of(jobs).read(0, 10)]
    assert types == ["dropscribe.job.done", "dropscribe.batch.done"]


class UnavailableEvents(MemoryEvents):
    """Publishes nothing while `is_down`."""

    is_down = False

    def publish(self, event: CloudEvent) -> None:
        if self.is_down:
            raise EventsUnavailable("RetryError from Pub/Sub")
        super().publish(event)


def test_the_end_of_a_batch_is_published_and_after_an_outage_reconcile_does_so() -> None:
    for is_down in (False, True):
        stores = memory_deployment()
        publisher = UnavailableEvents()
        source = upload(stores)
        begin(stores, source)
        stores.jobs.finish(source.job_id, 1, "done")
        job = stores.jobs.find(source.job_id)
        assert job is not None
        batch = BatchStore(stores.jobs, publisher).create("key", OURS, [job], {"case": "12"})
        publisher.is_down = is_down
        with suppress(EventsUnavailable):
            publish_job_event(source.job_id, stores.jobs, publisher)
        publisher.is_down = False
        sweep = Sweep(stores.blobs, stores.jobs, stores.executions, publisher)
        sweep(SweepRequest(unanswered_after=0))
        ids = [event["id"] for event in publisher.events]
        assert sorted(ids) == sorted([f"{source.job_id}-1-done", f"{batch.batch_id}-done"])
        (event,) = [each for each in publisher.events if each["type"] == "dropscribe.batch.done"]
        assert event["subject"] == batch.batch_id
        data = event.get_data()
        assert data is not None
        assert (data["folder"], data["counts"]["done"]) == (OURS, 1)
        found = BatchStore(stores.jobs, publisher).find(batch.batch_id)
        assert found is not None and found.state == "done"


def test_the_end_that_an_erasure_brings_is_in_the_feed_at_once_and_published_by_reconcile(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    source = upload(stores)
    begin(stores, source)
    batch = make(client, headers, jobs=[source.job_id])
    stores.operations.erase(source.bucket, source.name)
    (ended,) = feed(client, headers)
    assert ended["id"] == f"{batch['id']}-done"
    publisher = MemoryEvents()
    for _ in range(2):
        Sweep(stores.blobs, stores.jobs, stores.executions, publisher)(SweepRequest())
    assert [event["id"] for event in publisher.events] == [ended["id"]]
    assert len(feed(client, headers)) == 1


def test_reconcile_looks_only_at_batches_that_are_open_for_long(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    job = stores.jobs.find(source.job_id)
    assert job is not None
    batch = BatchStore(stores.jobs, None).create("key", "", [job], {})
    stores.jobs.documents.delete(f"jobs/{source.job_id}")
    store = BatchStore(stores.jobs, None)
    store.finish_abandoned(batch.updated - timedelta(seconds=1))
    found = store.find(batch.batch_id)
    assert found is not None and found.state == "open"
    store.finish_abandoned(batch.updated + timedelta(seconds=1))
    found = store.find(batch.batch_id)
    assert found is not None and found.counts().erased == 1
