"""A list shows the jobs of the key's folder, a page at a time, whatever their number."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryDocuments
from shared.model.api import JobPage
from shared.ports.documents import Document, Page
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, upload


class CountingDocuments(MemoryDocuments):
    """Counts the documents of the pages that were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def page(self, collection: str, page: Page) -> list[Document]:
        found = super().page(collection, page)
        self.read += len(found)
        return found


@pytest.fixture
def documents() -> CountingDocuments:
    return CountingDocuments()


@pytest.fixture
def stores(documents: CountingDocuments) -> Deployment:
    return memory_deployment(documents)


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def names(client: httpx.Client, query: str = "", headers: dict[str, str] | None = None) -> set[str]:
    """Returns the names of the jobs on a page."""
    answer = client.get(f"/api/v1/jobs?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    page = JobPage.model_validate_json(answer.content)
    return {job.name for job in page.jobs}


def test_a_list_is_read_to_its_end_page_by_page(client: httpx.Client, stores: Deployment) -> None:
    expected = {f"team-a/{number}.wav" for number in range(7)}
    for name in expected:
        upload_queued(stores, name)
    found: list[str] = []
    params = {"limit": "3"}
    while True:
        page = JobPage.model_validate_json(client.get("/api/v1/jobs", params=params).content)
        assert len(page.jobs) <= 3
        found += [job.name for job in page.jobs]
        if page.next_cursor is None:
            break
        params["cursor"] = page.next_cursor
    assert sorted(found) == sorted(expected)


def upload_queued(stores: Deployment, name: str) -> None:
    stores.jobs.queue(upload(stores, name), 1, "")


def test_a_key_lists_the_jobs_of_its_folder_only(client: httpx.Client, stores: Deployment) -> None:
    done_job(stores, "team-a/ours.wav")
    done_job(stores, "team-b/theirs.wav")
    done_job(stores, "team-abc.wav")
    ours = key_headers(stores, folder="team-a/")
    assert names(client, headers=ours) == {"team-a/ours.wav"}
    assert names(client, "prefix=team-b/", ours) == set()
    assert len(names(client)) == 3


def test_jobs_are_chosen_by_what_their_names_begin_with(
    client: httpx.Client, stores: Deployment
) -> None:
    done_job(stores, "team-a/anna/1.wav")
    done_job(stores, "team-a/annabel.wav")
    assert names(client, "prefix=team-a/anna/") == {"team-a/anna/1.wav"}
    assert len(names(client, "prefix=team-a/anna")) == 2


def test_jobs_are_chosen_by_the_state_that_clients_see(
    client: httpx.Client, stores: Deployment
) -> None:
    done_job(stores, "done.wav")
    upload_queued(stores, "queued.wav")
    running, repeated, failed = (
        upload(stores, f"{state}.wav") for state in ("running", "repeated", "failed")
    )
    for source in (running, repeated, failed):
        begin(stores, source)
    stores.jobs.finish(repeated.job_id, 1, "retryable")
    fail(stores, failed)
    erased = done_job(stores, "erased.wav")
    stores.operations.erase(erased.bucket, erased.name)
    assert names(client, "state=running") == {"running.wav", "repeated.wav"}
    for state in ("done", "queued", "failed"):
        assert names(client, f"state={state}") == {f"{state}.wav"}
    assert names(client, "state=erased") == {"(erased)"}
    assert names(client, "state=cancelled") == set()


def test_jobs_are_chosen_by_their_time(client: httpx.Client, stores: Deployment) -> None:
    done_job(stores)
    assert names(client, "created_after=2020-01-01T00:00:00Z") == {"team-a/call.wav"}
    assert names(client, "created_after=2100-01-01T00:00:00%2B01:00") == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=201", 422),
        ("state=retryable", 422),
        ("created_after=2020-01-01T00:00:00", 422),  # without a time zone
        ("created_after=yesterday", 422),
        ("created_after=0001-01-01T00:00:00%2B14:00", 200),
        ("created_after=9999-12-31T23:59:59-14:00", 200),
        ("cursor=MQ", 400),
        ("cursor=%00", 400),
        (f"cursor={'A' * 300}", 422),
        (f"prefix={'a' * 1025}", 422),
        ("prefix=%ff%00%ed%a0%80", 200),
        ("limit=200", 200),
    ],
)
def test_a_question_that_makes_no_sense(client: httpx.Client, query: str, status: int) -> None:
    assert client.get(f"/api/v1/jobs?{query}").status_code == status


@pytest.mark.parametrize("query", ["", "&state=done", "&prefix=team-a/"])
def test_a_page_of_a_long_list_reads_no_more_than_one_of_a_short_list(
    client: httpx.Client, stores: Deployment, documents: CountingDocuments, query: str
) -> None:
    first = done_job(stores)
    document, _ = documents.get(f"jobs/{first.job_id}") or ({}, None)
    for number in range(10_000):
        job_id = f"{number:020x}"
        position = f"{number:013d}-{job_id}"
        copy = {**document, "job_id": job_id, "position": position}
        documents.put(f"jobs/{job_id}", copy, if_version=None)
    documents.read = 0
    answer = client.get(f"/api/v1/jobs?limit=50{query}")
    assert len(answer.json()["jobs"]) == 50
    assert documents.read <= 200
