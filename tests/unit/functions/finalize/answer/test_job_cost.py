"""The transcript states the cost of its job, computed through prepare and finalize."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.cost import prices
from shared.settings import settings
from tests.support.recordings import silence, wav
from tests.unit.functions.test_job_ends import run_job, upload

SIZES = {
    name: {"cpu": 1, "memory_gib": 2}
    for name in ("prepare", "transcribe", "align", "diarize", "finalize")
}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def deploy(resources: dict[str, Any], region: str = "us-central1") -> None:
        monkeypatch.setenv("DROPSCRIBE_RESOURCES", json.dumps(resources))
        monkeypatch.setenv("DROPSCRIBE_REGION", region)
        settings.cache_clear()

    yield deploy
    monkeypatch.undo()
    settings.cache_clear()


class Clocked:
    """A job store whose clock moves only when the test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.jobs = JobStore(MemoryDocuments(), clock=lambda: self.now)
        self.blobs = MemoryBlobs()

    def work(self, source: Source, stage: str, task: str, seconds: float) -> None:
        self.now += 1
        self.jobs.start_attempt(source.job_id, task, stage, 0, "w")
        self.now += seconds
        self.jobs.records.complete_attempt(source.job_id, task, "w", seconds)

    def cost(self, source: Source, run: int) -> Any:
        finalized = run_job(source, run, self.blobs, self.jobs)
        return json.loads(self.blobs.read(finalized.outputs["json"]))["cost"]


@pytest.fixture
def clocked() -> Clocked:
    return Clocked()


def test_without_resources_there_is_no_cost(clocked: Clocked) -> None:
    assert clocked.cost(upload(clocked.blobs, wav(silence(1))), 1) is None


def test_with_resources_the_transcript_has_its_cost(
    clocked: Clocked, deployed: Callable[..., None]
) -> None:
    deployed(SIZES)
    source = upload(clocked.blobs, wav(silence(1)))
    clocked.jobs.claim(source, 1, "run 1")
    clocked.work(source, "align", "align-x", 100.02)
    cost = clocked.cost(source, 1)
    assert cost["items"]["align"] == round(100.1 * (0.000024 + 2 * 0.0000025), 8)
    assert cost["items"]["requests"] == round(3 * 0.4e-6, 8), "prepare, align and finalize"
    assert cost["total"] == pytest.approx(sum(cost["items"].values()))
    assert (cost["currency"], cost["price_table"]) == ("USD", prices().name)


def test_a_later_run_pays_only_for_its_own_work(
    clocked: Clocked, deployed: Callable[..., None]
) -> None:
    deployed(SIZES)
    source = upload(clocked.blobs, wav(silence(1)))
    clocked.jobs.claim(source, 1, "run 1")
    clocked.work(source, "transcribe", "transcribe-kept", 50)
    clocked.work(source, "align", "align-dropped", 70)
    clocked.cost(source, 1)
    clocked.now += 60
    clocked.jobs.claim(source, 2, "run 2")
    clocked.now += 1
    clocked.jobs.records.record_reuse(source.job_id, "transcribe-kept", "transcribe", 0)
    clocked.work(source, "align", "align-new", 10)
    cost = clocked.cost(source, 2)
    assert cost["items"]["align"] == round(10 * 0.000029, 8), (
        "not the 70 s of a task that the run did not need"
    )
    assert "transcribe" not in cost["items"], "a cached result costs no seconds"
    assert cost["items"]["requests"] == round(4 * 0.4e-6, 8), (
        "prepare, transcribe, align and finalize"
    )


@pytest.mark.parametrize(
    ("resources", "region"),
    [({"transcribe": {"cpu": 1, "memory_gib": 2}}, "us-central1"), (SIZES, "europe-west4")],
)
def test_unknown_prices_fail_no_job(
    clocked: Clocked, deployed: Callable[..., None], resources: dict[str, Any], region: str
) -> None:
    deployed(resources, region)
    assert clocked.cost(upload(clocked.blobs, wav(silence(1))), 1) is None
