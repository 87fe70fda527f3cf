"""The feed of events has each end of a job once, in order, and only of the key's folder."""

import asyncio
import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.event_watch import EventWatch, event_watch
from shared.adapters.memory import MemoryDocuments
from shared.jobs.event_cursors import EventCursor, EventCursors
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document, Page
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload

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


def feed(client: httpx.Client, headers: dict[str, str], **params: Any) -> Any:
    answer = client.get("/api/v1/events", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(body: Any) -> list[str]:
    return [event["data"]["name"] for event in body["events"]]


def test_an_event_says_what_a_webhook_is_sent(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    done = upload(stores, metadata={"x-order-id": "77"})
    begin(stores, done)
    finish(stores, done, tags={"x-order-id": "77"})
    failed = upload(stores, "team-a/text.wav")
    begin(stores, failed)
    problem = fail(stores, failed)
    first, second = feed(client, headers)["events"]
    job = stores.jobs.find(done.job_id)
    assert job is not None and job.ended is not None
    path = f"/api/v1/jobs/{done.job_id}"
    assert first.pop("cursor")
    assert first.pop("timestamp") == job.ended.isoformat().replace("+00:00", "Z")
    assert first == {
        "type": "dropscribe.job.done",
        "id": f"{done.job_id}-1-done",
        "data": {
            "job_id": done.job_id,
            "name": "team-a/call.wav",
            "run": 1,
            "state": "done",
            "problem_type": None,
            "warnings": [],
            "metadata": {"order-id": "77"},
            "links": {"job": path, "transcript": f"{path}/transcript"},
        },
    }
    assert (second["type"], second["data"]["problem_type"]) == (
        "dropscribe.job.failed",
        problem.type,
    )
    assert second["data"]["links"]["transcript"] is None


def test_events_follow_any_cursor_in_order_and_once(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    expected = [f"team-a/{number}.wav" for number in range(5)]
    for name in expected:
        done_job(stores, name)
        done_job(stores, name.replace(OURS, THEIRS))
    whole = feed(client, headers)
    assert names(whole) == expected
    read: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = feed(client, headers, limit=2, **({"after": cursor} if cursor else {}))
        read += names(page)
        cursor = page["cursor"]
    assert read == expected
    assert feed(client, headers, after=cursor)["events"] == []
    of_second = whole["events"][1]["cursor"]
    assert names(feed(client, headers, after=of_second)) == expected[2:]
    assert not whole["has_gap"]


def test_a_key_sees_only_its_folder_and_that_of_the_whole_inbox_everything(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    done_job(stores, "team-a/call.wav")
    done_job(stores, "team-ab/call.wav")
    assert names(feed(client, headers)) == ["team-a/call.wav"]
    everything = feed(client, key_headers(stores))
    assert names(everything) == ["team-a/call.wav", "team-ab/call.wav"]
    # A cursor says where a reader is, not what it may read.
    first = everything["events"][0]["cursor"]
    assert names(feed(client, headers, after=first)) == []


def test_cursors_say_nothing_about_how_much_others_do(stores: Deployment) -> None:
    cursors = EventCursors(stores.jobs.documents)
    now = stores.keys.now()
    texts = {cursors.text_of(EventCursor(7, now)) for _ in range(20)}
    assert len(texts) == 20
    for text in texts:
        assert cursors.read(text).number == 7
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        assert (7).to_bytes(8, "big") not in sealed


def test_the_names_and_tags_of_an_erased_recording_are_gone(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    source = upload(stores, "team-a/anna-smith.wav")
    begin(stores, source)
    finish(stores, source, tags={"x-person": "Anna Smith"})
    stores.operations.erase(source.bucket, source.name)
    body = feed(client, headers)
    (event,) = body["events"]
    assert event["data"]["name"] == "(erased)"
    assert event["data"]["metadata"] == {}
    assert event["data"]["links"]["transcript"] is None
    assert "anna" not in str(body).lower()
    assert "anna" not in str(list(stores.jobs.documents.query("events", "state", "done"))).lower()


def test_a_redrive_logs_the_end_before_it_that_is_still_due(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    source = upload(stores)
    begin(stores, source)
    stores.jobs.finish(source.job_id, 1, "done")
    stores.operations.redrive(source.job_id)
    ids = [event["id"] for event in feed(client, headers)["events"]]
    assert ids == [f"{source.job_id}-1-done"]


def test_a_job_that_was_erased_before_its_end_was_logged_is_not_in_the_feed(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    source = upload(stores)
    begin(stores, source)
    stores.jobs.finish(source.job_id, 1, "done")
    job = stores.jobs.find(source.job_id)
    assert job is not None
    stores.events._reserve(job, 1, None)
    stores.operations.erase(source.bucket, source.name)
    assert stores.events.last_number() == 1
    first = feed(client, headers)
    assert first["events"] == []
    done_job(stores, "team-a/next.wav")
    assert names(feed(client, headers, after=first["cursor"])) == ["team-a/next.wav"]


MADE_UP = base64.urlsafe_b64encode(bytes(40)).decode().rstrip("=")


@pytest.mark.parametrize("after", ["", "x", "ä", "MQ", MADE_UP, "A" * 200])
def test_a_cursor_that_was_made_up_is_refused(
    client: httpx.Client, headers: dict[str, str], after: str
) -> None:
    answer = client.get("/api/v1/events", params={"after": after}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:dropscribe:problem:bad-request",
    )


def test_no_bit_of_a_cursor_can_be_changed(stores: Deployment) -> None:
    cursors = EventCursors(stores.jobs.documents)
    text = cursors.text_of(EventCursor(7, stores.keys.now()))
    sealed = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    accepted = []
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        other = base64.urlsafe_b64encode(bytes(changed)).decode()
        if is_accepted(cursors, other):
            accepted.append(position)
    assert accepted == []


def is_accepted(cursors: EventCursors, text: str) -> bool:
    try:
        cursors.read(text)
    except Exception as error:
        assert "not a cursor" in str(error)
        return False
    return True


def test_a_cursor_of_events_that_a_restored_job_store_lacks_is_refused(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    done_job(stores)
    cursor = feed(client, headers)["cursor"]
    stores.jobs.documents.delete("events/0000000000001")
    answer = client.get("/api/v1/events", params={"after": cursor}, headers=headers)
    assert (answer.status_code, "lost" in answer.json()["detail"]) == (400, True)


def test_a_cursor_that_is_older_than_events_are_kept_may_have_missed_some(
    stores: Deployment, client: httpx.Client, headers: dict[str, str]
) -> None:
    done_job(stores)
    cursors = EventCursors(stores.jobs.documents)
    for days, has_gap in ((29, False), (31, True)):
        issued = stores.keys.now() - timedelta(days=days)
        old = cursors.text_of(EventCursor(1, issued))
        answer = feed(client, headers, after=old)
        assert answer["has_gap"] == has_gap
        assert not feed(client, headers, after=answer["cursor"])["has_gap"]


# Waiting


class WatchedDocuments(MemoryDocuments):
    """Counts the looks at the event log, and fails the next ones if asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.failures = 0

    def page(self, collection: str, page: Page) -> list[Document]:
        if page.ascending and page.limit == 200:
            self.looks += 1
            if self.failures:
                self.failures -= 1
                raise JobStoreUnavailable("away")
        return super().page(collection, page)


class Waiting:
    """A gateway whose watch looks all the time."""

    def __init__(self) -> None:
        self.documents = WatchedDocuments()
        self.stores = memory_deployment(self.documents)
        self.watch = EventWatch(interval=0.001)
        self.app: FastAPI = create_app()
        self.app.dependency_overrides[deployment] = lambda: self.stores
        self.app.dependency_overrides[event_watch] = lambda: self.watch
        self.headers = {
            folder: key_headers(self.stores, folder=folder) for folder in (OURS, THEIRS)
        }

    def ask(self, folder: str = OURS, wait: float = 60) -> asyncio.Task[httpx.Response]:
        return asyncio.create_task(self._ask(folder, wait))

    async def _ask(self, folder: str, wait: float) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            headers = self.headers[folder]
            path = f"/api/v1/events?wait={wait}"
            return await client.get(path, headers=headers, timeout=60)

    async def waiters(self, number: int) -> None:
        """Return when so many requests wait and were looked for since."""
        while len(self.watch.waiters) < number:
            await asyncio.sleep(0.001)
        await self.more_looks()

    async def more_looks(self) -> None:
        until = self.documents.looks + 3
        while self.documents.looks < until and self.watch.waiters:
            await asyncio.sleep(0.001)


def test_requests_wait_for_an_event_of_their_folder() -> None:
    async def test() -> None:
        waiting = Waiting()
        ours, also_ours, theirs = waiting.ask(), waiting.ask(), waiting.ask(THEIRS)
        await waiting.waiters(3)
        waiting.documents.failures = 2
        done_job(waiting.stores, "team-a/call.wav")
        for answer in await asyncio.gather(ours, also_ours):
            assert names(answer.json()) == ["team-a/call.wav"]
        await waiting.more_looks()
        assert not theirs.done()
        done_job(waiting.stores, "team-b/call.wav")
        assert names((await theirs).json()) == ["team-b/call.wav"]
        assert waiting.watch.waiters == frozenset()
        looks = [task for task in asyncio.all_tasks() if "EventWatch" in repr(task)]
        await asyncio.gather(*looks, return_exceptions=True)
        assert all(task.cancelled() for task in looks)

    asyncio.run(test())


def test_all_requests_share_the_looks() -> None:
    async def test() -> None:
        waiting = Waiting()
        requests = [waiting.ask() for _ in range(20)]
        await waiting.waiters(20)
        looks = [task for task in asyncio.all_tasks() if "EventWatch._look" in repr(task)]
        assert len(looks) == 1
        done_job(waiting.stores)
        answers = await asyncio.gather(*requests)
        assert all(len(answer.json()["events"]) == 1 for answer in answers)

    asyncio.run(test())


def test_an_event_that_is_there_is_answered_without_a_look_and_a_wait_has_an_end() -> None:
    async def test() -> None:
        waiting = Waiting()
        done_job(waiting.stores)
        assert names((await waiting.ask()).json()) == ["team-a/call.wav"]
        assert waiting.documents.looks == 0
        answer = await waiting.ask(THEIRS, wait=0.05)
        assert answer.json()["events"] == []

    asyncio.run(test())


@pytest.mark.parametrize("wait", ["61", "-1", "nan"])
def test_a_wait_that_is_too_long_is_refused(
    client: httpx.Client, headers: dict[str, str], wait: str
) -> None:
    answer = client.get("/api/v1/events", params={"wait": wait}, headers=headers)
    assert answer.status_code == 422
