"""The transcript states the cost of its job, computed through prepare and finalize."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.contracts import Source
from shared.cost import prices
from shared.documents import MemoryDocuments
from shared.jobs import JobStore
from shared.settings import settings
from shared.storage import MemoryBlobs
from tests.recordings import silence, wav
from tests.unit.test_job_ends import ended, upload

SIZES = {name: {"cpu": 1, "memory_gib": 2} for name in ("prepare", "transcribe", "align", "diarize", "finalize")}


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
    """A job store whose clock stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.jobs = JobStore(MemoryDocuments(), clock=lambda: self.now)
        self.blobs = MemoryBlobs()

    def work(self, source: Source, stage: str, task: str, seconds: float) -> None:
        self.now += 1
        self.jobs.begin(source.job_id, task, stage, 0, "w")
        self.now += seconds
        self.jobs.complete(source.job_id, task, "w", seconds)

    def cost(self, source: Source, run: int) -> Any:
        finalized = ended(source, run, self.blobs, self.jobs)
        return json.loads(self.blobs.read(finalized.outputs["json"]))["cost"]


@pytest.fixture
def clocked() -> Clocked:
    return Clocked()


def test_without_resources_nothing_is_told(clocked: Clocked) -> None:
    assert clocked.cost(upload(clocked.blobs, wav(silence(1))), 1) is None


def test_with_resources_the_transcript_tells_its_cost(clocked: Clocked, deployed: Callable[..., None]) -> None:
    deployed(SIZES)
    source = upload(clocked.blobs, wav(silence(1)))
    clocked.jobs.claim(source, 1, "run 1")
    clocked.work(source, "align", "align-x", 100.02)
    told = clocked.cost(source, 1)
    assert told["items"]["align"] == round(100.1 * (0.000024 + 2 * 0.0000025), 8)
    assert told["items"]["requests"] == round(3 * 0.4e-6, 8), "prepare, align and finalize"
    assert told["total"] == pytest.approx(sum(told["items"].values()))
    assert (told["currency"], told["price_table"]) == ("USD", prices().name)


def test_a_later_run_pays_only_what_it_worked_out(clocked: Clocked, deployed: Callable[..., None]) -> None:
    deployed(SIZES)
    source = upload(clocked.blobs, wav(silence(1)))
    clocked.jobs.claim(source, 1, "run 1")
    clocked.work(source, "transcribe", "transcribe-kept", 50)
    clocked.work(source, "align", "align-dropped", 70)
    clocked.cost(source, 1)
    clocked.now += 60
    clocked.jobs.claim(source, 2, "run 2")
    clocked.now += 1
    clocked.jobs.reuse(source.job_id, "transcribe-kept", "transcribe", 0)
    clocked.work(source, "align", "align-new", 10)
    told = clocked.cost(source, 2)
    assert told["items"]["align"] == round(10 * 0.000029, 8), "not the 70 s of a question nobody asked again"
    assert "transcribe" not in told["items"], "an answer that was there costs no seconds"
    assert told["items"]["requests"] == round(4 * 0.4e-6, 8), "prepare, transcribe, align and finalize"


@pytest.mark.parametrize(
    ("resources", "region"), [({"transcribe": {"cpu": 1, "memory_gib": 2}}, "us-central1"), (SIZES, "europe-west4")]
)
def test_what_cannot_be_priced_fails_no_job(
    clocked: Clocked, deployed: Callable[..., None], resources: dict[str, Any], region: str
) -> None:
    deployed(resources, region)
    assert clocked.cost(upload(clocked.blobs, wav(silence(1))), 1) is None
