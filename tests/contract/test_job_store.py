"""JobStore keeps its promises in memory, on SQLite and on the Firestore emulator."""

import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.reconcile.cursor import SweepCursor
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Problem, Source
from shared.model.errors import AttemptsExhausted, AudioDeleted, RecordingErased, StageBusy
from shared.ports.documents import Document, Documents
from shared.settings import JobSettings, settings
from tests.contract.conftest import Clock


@pytest.fixture
def store(documents: Documents, clock: Clock) -> JobStore:
    return JobStore(documents, JobSettings(lease=60, attempts=3), clock=clock)


@pytest.fixture
def source() -> Source:
    return Source(bucket="inbox", name=f"{uuid.uuid4().hex}.mp3", generation=1)


def test_the_first_claim_wins_and_can_be_repeated(store: JobStore, source: Source) -> None:
    assert store.claim(source, 1, "first")
    assert store.claim(source, 1, "first")
    assert not store.claim(source, 1, "second")
    job = store.find(source.job_id)
    assert job is not None
    assert (job.source, job.run, job.execution, job.state) == (source, 1, "first", "running")


def test_two_deployments_in_one_project_have_separate_jobs(
    firestore_host: str, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.adapters.firestore import FirestoreDocuments

    ours, others = JobStore(FirestoreDocuments()), store_in("another-deployment", monkeypatch)
    assert ours.claim(source, 1, "first")
    assert others.find(source.job_id) is None
    assert others.claim(source, 1, "second")


def store_in(database: str, monkeypatch: pytest.MonkeyPatch) -> JobStore:
    from shared.adapters.firestore import FirestoreDocuments

    monkeypatch.setenv("DROPSCRIBE_FIRESTORE_DATABASE", database)
    settings.cache_clear()
    try:
        return JobStore(FirestoreDocuments())
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_later_run_takes_the_claim_and_an_earlier_one_does_not(
    store: JobStore, source: Source
) -> None:
    store.claim(source, 1, "first")
    assert store.claim(source, 2, "redrive")
    assert not store.claim(source, 1, "first")
    assert store.claim(source, 2, "redrive")


def test_a_run_finishes_only_itself(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.claim(source, 2, "redrive")
    store.finish(source.job_id, 1, "done", results={"json": "gs://outbox/old"})
    job = store.find(source.job_id)
    assert job is not None and job.state == "running"
    problem = Problem(type="t", title="T", status=415, detail="d")
    store.finish(source.job_id, 2, "failed", problem=problem)
    job = store.find(source.job_id)
    assert job is not None and (job.state, job.problem) == ("failed", problem)


def test_parts_are_recorded_for_the_current_run_only(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.record_parts(source.job_id, 1, chunks=7, spans=1)
    store.record_parts(source.job_id, 2, chunks=9, spans=9)
    job = store.find(source.job_id)
    assert job is not None and (job.chunks, job.spans) == (7, 1)


def test_a_lease_excludes_other_attempts_until_it_runs_out(
    store: JobStore, source: Source, clock: Clock
) -> None:
    store.start_attempt(source.job_id, "align-k", "align", 0, "a")
    with pytest.raises(StageBusy):
        store.start_attempt(source.job_id, "align-k", "align", 0, "b")
    clock.now += 59
    store.records.heartbeat(source.job_id, "align-k", "a")
    clock.now += 59
    with pytest.raises(StageBusy):
        store.start_attempt(source.job_id, "align-k", "align", 0, "b")
    clock.now += 2
    store.start_attempt(source.job_id, "align-k", "align", 0, "b")
    assert [(record.owner, record.attempts) for record in store.records.of_job(source.job_id)] == [
        ("b", 2)
    ]


def test_a_lease_from_a_clock_that_was_ahead_does_not_hold(
    store: JobStore, source: Source, clock: Clock
) -> None:
    store.start_attempt(source.job_id, "align-k", "align", 0, "killed")
    clock.now -= 3600
    store.start_attempt(source.job_id, "align-k", "align", 0, "other")
    clock.now -= 30  # as far as machines' clocks may differ
    with pytest.raises(StageBusy):
        store.start_attempt(source.job_id, "align-k", "align", 0, "third")


def test_a_lost_lease_stays_lost(store: JobStore, source: Source, clock: Clock) -> None:
    store.start_attempt(source.job_id, "align-k", "align", 0, "a")
    clock.now += 61
    store.start_attempt(source.job_id, "align-k", "align", 0, "b")
    store.records.heartbeat(source.job_id, "align-k", "a")
    store.records.complete_attempt(source.job_id, "align-k", "a", 1.0)
    (record,) = store.records.of_job(source.job_id)
    assert (record.owner, record.state) == ("b", "running")


def test_a_stage_that_died_three_times_is_not_attempted_again(
    store: JobStore, source: Source, clock: Clock
) -> None:
    for owner in "abc":
        store.start_attempt(source.job_id, "align-k", "align", 4, owner)
        clock.now += 61
    with pytest.raises(AttemptsExhausted, match="align died 3 times at part 4"):
        store.start_attempt(source.job_id, "align-k", "align", 4, "d")


def test_a_failure_that_may_pass_is_not_counted_as_an_attempt(
    store: JobStore, source: Source
) -> None:
    for number in range(5):
        store.start_attempt(source.job_id, "align-k", "align", 0, str(number))
        store.records.release_lease(source.job_id, "align-k", str(number), counted=False)
    store.start_attempt(source.job_id, "align-k", "align", 0, "last")
    store.records.complete_attempt(source.job_id, "align-k", "last", 1.23456)
    (record,) = store.records.of_job(source.job_id)
    assert (record.state, record.attempts, record.seconds) == ("done", 1, 1.235)


def test_a_reused_result_without_a_record_gets_one(store: JobStore, source: Source) -> None:
    store.records.record_reuse(source.job_id, "align-k", "align", 2)
    (record,) = store.records.of_job(source.job_id)
    assert (record.state, record.reused, record.part, record.attempts) == ("done", True, 2, 0)


def test_one_of_many_concurrent_claims_wins(store: JobStore, source: Source) -> None:
    def claim(number: int) -> bool:
        return store.claim(source, 1, f"execution {number}") is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_one_of_many_concurrent_attempts_gets_the_lease(store: JobStore, source: Source) -> None:
    def begin(number: int) -> bool:
        try:
            store.start_attempt(source.job_id, "align-k", "align", 0, str(number))
        except StageBusy:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(8))) == 1


def test_the_documents_that_were_updated_last_are_listed_first(documents: Documents) -> None:
    collection = f"jobs/{uuid.uuid4().hex}/tasks"
    for day in (2, 3, 1):
        time = f"2026-01-0{day}T00:00:00Z"
        document: Document = {"day": day, "updated": time, "expires": time}
        assert documents.put(f"{collection}/{day}", document, if_version=None)
    listed = documents.list_recent(collection, 2)
    assert [document["day"] for document in listed] == [3, 2]


def test_documents_compare_and_set(documents: Documents) -> None:
    path, document = (
        f"jobs/{uuid.uuid4().hex}",
        {"updated": "2026-01-01T00:00:00Z", "expires": "2026-01-01T00:00:00Z"},
    )
    assert documents.put(path, {**document, "n": 1}, if_version=None)
    assert not documents.put(path, {**document, "n": 2}, if_version=None)
    found = documents.get(path)
    assert found is not None and found[0]["n"] == 1
    assert documents.put(path, {**document, "n": 3}, if_version=found[1])
    assert not documents.put(path, {**document, "n": 4}, if_version=found[1])
    assert documents.get(f"jobs/{uuid.uuid4().hex}") is None


def test_a_requested_rerun_counts_attempts_from_zero(
    store: JobStore, source: Source, clock: Clock
) -> None:
    store.claim(source, 1, "first")
    for owner in ("a", "b", "c"):
        store.start_attempt(source.job_id, "align-k", "align", 0, owner)
        clock.now += 61
    assert store.request_rerun(source.job_id, {"language": "de"}) == 3
    store.start_attempt(source.job_id, "align-k", "align", 0, "d")
    job = store.find(source.job_id)
    assert job is not None and (job.requested_run, job.options, job.state) == (
        3,
        {"language": "de"},
        "queued",
    )


def test_the_number_of_a_requested_run_cannot_be_claimed_by_reconcile(
    store: JobStore, source: Source
) -> None:
    """reconcile may be about to start a run with the next number."""
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "retryable")
    promised = store.request_rerun(source.job_id, {})
    assert not store.claim(source, 2, "reconcile's")
    assert store.claim(source, promised, "requested_run")


