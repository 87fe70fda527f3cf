"""`wait` holds a request until its job ends, with one look at the job for all who wait."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.job_watch import JobWatch, job_watch
from shared.adapters.memory import MemoryDocuments
from shared.model.contracts import Source
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document
from tests.support.gateway import key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload


class WatchedDocuments(MemoryDocuments):
    """Counts the reads of jobs, and fails the next ones if asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.job_reads = 0
        self.record_reads = 0
        self.failures = 0
        self._counting = threading.Lock()

    def get(self, path: str) -> tuple[Document, object] | None:
        if not path.startswith("jobs/"):
            return super().get(path)
        with self._counting:
            self.job_reads += 1
            if self.failures:
                self.failures -= 1
                raise JobStoreUnavailable("away")
        return super().get(path)

    def list_recent(self, collection: str, limit: int) -> Any:
        self.record_reads += 1
        return super().list_recent(collection, limit)


class Waiting:
    """A gateway whose watch looks all the time."""

    def __init__(self) -> None:
        self.documents = WatchedDocuments()
        self.stores: Deployment = memory_deployment(self.documents)
        self.watch = JobWatch(interval=0.001)
        self.app: FastAPI = create_app()
        self.app.dependency_overrides[deployment] = lambda: self.stores
        self.app.dependency_overrides[job_watch] = lambda: self.watch
        self.headers = key_headers(self.stores)
        self.source = upload(self.stores)

    async def ask(self, wait: float, source: Source | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            job_id = (source or self.source).job_id
            return await client.get(
                f"/api/v1/jobs/{job_id}?wait={wait}", headers=self.headers, timeout=60
            )

    async def looks(self, number: int) -> None:
        """Return when the job was looked at so often."""
        while self.documents.job_reads < number:
            await asyncio.sleep(0.001)

    @asynccontextmanager
    async def requests(self, number: int) -> AsyncIterator[list[asyncio.Task[httpx.Response]]]:
        """Gives requests that wait for the job, which are answered at the end."""
        tasks = [asyncio.create_task(self.ask(60)) for _ in range(number)]
        await self.looks(number + 3)
        yield tasks
        await asyncio.gather(*tasks)


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


def test_a_request_is_answered_when_its_job_ends(waiting: Waiting) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        async with waiting.requests(1) as (request,):
            assert not request.done()
            finish(waiting.stores, waiting.source)
        assert request.result().json()["state"] == "done"
        assert waiting.watch.watched == frozenset()

    asyncio.run(test())


def test_a_failure_and_a_cancellation_are_ends_and_a_failure_that_may_pass_is_none(
    waiting: Waiting,
) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        async with waiting.requests(1) as (request,):
            stores, job_id = waiting.stores, waiting.source.job_id
            stores.jobs.finish(job_id, 1, "retryable")
            await waiting.looks(waiting.documents.job_reads + 5)
            assert not request.done()
            begin(stores, waiting.source, run=2)
            fail(stores, waiting.source, run=2)
        assert request.result().json()["state"] == "failed"

    asyncio.run(test())


def test_an_erasure_is_an_end(waiting: Waiting) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        async with waiting.requests(1) as (request,):
            waiting.stores.operations.erase(waiting.source.bucket, waiting.source.name)
        assert request.result().status_code == 410

    asyncio.run(test())


def test_all_requests_share_the_looks_and_stage_records_are_read_at_the_end(
    waiting: Waiting,
) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        requests = 20
        async with waiting.requests(requests):
            before = waiting.documents.job_reads
            assert waiting.watch.watched == {waiting.source.job_id}
            await waiting.looks(before + 10)
            assert waiting.documents.record_reads == 0
            finish(waiting.stores, waiting.source)
        assert waiting.documents.record_reads == requests

    asyncio.run(test())


@pytest.mark.parametrize("requests", [1, 8])
def test_a_job_has_one_look_at_a_time_however_many_wait(waiting: Waiting, requests: int) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        async with waiting.requests(requests):
            looks = [task for task in asyncio.all_tasks() if "look_until_over" in repr(task)]
            assert len(looks) == 1
            finish(waiting.stores, waiting.source)

    asyncio.run(test())


def test_a_job_that_has_ended_is_answered_without_a_look(waiting: Waiting) -> None:
    async def test() -> None:
        source = done_job(waiting.stores, "team-a/done.wav")
        before = waiting.documents.job_reads
        answer = await waiting.ask(60, source)
        assert answer.json()["state"] == "done"
        assert waiting.documents.job_reads == before + 2

    asyncio.run(test())


def test_a_wait_has_an_end(waiting: Waiting) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        answer = await waiting.ask(0.05)
        assert answer.json()["state"] == "running"
        assert waiting.watch.watched == frozenset()

    asyncio.run(test())


@pytest.mark.parametrize("wait", ["61", "-1", "nan", "inf", "soon"])
def test_a_wait_that_is_too_long_is_refused(waiting: Waiting, wait: Any) -> None:
    answer = asyncio.run(waiting.ask(wait))
    assert answer.status_code == 422


def test_a_store_that_does_not_answer_for_a_while_ends_no_wait(waiting: Waiting) -> None:
    async def test() -> None:
        begin(waiting.stores, waiting.source)
        async with waiting.requests(1) as (request,):
            waiting.documents.failures = 3
            await waiting.looks(waiting.documents.job_reads + 5)
            assert not request.done()
            finish(waiting.stores, waiting.source)
        assert request.result().json()["state"] == "done"

    asyncio.run(test())


def test_a_client_that_goes_away_ends_its_wait(waiting: Waiting) -> None:
    """The job is not looked at any more once nobody waits for it."""

    async def test() -> None:
        begin(waiting.stores, waiting.source)
        goes_away = asyncio.Event()
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await goes_away.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            pass

        request = asyncio.create_task(waiting.app(scope_of(waiting), receive, send))
        await waiting.looks(5)
        assert waiting.watch.watched == {waiting.source.job_id}
        goes_away.set()
        await asyncio.wait_for(request, 20)  # it would wait for 60 seconds
        assert waiting.watch.watched == frozenset()

    asyncio.run(test())


def scope_of(waiting: Waiting) -> dict[str, Any]:
    """Returns a request that waits for the job, as a server hands it to the application."""
    headers = [(name.lower().encode(), value.encode()) for name, value in waiting.headers.items()]
    path = f"/api/v1/jobs/{waiting.source.job_id}"
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "headers": [(b"host", b"gateway"), *headers],
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"wait=60",
        "server": ("gateway", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
