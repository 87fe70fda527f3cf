"""The bridge pushes each event until it is accepted, whatever happens to the others."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, repeat

import httpx
import pytest
from cloudevents.http import CloudEvent
from starlette.testclient import TestClient

from local import bridge
from local.bridge import Bridge, make_app, pauses
from shared.adapters.memory import MemoryDocuments
from shared.adapters.queued_events import COLLECTION, QueuedEvents
from shared.model.errors import JobStoreUnavailable
from shared.model.push import PushRequest
from shared.ports.documents import Document

ACCEPTED = 204
NOT_YET = 503
Answer = int | Exception


def publish(queue: QueuedEvents, event_id: str) -> None:
    attributes = {"id": event_id, "type": "dropscribe.job.done", "source": "urn:test"}
    queue.publish(CloudEvent(attributes, {"job_id": event_id}))


@dataclass
class Receiver:
    """Answers the pushes of each event, by its id, with these answers and then with 204."""

    answers: dict[str, Iterator[Answer]] = field(default_factory=dict)
    requests: list[PushRequest] = field(default_factory=list)

    async def push(self, request: PushRequest) -> int:
        self.requests.append(request)
        event_id = request.message.attributes["ce-id"]
        answer = next(self.answers.get(event_id, iter(())), ACCEPTED)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def attempts(self) -> dict[str, list[int | None]]:
        """Returns the numbers of the attempts at each event, in their order."""
        found = defaultdict(list)
        for request in self.requests:
            found[request.message.attributes["ce-id"]].append(request.delivery_attempt)
        return dict(found)


@dataclass
class Pauses:
    """Sleeps that take no time, and their lengths."""

    seconds: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def memory_queue(clock: Callable[[], float] = time.time) -> QueuedEvents:
    return QueuedEvents(MemoryDocuments(), clock)


async def until_empty(bridge: Bridge) -> None:
    """Runs a bridge until its queue is empty and all its deliveries have ended."""
    running = asyncio.create_task(bridge.run())
    while bridge.queue.waiting() or bridge.deliveries:
        assert not running.done()
        await asyncio.sleep(0)
    running.cancel()


def test_each_event_is_pushed_once_and_deleted() -> None:
    queue, receiver = memory_queue(), Receiver()
    for number in range(40):
        publish(queue, f"event-{number}")
    asyncio.run(until_empty(Bridge(queue, receiver.push, Pauses().sleep)))
    assert receiver.attempts() == {f"event-{number}": [1] for number in range(40)}


@pytest.mark.parametrize(
    "failure", [NOT_YET, 302, 404, 500, httpx.ConnectError("refused"), TimeoutError()]
)
def test_an_event_is_pushed_until_it_is_accepted(failure: Answer) -> None:
    queue, receiver = memory_queue(), Receiver({"late": iter([failure] * 3)})
    publish(queue, "late")
    asyncio.run(until_empty(Bridge(queue, receiver.push, Pauses().sleep)))
    assert receiver.attempts() == {"late": [1, 2, 3, 4]}


def test_the_pauses_double_up_to_ten_minutes() -> None:
    assert list(islice(pauses(), 12)) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


def test_the_pauses_of_an_event_are_its_own() -> None:
    queue, slept = memory_queue(), Pauses()
    receiver = Receiver({"a": iter([NOT_YET] * 3), "b": iter([NOT_YET] * 2)})
    publish(queue, "a")
    publish(queue, "b")
    asyncio.run(until_empty(Bridge(queue, receiver.push, slept.sleep)))
    first_pauses = set(islice(pauses(), 4))  # between two looks others are made on a busy machine
    after_failures = Counter(seconds for seconds in slept.seconds if seconds in first_pauses)
    assert after_failures == {1: 2, 2: 2, 4: 1}


def test_a_new_event_does_not_wait_for_those_that_hang_at_their_second_attempt() -> None:
    queue = memory_queue()
    for number in range(3 * bridge.REPEATS):
        publish(queue, f"hangs-{number}")

    async def push(request: PushRequest) -> int:
        is_new = request.message.attributes["ce-id"] == "new"
        if is_new:
            return ACCEPTED
        if request.delivery_attempt == 1:
            return NOT_YET
        await asyncio.Event().wait()
        raise AssertionError

    async def test() -> None:
        running = asyncio.create_task(Bridge(queue, push, Pauses().sleep).run())
        await asyncio.sleep(0.05)
        publish(queue, "new")
        async with asyncio.timeout(30):
            while len(queue.waiting()) > 3 * bridge.REPEATS:
                await asyncio.sleep(0)
        running.cancel()

    asyncio.run(test())


def test_a_request_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "DEADLINE", 0.01)
    queue = memory_queue()
    publish(queue, "slow")
    attempts = []

    async def push(request: PushRequest) -> int:
        attempts.append(request.delivery_attempt)
        if request.delivery_attempt == 1:
            await asyncio.Event().wait()
        return ACCEPTED

    asyncio.run(until_empty(Bridge(queue, push, Pauses().sleep)))
    assert attempts == [1, 2]


def test_an_event_is_given_up_after_seven_days(caplog: pytest.LogCaptureFixture) -> None:
    day = 86_400.0
    now = [0.0]
    queue, receiver = memory_queue(lambda: now[0]), Receiver({"lost": repeat(NOT_YET)})
    publish(queue, "lost")

    async def sleep(seconds: float) -> None:
        now[0] += day
        await asyncio.sleep(0)

    asyncio.run(until_empty(Bridge(queue, receiver.push, sleep)))
    assert now[0] > 7 * day
    assert [record.message for record in caplog.records] == ["event given up"]


class FlakyDocuments(MemoryDocuments):
    """Documents whose every second query and deletion fails."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        self.fail_at_every_second_call()
        return super().query(collection, field, value)

    def delete(self, path: str) -> None:
        self.fail_at_every_second_call()
        super().delete(path)

    def fail_at_every_second_call(self) -> None:
        self.calls += 1
        if self.calls % 2:
            raise JobStoreUnavailable("SQLite: database is locked")


def test_a_database_that_is_locked_now_and_then_loses_nothing() -> None:
    documents, receiver = FlakyDocuments(), Receiver()
    queue = QueuedEvents(documents, time.time)
    publish(queue, "event")

    async def test() -> None:
        running = asyncio.create_task(Bridge(queue, receiver.push, Pauses().sleep).run())
        while list(MemoryDocuments.query(documents, COLLECTION, "state", "waiting")):
            assert not running.done()
            await asyncio.sleep(0)
        running.cancel()

    asyncio.run(test())
    assert receiver.attempts()["event"][0] == 1


def test_a_bug_ends_the_bridge() -> None:
    """The supervisor starts it again."""
    queue = memory_queue()
    publish(queue, "event")

    async def push(request: PushRequest) -> int:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup, match="TaskGroup"):
        asyncio.run(Bridge(queue, push, Pauses().sleep).run())


def test_it_says_that_it_is_well() -> None:
    app = make_app(memory_queue(), "http://127.0.0.1:9")
    with TestClient(app) as client:
        assert client.get("/health").json() == {"status": "ok", "name": "bridge"}