def test_a_queued_run_is_claimed_once_by_any_execution(store: JobStore, source: Source) -> None:
    store.queue(source, 1, "started by reconcile")
    job = store.find(source.job_id)
    assert job is not None and (job.state, job.execution) == ("queued", "started by reconcile")
    assert store.claim(source, 1, "its event's") and not store.claim(source, 1, "reconcile's")
    store.queue(source, 1, "too late")
    assert store.claim(source, 1, "its event's")


def test_a_redrive_keeps_its_options_in_the_job(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    run = store.request_rerun(source.job_id, {"language": "de"})
    store.queue(source, run, "second")
    job = store.claim(source, run, "second")
    assert job is not None and job.options == {"language": "de"}


def test_a_cancelled_job_stays_cancelled_until_a_rerun_is_requested(
    store: JobStore, source: Source
) -> None:
    problem = Problem(type="t", title="T", status=409, detail="d")
    store.claim(source, 1, "first")
    job = store.cancel(source, problem)
    assert job is not None and (job.run, job.execution, job.state) == (2, "first", "cancelled")
    assert not store.claim(source, 1, "first") and not store.claim(source, 2, "reconcile's")
    assert store.claim(source, 3, "answers")
    job = store.find(source.job_id)
    assert job is not None and (job.state, job.problem) == ("cancelled", problem)
    assert [due.job_id for due in store.list_cancellations_due()] == [source.job_id]
    store.finish(source.job_id, 3, "cancelled", problem)
    assert list(store.list_cancellations_due()) == []
    assert store.claim(source, store.request_rerun(source.job_id, {}), "again")
    job = store.find(source.job_id)
    assert job is not None and (job.state, job.problem) == ("running", None)


def test_an_unclaimed_job_can_be_cancelled_and_one_that_has_ended_cannot(
    store: JobStore, source: Source
) -> None:
    problem = Problem(type="t", title="T", status=409, detail="d")
    assert store.cancel(source, problem) and not store.claim(source, 1, "its event's")
    ended = source.model_copy(update={"generation": 2})
    store.claim(ended, 1, "first")
    store.finish(ended.job_id, 1, "done")
    assert store.cancel(ended, problem) is None


def test_a_run_that_is_done_does_not_become_retryable(store: JobStore, source: Source) -> None:
    """finalize wrote the answer, but its response was lost and the workflow gave up."""
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "done")
    store.finish(source.job_id, 1, "retryable")
    job = store.find(source.job_id)
    assert job is not None and job.state == "done"


