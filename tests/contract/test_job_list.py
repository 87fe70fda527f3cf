"""Lists and counts of jobs are right on every database, whatever page is asked for."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.job import ERASED_NAME, Job, JobFigures, JobState, KnownRecording
from shared.jobs.job_list import cursor_of
from shared.jobs.store import JobStore
from shared.jobs.transitions import new_job
from shared.model.contracts import ResolvedOption, Source
from shared.model.errors import BadRequest
from shared.ports.documents import Documents
from tests.contract.conftest import Clock

START = 1_800_000_000.0
NOW = datetime.fromtimestamp(START, UTC)


@pytest.fixture
def store(documents: Documents, clock: Clock) -> JobStore:
    return JobStore(documents, clock=clock)


@pytest.fixture
def folder() -> str:
    """A folder that no other test uses: the tests share one Firestore."""
    return f"{uuid.uuid4().hex}/"


def upload(store: JobStore, name: str) -> Source:
    source = Source(bucket="inbox", name=name, generation=1)
    store.record_upload(source, 7, {"x-order": "1"})
    return source


def names(jobs: list[Job]) -> list[str]:
    return [job.source.name.rpartition("/")[2] for job in jobs]


def test_pages_hold_every_job_of_the_folder_once_and_the_newest_first(
    store: JobStore, clock: Clock, folder: str
) -> None:
    for number in range(7):
        clock.now += 0.25
        upload(store, f"{folder}{number}")
        upload(store, f"{uuid.uuid4().hex}/elsewhere")
    cursor = None
    pages = []
    while True:
        jobs, cursor = store.list_page(folder, cursor=cursor, limit=3)
        pages.append(names(jobs))
        if cursor is None:
            break
    assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


def test_a_full_last_page_has_no_cursor(store: JobStore, clock: Clock, folder: str) -> None:
    for number in range(2):
        clock.now += 1
        upload(store, f"{folder}{number}")
    jobs, cursor = store.list_page(folder, limit=2)
    assert (names(jobs), cursor) == (["1", "0"], None)


def test_a_job_that_is_added_meanwhile_changes_no_later_page(
    store: JobStore, clock: Clock, folder: str
) -> None:
    for number in range(4):
        clock.now += 1
        upload(store, f"{folder}{number}")
    _, cursor = store.list_page(folder, limit=2)
    clock.now += 1
    upload(store, f"{folder}new")
    jobs, _ = store.list_page(folder, cursor=cursor, limit=2)
    assert names(jobs) == ["1", "0"]


def test_jobs_of_one_moment_are_all_listed(store: JobStore, folder: str) -> None:
    for number in range(5):
        upload(store, f"{folder}{number}")
    first, cursor = store.list_page(folder, limit=2)
    second, _ = store.list_page(folder, cursor=cursor, limit=9)
    assert sorted(names(first + second)) == ["0", "1", "2", "3", "4"]
    positions = [job.position for job in first + second]
    assert all(newer > older for newer, older in pairwise(positions))


def test_a_list_has_the_jobs_of_a_state(store: JobStore, clock: Clock, folder: str) -> None:
    for number in range(3):
        clock.now += 1
        source = upload(store, f"{folder}{number}")
        if number != 1:
            store.claim(source, 1, "e")
    running, _ = store.list_page(folder, states=("running",))
    queued, _ = store.list_page(folder, states=("queued",))
    assert (names(running), names(queued)) == (["2", "0"], ["1"])


def test_a_list_of_several_states_is_in_order_and_goes_on(
    store: JobStore, clock: Clock, folder: str
) -> None:
    """The pages of the states are merged, each of which has its own newest jobs."""
    for number in range(6):
        clock.now += 1
        source = upload(store, f"{folder}{number}")
        if number in (0, 1, 3, 5):
            store.claim(source, 1, "e")
        if number in (1, 5):
            store.finish(source.job_id, 1, "retryable")
    first, cursor = store.list_page(folder, states=("running", "retryable"), limit=3)
    assert (names(first), cursor is not None) == (["5", "3", "1"], True)
    second, cursor = store.list_page(
        folder, states=("running", "retryable"), limit=3, cursor=cursor
    )
    assert (names(second), cursor) == (["0"], None)


def test_a_list_has_the_jobs_created_after_a_time(
    store: JobStore, clock: Clock, folder: str
) -> None:
    for number in range(3):
        clock.now = START + number
        upload(store, f"{folder}{number}")
    time = datetime.fromtimestamp(START + 1, UTC)
    jobs, _ = store.list_page(folder, created_after=time)
    assert names(jobs) == ["2"]
    jobs, _ = store.list_page(folder, created_after=time - timedelta(milliseconds=1))
    assert names(jobs) == ["2", "1"]


def test_a_prefix_need_not_be_a_folder(store: JobStore, clock: Clock, folder: str) -> None:
    for name in ("anna-1", "b/anna-2", "anna-3", "bert-4", "b/5"):
        clock.now += 1
        upload(store, folder + name)
    jobs, _ = store.list_page("", name_prefix=f"{folder}anna")
    assert names(jobs) == ["anna-3", "anna-1"]
    jobs, _ = store.list_page(folder, name_prefix=f"{folder}b/")
    assert names(jobs) == ["5", "anna-2"]
    jobs, _ = store.list_page(f"{folder}b/", name_prefix=f"{folder}anna")
    assert names(jobs) == []


def test_a_prefix_of_few_among_many_costs_a_bounded_page(
    store: JobStore, clock: Clock, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.jobs.job_list.MAX_READ", 4)
    monkeypatch.setattr("shared.jobs.job_list.BATCH", 2)
    for name in ("anna", "b1", "b2", "b3", "b4", "b5"):
        clock.now += 1
        upload(store, folder + name)
    jobs, cursor = store.list_page(folder, name_prefix=f"{folder}anna")
    assert (names(jobs), cursor is None) == ([], False)
    jobs, cursor = store.list_page(folder, name_prefix=f"{folder}anna", cursor=cursor)
    assert names(jobs) == ["anna"]


@pytest.mark.parametrize("cursor", ["x", "ü", "%00", "A" * 50, cursor_of("1"), cursor_of("a-b")])
def test_a_cursor_of_another_source_is_refused(store: JobStore, cursor: str) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        store.list_page("", cursor=cursor)


def test_jobs_are_counted_by_state(store: JobStore, folder: str) -> None:
    for number in range(3):
        source = upload(store, f"{folder}{number}")
        if number:
            store.claim(source, 1, "e")
    counts: dict[JobState, int] = store.count_by_state(folder)
    found = {state: count for state, count in counts.items() if count}
    assert found == {"queued": 1, "running": 2}


def test_the_job_that_waits_for_longest_is_found(
    store: JobStore, clock: Clock, folder: str
) -> None:
    assert store.oldest("queued", folder) == []
    sources = []
    for number in range(3):
        clock.now += 1
        source = upload(store, f"{folder}{number}")
        sources.append(source)
    store.claim(sources[0], 1, "e")
    assert names(store.oldest("queued", folder)) == ["1"]
    assert names(store.oldest("queued", folder, limit=5)) == ["1", "2"]
    clock.now += 1
    store.request_rerun(sources[0].job_id, {})
    oldest = store.oldest("queued", folder)
    assert names(oldest) == ["1"], "the first has waited since just now"


def test_the_jobs_that_ended_are_listed_with_what_they_took(
    store: JobStore, clock: Clock, folder: str
) -> None:
    figures = JobFigures(audio_seconds=9, stage_seconds={"align": 1}, cost_usd=None)
    for number in range(3):
        clock.now = START + 100 * number
        source = upload(store, f"{folder}{number}")
        store.claim(source, 1, "e")
        store.finish(source.job_id, 1, "done", figures=figures)
    since = datetime.fromtimestamp(START + 50, UTC)
    ended = store.list_ended_since(since, 10, folder)
    assert names(ended) == ["2", "1"]
    assert names(store.list_ended_since(since, 1, folder)) == ["2"]
    assert ended[0].figures == figures


def test_an_erased_job_stays_in_its_folder_without_a_name(store: JobStore, folder: str) -> None:
    source = upload(store, f"{folder}team/a.mp3")
    store.erase(source)
    store.forget_name(source.job_id)
    (job,), _ = store.list_page(f"{folder}team/", states=("erased",))
    assert job.source.name == ERASED_NAME
    assert job.is_in(folder) and job.is_in("") and not job.is_in("team/")
    assert (job.size, job.tags) == (None, {})


def test_a_job_outlives_its_answer(documents: Documents, clock: Clock, folder: str) -> None:
    for days, year in ((None, 9999), (400, 2028)):
        store = JobStore(documents, clock=clock, keep_answer_days=days)
        source = upload(store, f"{folder}{days}")
        store.claim(source, 1, "e")
        before = store.find(source.job_id)
        assert before is not None and before.expires.year == 2027
        store.finish(source.job_id, 1, "done")
        after = store.find(source.job_id)
        assert after is not None and after.expires.year == year
        store.request_rerun(source.job_id, {})
        store.claim(source, 3, "e")
        again = store.find(source.job_id)
        assert again is not None and again.expires == after.expires


def test_an_upload_that_was_claimed_first_keeps_its_run(store: JobStore, folder: str) -> None:
    source = Source(bucket="inbox", name=f"{folder}a", generation=1)
    store.claim(source, 1, "e")
    store.record_upload(source, 7, {"x-order": "1"})
    job = store.find(source.job_id)
    assert job is not None
    assert (job.state, job.execution, job.size, job.tags) == ("running", "e", 7, {"x-order": "1"})


def test_a_document_of_a_former_version_is_listed_once_it_is_written_again(
    documents: Documents, store: JobStore, folder: str
) -> None:
    source = Source(bucket="inbox", name=f"{folder}a", generation=1)
    job = new_job(source, 1, "e", "running", NOW, NOW)
    former = job.model_dump(mode="json", exclude={"position", "folders"})
    documents.put(f"jobs/{source.job_id}", former, if_version=None)
    found = store.find(source.job_id)
    assert found == job and found.is_in(folder)
    assert store.list_page(folder) == ([], None)
    store.finish(source.job_id, 1, "done")
    listed, _ = store.list_page(folder)
    assert names(listed) == ["a"]


def test_a_redrive_shows_no_options_until_it_has_read_the_recording(
    store: JobStore, folder: str
) -> None:
    source = upload(store, f"{folder}a")
    store.claim(source, 1, "e")
    options = {"language": ResolvedOption(value="de", origin="object metadata")}
    known = KnownRecording(size=7, tags={}, options_in_force=options)
    store.record_parts(source.job_id, 1, 1, 1, known)
    store.finish(source.job_id, 1, "done")
    ended = store.find(source.job_id)
    assert ended is not None and ended.options_in_force == options
    store.request_rerun(source.job_id, {"language": "en"})
    waiting = store.find(source.job_id)
    assert waiting is not None and waiting.options_in_force == {}


def test_a_deleted_document_is_in_no_list(documents: Documents, store: JobStore) -> None:
    folder = f"{uuid.uuid4().hex}/"
    source = upload(store, f"{folder}a")
    documents.delete(f"jobs/{source.job_id}")
    assert store.list_page(folder) == ([], None)
    assert not any(store.count_by_state(folder).values())


def test_expired_documents_are_in_no_list(tmp_path: Path, clock: Clock) -> None:
    documents = SqliteDocuments(tmp_path / "jobs.sqlite")
    clock.now = 1_000_000_000.0
    store = JobStore(documents, clock=clock)
    upload(store, "a")
    documents.drop_expired()
    assert store.count_by_state()["queued"] == 0
