"""Metrics are counted in the job store, of the key's folder, and read at most once a minute."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from functions.gateway import metrics
from functions.gateway.deployment import Deployment
from functions.gateway.metrics import MetricsReader
from shared.adapters.memory import MemoryDocuments
from shared.jobs.job import JobFigures
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.errors import NotAudio
from shared.model.metrics import Metrics
from tests.support.gateway import gateway_client, key_headers, memory_deployment

DAY = timedelta(days=1)
FIGURES = JobFigures(
    audio_seconds=100.0, stage_seconds={"transcribe": 20.0, "prepare": 1.0}, cost_usd=0.01
)


class Store:
    """A job store whose clock a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.jobs = JobStore(MemoryDocuments(), clock=lambda: self.now)

    def queue(self, name: str) -> Source:
        source = Source(bucket="inbox", name=name, generation=1)
        self.jobs.queue(source, 1, "execution")
        return source

    def run(self, name: str) -> Source:
        source = self.queue(name)
        self.jobs.claim(source, 1, "execution")
        return source

    def finish(self, name: str, figures: JobFigures | None = FIGURES) -> None:
        source = self.run(name)
        self.jobs.finish(source.job_id, 1, "done", figures=figures)

    def fail(self, name: str) -> None:
        source = self.run(name)
        problem = NotAudio("a PDF").problem(source.job_id, "prepare")
        self.jobs.finish(source.job_id, 1, "failed", problem)


@pytest.fixture
def store() -> Store:
    return Store()


def read(store: Store, folder: str = "", window: timedelta = DAY) -> Metrics:
    return MetricsReader().read(folder, window, store.jobs)


def test_jobs_are_counted_by_the_states_that_clients_see(store: Store) -> None:
    store.queue("a.mp3")
    store.run("b.mp3")
    retried = store.run("c.mp3")
    store.jobs.finish(retried.job_id, 1, "retryable")
    store.finish("d.mp3")
    counted = read(store).jobs
    assert counted["queued"] == 1
    assert counted["running"] == 2, "one that will be repeated is running"
    assert counted["done"] == 1
    assert counted["failed"] == counted["cancelled"] == counted["erased"] == 0


def test_the_first_of_the_queued_jobs_gives_the_age_of_the_queue(store: Store) -> None:
    assert read(store).oldest_queued_seconds == 0
    store.queue("a.mp3")
    store.now += 30
    store.queue("b.mp3")
    store.now += 12
    assert read(store).oldest_queued_seconds == 42


def test_the_work_on_what_was_transcribed_is_added_up(store: Store) -> None:
    store.finish("a.mp3")
    store.finish("b.mp3")
    ended = read(store).ended
    assert ended.states == {"done": 2, "failed": 0, "cancelled": 0}
    assert ended.audio_seconds == 200
    assert [(each.stage, each.seconds, each.rtf) for each in ended.stages] == [
        ("prepare", 2.0, 0.01),
        ("transcribe", 40.0, 0.2),
    ]
    assert ended.cost_usd == 0.02
    assert ended.is_complete


def test_what_is_not_known_is_null_and_not_zero(store: Store) -> None:
    store.finish("a.mp3", FIGURES.model_copy(update={"cost_usd": None}))
    assert read(store).ended.cost_usd is None


def test_a_job_without_figures_is_counted(store: Store) -> None:
    store.finish("a.mp3", None)
    ended = read(store).ended
    assert ended.states["done"] == 1
    assert ended.audio_seconds == 0 and ended.stages == ()


def test_failures_are_counted_by_the_type_of_their_problem(store: Store) -> None:
    store.fail("a.mp3")
    store.fail("b.mp3")
    assert read(store).ended.failures == {NotAudio.name(): 2}


def test_a_failure_does_not_count_the_work_of_an_earlier_answer(store: Store) -> None:
    source = store.run("a.mp3")
    store.jobs.finish(source.job_id, 1, "done", figures=FIGURES)
    store.jobs.claim(source, 2, "execution")
    store.jobs.finish(source.job_id, 2, "failed", NotAudio("it").problem(None, None))
    assert read(store).ended.audio_seconds == 0


def test_what_ended_before_the_window_is_left_out(store: Store) -> None:
    store.finish("a.mp3")
    store.now += 2 * DAY.total_seconds()
    store.finish("b.mp3")
    found = read(store)
    assert found.ended.states["done"] == 1
    assert found.jobs["done"] == 2, "but it is done"


def test_a_reading_is_bounded_and_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MAX_ENDED_JOBS", 2)
    for number in range(3):
        store.finish(f"{number}.mp3")
    ended = read(store).ended
    assert ended.states["done"] == 2
    assert not ended.is_complete


def test_only_the_folder_is_counted(store: Store) -> None:
    store.finish("team-a/a.mp3")
    store.queue("team-b/b.mp3")
    found = read(store, "team-a/")
    assert found.folder == "team-a/"
    assert found.jobs["done"] == 1 and found.jobs["queued"] == 0
    assert found.oldest_queued_seconds == 0
    assert found.ended.states["done"] == 1
    assert read(store, "team-b/").ended.states["done"] == 0


def test_the_store_is_read_once_a_minute_for_a_folder_and_a_window(store: Store) -> None:
    reader = MetricsReader()
    first = reader.read("", DAY, store.jobs)
    store.queue("team-a/a.mp3")
    store.now += 59
    assert reader.read("", DAY, store.jobs) == first
    assert reader.read("team-a/", DAY, store.jobs).jobs["queued"] == 1
    store.now += 1
    assert reader.read("", DAY, store.jobs).jobs["queued"] == 1


@pytest.fixture
def stores() -> Deployment:
    stores = memory_deployment()
    source = Source(bucket="inbox", name="team-a/a.mp3", generation=1)
    stores.jobs.queue(source, 1, "execution")
    return stores


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


@pytest.mark.parametrize(("folder", "queued"), [("", 1), ("team-a/", 1), ("team-b/", 0)])
def test_a_key_sees_the_metrics_of_its_folder(
    stores: Deployment, client: httpx.Client, folder: str, queued: int
) -> None:
    headers = key_headers(stores, ("read",), folder)
    answer = client.get("/api/v1/metrics/", headers=headers)
    assert answer.json()["jobs"]["queued"] == queued
    assert answer.json()["folder"] == folder
    text = client.get("/metrics", headers=headers).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    by_state = {
        sample.labels["state"]: sample.value for sample in families["dropscribe_jobs"].samples
    }
    assert by_state["queued"] == queued


def test_prometheus_gets_the_format_in_the_content_type(
    stores: Deployment, client: httpx.Client
) -> None:
    answer = client.get("/metrics", headers=key_headers(stores, ("read",)))
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


@pytest.mark.parametrize("hours", ["0", "169", "x"])
def test_a_window_that_is_too_long_is_refused(
    stores: Deployment, client: httpx.Client, hours: str
) -> None:
    headers = key_headers(stores, ("read",))
    answer = client.get("/api/v1/metrics/", params={"hours": hours}, headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/api/v1/metrics/", "/metrics"])
def test_metrics_need_a_key_that_may_read(
    stores: Deployment, client: httpx.Client, path: str
) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers=key_headers(stores, ("write",))).status_code == 403