def test_an_erased_job_is_neither_claimed_nor_attempted(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.start_attempt(source.job_id, "align-k", "align", 0, "a")
    store.erase(source)
    assert not store.claim(source, 2, "second") and not store.claim(source, 1, "first")
    with pytest.raises(RecordingErased):
        store.start_attempt(source.job_id, "align-k", "align", 0, "b")
    store.records.complete_attempt(source.job_id, "align-k", "a", 1.0)
    store.finish(source.job_id, 1, "done")
    job = store.find(source.job_id)
    assert job is not None and job.state == "erased" and store.records.of_job(source.job_id) == []


def test_a_job_whose_audio_is_deleted_is_neither_claimed_nor_run_again_nor_attempted(
    store: JobStore, source: Source
) -> None:
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "done", warnings=("language_uncertain",), deletes_audio=True)
    (due,) = [job for job in store.list_audio_due() if job.job_id == source.job_id]
    assert (due.audio_deletion, due.warnings) == ("due", ("language_uncertain",))
    for _ in range(2):
        assert not store.claim(source, 2, "second") and store.claim(source, 1, "first")
        with pytest.raises(AudioDeleted):
            store.request_rerun(source.job_id, {})
        with pytest.raises(AudioDeleted):
            store.start_attempt(source.job_id, "align-k", "align", 0, "a")
        store.mark_audio_deleted(due)
    job = store.find(source.job_id)
    assert job is not None and (job.state, job.audio_deletion) == ("done", "done")
    assert source.job_id not in {job.job_id for job in store.list_audio_due()}
    assert [job.job_id for job in store.list_by_object(source.bucket, source.name)]
    store.erase(source)
    assert store.is_erased(source.job_id)


