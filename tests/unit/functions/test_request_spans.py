"""What reconcile starts and what notify delivers are requests in the traces of their runs."""

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest

from functions.reconcile.sweep import Sweep, SweepRequest
from shared.adapters.memory import MemoryBlobs
from shared.model.contracts import Source
from shared.model.push import PushRequest
from shared.model.trace_ids import root_id_of
from shared.runtime.flask_adapter import serve
from shared.runtime.wiring import job_store, load_object, span_exporter
from shared.settings import settings
from tests.support.gateway import MemoryExecutions
from tests.support.receivers import answering, receiver
from tests.support.traces import ReadSpan, read_traces, trace_of
from tests.support.webhooks import Stores, pushed, pushed_test

DOCUMENTS = "shared.adapters.memory:MemoryDocuments"
RESTARTS = 2


@pytest.fixture
def traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the traces of functions that have their jobs in memory."""
    path = tmp_path / "traces"
    monkeypatch.setenv("DROPSCRIBE_TRACES", str(path))
    monkeypatch.setenv("DROPSCRIBE_JOB_DOCUMENTS", DOCUMENTS)
    monkeypatch.setenv("DROPSCRIBE_RESTARTS", str(RESTARTS))
    caches = (settings, span_exporter, load_object)
    for cache in caches:
        cache.cache_clear()
    yield path
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def only_span(traces: Path, source: Source, run: int) -> ReadSpan:
    """Returns the only span of a run's trace, which has no root yet."""
    (span,) = trace_of(traces, source.job_id, run).spans.values()
    assert span.parent_id == root_id_of(source.job_id, run)
    return span


# reconcile


def sweep_after(runs: int) -> Source:
    """Returns a recording of which so many runs were killed before a sweep."""
    blobs, jobs = MemoryBlobs(), job_store()
    generation = blobs.put("gs://dropscribe-inbox/call.wav", b"sound", if_generation_match=0)
    assert generation is not None
    source = Source(bucket="dropscribe-inbox", name="call.wav", generation=generation)
    for run in range(1, runs + 1):
        jobs.claim(source, run, "killed")
    sweep = Sweep(blobs, jobs, MemoryExecutions())
    sweep(SweepRequest(unanswered_after=0))
    return source


def test_what_a_sweep_starts_is_in_the_trace_of_the_run_that_it_starts(traces: Path) -> None:
    source = sweep_after(1)
    span = only_span(traces, source, 2)
    assert (span.name, span.failed) == ("start", False)
    assert "call.wav" not in traces.read_text()


def test_a_sweep_that_gives_a_job_up_is_in_the_trace_of_the_run_that_reports_it(
    traces: Path,
) -> None:
    last = RESTARTS + 1
    source = sweep_after(last)
    assert only_span(traces, source, last + 1).name == "report problem"


# notify


def notify(stores: Stores, request: PushRequest) -> int:
    """Returns the status of notify's response."""
    app = flask.Flask("notify")
    body = request.model_dump_json()
    with app.test_request_context(method="POST", data=body):
        return serve("notify", flask.request, PushRequest, stores.notifier()).status_code


@pytest.mark.parametrize(("answer", "status", "has_failed"), [(200, 204, False), (500, 503, True)])
def test_a_delivery_is_in_the_trace_of_the_run_that_ended(
    traces: Path, answer: int, status: int, has_failed: bool
) -> None:
    stores = Stores(job_store().documents)
    with receiver(answering(answer)) as served:
        stores.webhook(served.url(served.address, "/secret", "http"))
        job = stores.ended()
        assert notify(stores, pushed(job)) == status
    span = only_span(traces, job.source, 1)
    assert (span.name, span.failed) == ("notify", has_failed)
    assert "/secret" not in traces.read_text()


def test_the_try_of_an_endpoint_is_in_no_trace(traces: Path) -> None:
    stores = Stores(job_store().documents)
    with receiver(answering(200)) as served:
        webhook = stores.webhook(served.url(served.address, "/hook", "http"))
        assert notify(stores, pushed_test(webhook, webhook.created)) == 204
        assert len(served.requests) == 1
    assert not traces.exists() or read_traces(traces) == {}
