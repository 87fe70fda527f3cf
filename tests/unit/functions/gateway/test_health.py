"""/health names what does not answer, without a key, and many requests at once cost one look."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from functions.gateway import readiness
from functions.gateway.deployment import Deployment
from functions.gateway.readiness import Readiness
from shared.adapters.memory import MemoryDocuments
from shared.model.errors import JobStoreUnavailable, WorkflowRefused, WorkflowUnavailable
from shared.ports.documents import Document
from tests.support.gateway import MemoryExecutions, gateway_client, memory_deployment

SECRET = "gs://inbox/patient.wav"


class DocumentsAway(MemoryDocuments):
    """A database that does not answer."""

    def get(self, path: str) -> tuple[Document, object] | None:
        raise JobStoreUnavailable(SECRET)


class FailingExecutions(MemoryExecutions):
    """A workflow engine that answers every question with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def is_active(self, execution: str) -> bool:
        raise self.error


def answer_of(stores: Deployment, path: str) -> httpx.Response:
    """Returns the gateway's answer to a request without a key."""
    with gateway_client(stores) as client:
        return client.get(path)


def readiness_by_part(answer: httpx.Response) -> dict[str, bool]:
    parts = answer.json()["parts"]
    return {part["name"]: part["ready"] for part in parts}


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
def test_all_parts_are_named_with_their_latency(path: str) -> None:
    answer = answer_of(memory_deployment(), path)
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert readiness_by_part(answer) == {"storage": True, "job store": True, "workflow": True}
    assert all(part["seconds"] >= 0 for part in answer.json()["parts"])


def test_a_part_that_is_away_is_named_without_details() -> None:
    answer = answer_of(memory_deployment(DocumentsAway()), "/health/ready")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json()["status"] == "unavailable"
    assert readiness_by_part(answer) == {"storage": True, "job store": False, "workflow": True}
    assert "patient" not in answer.text


def test_health_for_people_says_what_is_away_with_200() -> None:
    answer = answer_of(
        memory_deployment(executions=FailingExecutions(WorkflowUnavailable("away"))), "/health"
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "unavailable"
    assert readiness_by_part(answer)["workflow"] is False


def test_a_workflow_that_refuses_the_question_answers() -> None:
    refusing = FailingExecutions(WorkflowRefused("no such id"))
    assert answer_of(memory_deployment(executions=refusing), "/health/ready").status_code == 200


def test_the_process_lives_while_everything_else_is_away() -> None:
    away = memory_deployment(DocumentsAway(), FailingExecutions(WorkflowUnavailable("away")))
    answer = answer_of(away, "/health/live")
    assert answer.status_code == 200
    assert answer.json()["parts"] == []


def test_many_requests_at_once_ask_each_system_once() -> None:
    calls: list[str] = []

    def look() -> None:
        calls.append("storage")

    async def flood() -> None:
        seen = Readiness({"storage": look})
        await asyncio.gather(*(seen.parts() for _ in range(1000)))

    asyncio.run(flood())
    assert calls == ["storage"]


@pytest.fixture
def hanging() -> Iterator[Callable[[], object]]:
    """A system that does not answer before the test ends."""
    end = threading.Event()
    yield end.wait
    end.set()


def test_a_system_that_hangs_is_named_and_not_called_again(
    hanging: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "CHECK_DEADLINE", 0.05)
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)
    calls: list[str] = []

    def hang() -> None:
        calls.append("storage")
        hanging()

    async def look_twice() -> list[dict[str, bool]]:
        seen = Readiness({"storage": hang, "workflow": lambda: None})
        looks: list[dict[str, bool]] = []
        for _ in range(2):
            parts = await seen.parts()
            looks.append({part.name: part.ready for part in parts})
        return looks

    is_ready = {"storage": False, "workflow": True}
    assert asyncio.run(look_twice()) == [is_ready, is_ready]
    assert calls == ["storage"]