def test_the_execution_that_deletes_audio_is_recorded(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "done", deletes_audio=True)
    due = store.find(source.job_id)
    assert due is not None
    store.replace_execution(due, "deletes")
    job = store.find(source.job_id)
    assert job is not None and job.execution == "deletes"


def test_a_job_that_was_never_claimed_can_be_erased(store: JobStore, source: Source) -> None:
    store.erase(source)
    assert store.is_erased(source.job_id) and not store.claim(source, 1, "first")


def test_the_name_of_an_erased_recording_can_be_forgotten(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.erase(source)
    assert [job.job_id for job in store.list_by_object(source.bucket, source.name)] == [
        source.job_id
    ]
    store.forget_name(source.job_id)
    assert store.list_by_object(source.bucket, source.name) == []
    assert store.is_erased(source.job_id)


def test_the_jobs_of_all_generations_of_an_object_are_listed_and_no_others(
    store: JobStore, source: Source
) -> None:
    generations = [source.model_copy(update={"generation": number}) for number in (1, 2, 3)]
    for each in [*generations, source.model_copy(update={"name": f"{source.name}.more"})]:
        store.claim(each, 1, "first")
    found = {job.source.generation for job in store.list_by_object(source.bucket, source.name)}
    assert found == {1, 2, 3} and store.list_by_object("elsewhere", source.name) == []


def test_jobs_are_listed_by_their_state(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "failed")
    assert source.job_id in {job.job_id for job in store.list_by_state("failed")}
    assert source.job_id not in {job.job_id for job in store.list_by_state("running")}


def test_a_notification_is_due_from_the_end_of_the_job_until_it_is_sent(
    documents: Documents, source: Source
) -> None:
    store = JobStore(documents)
    store.claim(source, 1, "first")
    assert source.job_id not in due(store)
    store.finish(source.job_id, 1, "done", results={"json": "gs://outbox/a"})
    assert source.job_id in due(store)
    ended = store.find(source.job_id)
    assert ended is not None and ended.ended is not None
    store.mark_notified(ended)
    store.finish(source.job_id, 1, "done", results={"json": "gs://outbox/a"})
    assert source.job_id not in due(store), "what is settled again the same way was ended"
    job = store.find(source.job_id)
    assert job is not None and (job.notification, job.ended, job.updated) == (
        "sent",
        ended.ended,
        ended.updated,
    )


def due(store: JobStore) -> set[str]:
    return {job.job_id for job in store.list_unnotified()}


def test_another_end_of_the_same_run_is_due_again(documents: Documents, source: Source) -> None:
    store = JobStore(documents)
    store.claim(source, 1, "first")
    store.finish(
        source.job_id, 1, "failed", problem=Problem(type="t", title="T", status=415, detail="d")
    )
    failed = store.find(source.job_id)
    assert failed is not None
    store.finish(source.job_id, 1, "done")
    store.mark_notified(failed)
    assert source.job_id in due(store), "of the failure was ended, not of the answer"


def test_no_notification_is_due_for_a_run_before_the_current_one_or_for_an_erased_job(
    documents: Documents, source: Source
) -> None:
    store = JobStore(documents)
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "done")
    store.claim(source, 2, "second")
    assert source.job_id not in due(store)
    store.finish(source.job_id, 2, "cancelled")
    assert source.job_id in due(store)
    store.erase(source)
    assert source.job_id not in due(store)


