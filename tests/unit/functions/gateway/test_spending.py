"""Costs are those of the seconds and calls that the stage records of ended jobs hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from functions.gateway.spending import spending_page
from shared.adapters.memory import MemoryDocuments
from shared.jobs.job import JobFigures
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.cost import prices, usd_per_second
from shared.model.spending import JobSpending
from shared.model.stages import FUNCTIONS
from shared.settings import settings
from tests.support.gateway import gateway_client, key_headers, memory_deployment

BEGUN = 1_800_000_000.0
SINCE = datetime.fromtimestamp(BEGUN - 1, UTC)
FIGURES = JobFigures(audio_seconds=100.0, stage_seconds={}, cost_usd=None)


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes a deployment of which the sizes of the instances are known."""
    sizes = [f'"{name}": {spec.resources.model_dump_json()}' for name, spec in FUNCTIONS.items()]
    monkeypatch.setenv("DROPSCRIBE_RESOURCES", "{" + ", ".join(sizes) + "}")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


class Clocked:
    def __init__(self) -> None:
        self.now = BEGUN
        self.jobs = JobStore(MemoryDocuments(), clock=lambda: self.now)

    def attempt(self, source: Source, stage: str, part: int, seconds: float | None) -> None:
        """Does a part of a job in so many seconds. None: the attempt fails for good."""
        key = f"{stage}-{part}"
        owner = f"{self.now}"
        self.now += 1
        self.jobs.start_attempt(source.job_id, key, stage, part, owner)
        if seconds is None:
            self.jobs.records.release_lease(source.job_id, key, owner, counted=True)
        else:
            self.jobs.records.complete_attempt(source.job_id, key, owner, seconds)

    def done(self, name: str = "a.wav", seconds: float = 10.0) -> Source:
        source = Source(bucket="inbox", name=name, generation=1)
        self.jobs.claim(source, 1, "execution")
        self.attempt(source, "transcribe", 0, None)
        self.attempt(source, "transcribe", 0, seconds)
        self.attempt(source, "transcribe", 1, seconds)
        self.attempt(source, "align", 0, 1.5)
        self.jobs.records.record_reuse(source.job_id, "align-0", "align", 0)
        self.now += 1
        self.jobs.finish(source.job_id, 1, "done", figures=FIGURES)
        return source

    def spent(self) -> list[JobSpending]:
        return list(spending_page(self.jobs, "", SINCE, None, 100).jobs)


def test_seconds_parts_and_failed_attempts_are_counted_by_stage() -> None:
    store = Clocked()
    source = store.done()
    (job,) = store.spent()
    assert (job.id, job.state, job.audio_seconds) == (source.job_id, "done", 100.0)
    transcribe, align = job.stages["transcribe"], job.stages["align"]
    assert (transcribe.done, transcribe.seconds, transcribe.failed) == (2, 20.0, 1)
    assert (align.done, align.seconds, align.reused, align.failed) == (1, 1.5, 1, 0)
    assert list(job.stages) == ["transcribe", "align"]


def test_without_the_sizes_of_instances_there_is_no_cost() -> None:
    store = Clocked()
    store.done()
    page = spending_page(store.jobs, "", SINCE, None, 100)
    assert (page.jobs[0].cost_usd, page.jobs[0].items, page.price_table) == (None, {}, None)


@pytest.mark.usefixtures("priced")
def test_the_seconds_cost_what_an_instance_of_that_size_does() -> None:
    store = Clocked()
    store.done()
    page = spending_page(store.jobs, "", SINCE, None, 100)
    (job,) = page.jobs
    rate = usd_per_second(FUNCTIONS["transcribe"].resources, prices())
    assert job.items["transcribe"] == pytest.approx(20 * rate, abs=1e-8)
    assert job.cost_usd == pytest.approx(sum(job.items.values()))
    calls = 3 + 2 + 1
    assert job.items["requests"] == pytest.approx(calls * prices().of("request"), abs=1e-8)
    assert page.price_table == prices().name


@pytest.mark.usefixtures("priced")
def test_a_region_without_prices_has_no_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPSCRIBE_REGION", "europe-west4")
    settings.cache_clear()
    store = Clocked()
    store.done()
    assert store.spent()[0].cost_usd is None


def test_only_jobs_that_ended_within_the_time_are_listed_and_all_of_them_by_pages() -> None:
    store = Clocked()
    for number in range(5):
        store.done(f"{number}.wav")
    running = Source(bucket="inbox", name="running.wav", generation=1)
    store.jobs.claim(running, 1, "execution")
    retryable = Source(bucket="inbox", name="again.wav", generation=1)
    store.jobs.claim(retryable, 1, "execution")
    store.jobs.finish(retryable.job_id, 1, "retryable")
    names = []
    before = None
    while True:
        page = spending_page(store.jobs, "", SINCE, before, 2)
        names += [job.name for job in page.jobs]
        before = page.next_before
        if before is None:
            break
    assert names == ["4.wav", "3.wav", "2.wav", "1.wav", "0.wav"]
    late = datetime.fromtimestamp(store.now, UTC) + timedelta(seconds=1)
    assert spending_page(store.jobs, "", late, None, 100).jobs == ()


def test_a_key_sees_the_costs_of_its_folder() -> None:
    stores = memory_deployment()
    for name in ("team-a/call.wav", "team-b/call.wav"):
        source = Source(bucket="inbox", name=name, generation=1)
        stores.jobs.claim(source, 1, "execution")
        stores.jobs.finish(source.job_id, 1, "done")
    with gateway_client(stores) as client:
        of_team = key_headers(stores, ("read",), "team-a/")
        found = client.get("/api/v1/costs", headers=of_team).json()
        assert [job["name"] for job in found["jobs"]] == ["team-a/call.wav"]
        later = {"since": "2999-01-01T00:00:00Z"}
        found = client.get("/api/v1/costs", params=later, headers=of_team).json()
        assert found["jobs"] == []