def test_a_notification_is_due_only_for_a_final_end(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    store.finish(source.job_id, 1, "retryable")
    assert source.job_id not in due(store)


def test_sqlite_finds_due_notifications_by_an_index(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    documents = SqliteDocuments(path)
    statements: list[str] = []
    with documents._database() as database:
        database.set_trace_callback(statements.append)
    assert list(JobStore(documents).list_unnotified()) == []
    with closing(sqlite3.connect(path)) as database:
        plan = database.execute(f"explain query plan {statements[-1]}").fetchall()
    assert "by_notification (collection=? AND <expr>=?)" in str(plan)


def test_a_job_that_a_newer_version_wrote_can_be_read(store: JobStore, source: Source) -> None:
    store.claim(source, 1, "first")
    found = store.documents.get(f"jobs/{source.job_id}")
    assert found is not None
    assert store.documents.put(
        f"jobs/{source.job_id}", {**found[0], "of_tomorrow": 1}, if_version=found[1]
    )
    assert store.claim(source, 1, "first")


def test_a_cursor_is_saved_and_replaced(documents: Documents) -> None:
    cursor = SweepCursor(documents)
    for name in ("a/b.mp3\0", "", "c"):
        cursor.save(name, datetime.now(UTC))
        assert cursor.read() == name


def test_a_deleted_document_is_not_found(documents: Documents, source: Source) -> None:
    path = f"jobs/{source.job_id}"
    document: Document = {"updated": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00+00:00"}
    assert documents.put(path, document, if_version=None)
    documents.delete(path)
    documents.delete(path)
    assert documents.get(path) is None


def test_expired_documents_are_dropped_from_sqlite(tmp_path: Path, source: Source) -> None:
    """Firestore deletes them by itself."""
    documents, clock = SqliteDocuments(tmp_path / "jobs.sqlite"), Clock()
    clock.now = time.time() - 31 * 24 * 3600
    JobStore(documents, JobSettings(keep_days=30), clock=clock).claim(source, 1, "old")
    other = source.model_copy(update={"generation": 2})
    JobStore(documents, JobSettings(keep_days=30)).claim(other, 1, "new")
    documents.drop_expired()
    assert JobStore(documents).find(source.job_id) is None
    assert JobStore(documents).find(other.job_id) is not None


def test_only_records_that_were_done_since_a_time_are_read(
    store: JobStore, source: Source, clock: Clock
) -> None:
    """In the order in which they were done; a result that is used again counts as done then."""
    clock.now += 0.125
    begun = clock.now
    for number, key in enumerate(["align-b", "align-a", "align-c", "align-d"]):
        store.start_attempt(source.job_id, key, "align", number, "worker")
    for key in ("align-a", "align-b", "align-c"):
        clock.now += 1
        store.records.complete_attempt(source.job_id, key, "worker", seconds=1.0)
    clock.now += 0.25
    store.records.heartbeat(source.job_id, "align-d", "worker")

    def done_since(seconds: float) -> list[str]:
        since = datetime.fromtimestamp(begun + seconds, UTC)
        return [record.key for record in store.records.done_since(source.job_id, since)]

    assert done_since(0) == ["align-a", "align-b", "align-c"]
    assert done_since(2) == ["align-b", "align-c"]
    assert done_since(3.125) == []
    clock.now += 0.5
    store.records.record_reuse(source.job_id, "align-a", "align", 1)
    assert done_since(3) == ["align-c", "align-a"]


def test_only_records_that_are_not_done_are_open(
    store: JobStore, source: Source, clock: Clock
) -> None:
    """Those at work come first. What failed before a time and was not begun again is not open."""
    for number, key in enumerate(["align-old", "align-failed", "align-done", "align-begun"]):
        store.start_attempt(source.job_id, key, "align", number, "worker")
    store.records.release_lease(source.job_id, "align-old", "worker", counted=True)
    clock.now += 0.5
    since = datetime.fromtimestamp(clock.now, UTC)
    store.records.complete_attempt(source.job_id, "align-done", "worker", seconds=1.0)
    store.records.release_lease(source.job_id, "align-failed", "worker", counted=False)
    clock.now += 1
    store.records.heartbeat(source.job_id, "align-begun", "worker")

    records = store.records.open_since(source.job_id, since)
    assert [(record.key, record.state) for record in records] == [
        ("align-begun", "running"),
        ("align-failed", "failed"),
    ]
