"""A request's spans are one tree in the trace of its run, and no collector slows or fails it."""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.memory import MemoryDocuments
from shared.adapters.otlp import OtlpFile
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.errors import Cancelled, NotAudio, StorageUnavailable
from shared.model.trace_ids import trace_id_of
from shared.ports.spans import TraceSpan
from shared.runtime.background_export import QUEUED_BATCHES, BackgroundExporter
from shared.runtime.job_traces import ended_roots, run_to_trace
from shared.runtime.spans import MAX_SPANS, note_job, request_spans, trace_span
from tests.support.traces import Trace, read_traces, trace_of

SOURCE = Source(bucket="inbox", name="call.wav", generation=1)
JOB = SOURCE.job_id
LIBRARIES = "import sys, functions.{}; print([n for n in sys.modules if n in {}])"
OF_TRACES = ("opentelemetry.proto", "shared.adapters.otlp")


def same_run(job_id: str, run: int | None) -> int | None:
    return run


def written(tmp_path: Path) -> Trace:
    return trace_of(tmp_path / "traces", JOB, 3)


def missing_root(trace: Trace) -> list[str]:
    """Returns the gaps of a trace whose root is not exported yet."""
    gaps = trace.gaps()
    assert "0 roots" in gaps
    return [gap for gap in gaps if gap != "0 roots"]


def test_spans_of_a_request_lie_in_it_and_it_lies_in_the_root(tmp_path: Path) -> None:
    exporter = OtlpFile(tmp_path / "traces")
    with (
        request_spans("align", exporter, same_run, JOB, 3),
        trace_span("work"),
        trace_span("storage read"),
    ):
        pass
    trace = written(tmp_path)
    (request,), (work,), (read,) = map(trace.named, ("align", "work", "storage read"))
    assert (read.parent_id, work.parent_id) == (work.span_id, request.span_id)
    assert missing_root(trace) == ["the parent of align is missing"]
    assert request.started <= work.started <= read.started <= read.ended <= request.ended
    assert request.attributes == {"dropscribe.job_id": JOB, "dropscribe.run": "3"}


def test_a_failure_is_its_type_and_never_its_message(tmp_path: Path) -> None:
    exporter = OtlpFile(tmp_path / "traces")
    with (
        pytest.raises(NotAudio),
        request_spans("prepare", exporter, same_run, JOB, 3),
        trace_span("work"),
    ):
        raise NotAudio("call.wav holds a poem")
    assert all(each.failed for each in written(tmp_path).spans.values())
    content = (tmp_path / "traces").read_text()
    assert "not-audio" in content
    assert "poem" not in content


def test_the_job_may_become_known_while_the_request_runs(tmp_path: Path) -> None:
    exporter = OtlpFile(tmp_path / "traces")
    with request_spans("upload", exporter, same_run), trace_span("storage write"):
        note_job(JOB, 3)
    assert written(tmp_path).named("storage write")


def test_requests_about_no_job_are_not_exported(tmp_path: Path) -> None:
    exporter = OtlpFile(tmp_path / "traces")
    with request_spans("reconcile", exporter, same_run):
        pass
    assert not (tmp_path / "traces").exists()


def test_a_request_within_another_is_in_its_own_trace(tmp_path: Path) -> None:
    exporter = OtlpFile(tmp_path / "traces")
    with (
        request_spans("reconcile", exporter, same_run),
        request_spans("start", exporter, same_run, JOB, 3),
    ):
        pass
    assert list(read_traces(tmp_path / "traces")) == [trace_id_of(JOB, 3)]


def test_no_parent_is_left_out_where_spans_are_too_many(tmp_path: Path) -> None:
    exporter = OtlpFile(tmp_path / "traces")
    with request_spans("prepare", exporter, same_run, JOB, 3), trace_span("work"):
        for _ in range(2 * MAX_SPANS):
            with trace_span("storage read"), trace_span("inner"):
                pass
    trace = written(tmp_path)
    assert len(trace.spans) == MAX_SPANS
    assert missing_root(trace) == ["the parent of prepare is missing"]


def test_a_line_that_a_killed_process_left_incomplete_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "traces"
    file.write_text('{"resourceSpans": [{"res')
    with request_spans("align", OtlpFile(file), same_run, JOB, 3):
        pass
    assert written(tmp_path).named("align")
    assert all(json.loads(line) for line in file.read_text().splitlines()[1:])


def test_a_file_that_cannot_be_written_fails_no_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with request_spans("align", OtlpFile(tmp_path / "none" / "traces"), same_run, JOB, 3):
        pass
    assert "spans not written" in caplog.text


# A collector that hangs


def test_a_collector_that_hangs_delays_one_request_and_takes_little_memory() -> None:
    """Each further export would wait for an hour if it waited."""
    is_over = threading.Event()

    def hang(spans: Sequence[TraceSpan]) -> None:
        is_over.wait()

    exporter = BackgroundExporter(hang, patience=0.01)
    exporter.export([])
    exporter.patience = 3600.0
    for _ in range(2 * QUEUED_BATCHES):
        exporter.export([])
    assert exporter.queued == QUEUED_BATCHES
    is_over.set()


def test_a_collector_that_fails_delays_and_fails_no_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(spans: Sequence[TraceSpan]) -> None:
        raise StorageUnavailable("call.wav")

    exporter = BackgroundExporter(refuse, patience=3600.0)
    exporter.export([])
    assert "spans not sent" in caplog.text
    assert "call.wav" not in caplog.text


def test_spans_are_sent_when_export_returns_and_again_after_a_failure() -> None:
    sent: list[Sequence[TraceSpan]] = []
    failures = [StorageUnavailable("away")]

    def send(spans: Sequence[TraceSpan]) -> None:
        if failures:
            raise failures.pop()
        sent.append(spans)

    exporter = BackgroundExporter(send, patience=3600.0)
    exporter.export([])
    exporter.export([])
    exporter.flush()
    exporter.export([])
    assert len(sent) == 2


# The roots of traces


def store() -> JobStore:
    return JobStore(MemoryDocuments())


def ended(jobs: JobStore) -> Job:
    job = jobs.find(JOB)
    assert job is not None and job.ended is not None
    return job


def roots(jobs: JobStore) -> dict[int, str]:
    """Returns the states of the roots that the last end has exported, by run."""
    job = ended(jobs)
    assert job.ended is not None
    found = ended_roots(job, job.ended)
    return {int(root.attributes["run"]): str(root.attributes["state"]) for root in found}


def test_the_end_of_a_run_exports_its_root_each_time_it_is_repeated() -> None:
    jobs = store()
    jobs.record_upload(SOURCE, 1, {})
    jobs.claim(SOURCE, 1, "e")
    jobs.finish(JOB, 1, "done")
    first = ended_roots(ended(jobs), ended(jobs).ended or datetime.now(UTC))
    jobs.finish(JOB, 1, "done")
    assert ended_roots(ended(jobs), ended(jobs).ended or datetime.now(UTC)) == first
    assert roots(jobs) == {1: "done"}


def test_a_run_that_was_overtaken_ends_with_the_one_that_came_after_it() -> None:
    jobs = store()
    jobs.claim(SOURCE, 1, "killed")
    jobs.queue(SOURCE, 2, "killed too")
    jobs.claim(SOURCE, 3, "e")
    jobs.finish(JOB, 3, "failed", NotAudio("no sound").problem(JOB, "prepare"))
    assert roots(jobs) == {1: "overtaken", 2: "overtaken", 3: "failed"}


def test_a_run_that_was_cancelled_before_it_began_has_a_root() -> None:
    jobs = store()
    jobs.record_upload(SOURCE, 1, {})
    problem = Cancelled("by request").problem(JOB, None)
    jobs.cancel(SOURCE, problem)
    jobs.queue(SOURCE, 3, "e")
    jobs.claim(SOURCE, 3, "e")
    jobs.finish(JOB, 3, "cancelled", problem)
    assert roots(jobs) == {1: "overtaken", 2: "overtaken", 3: "cancelled"}


def test_a_redrive_exports_no_root_of_an_earlier_run_again() -> None:
    now = datetime.now(UTC)
    seconds = iter(range(100))
    jobs = JobStore(
        MemoryDocuments(), clock=lambda: (now + timedelta(seconds=next(seconds))).timestamp()
    )
    jobs.claim(SOURCE, 1, "e")
    jobs.finish(JOB, 1, "done")
    run = jobs.request_rerun(JOB, {})
    jobs.claim(SOURCE, run, "f")
    jobs.finish(JOB, run, "done")
    assert roots(jobs) == {run: "done"}


def test_a_request_of_a_run_that_the_job_does_not_know_is_in_the_trace_of_its_current_run() -> None:
    jobs = store()
    assert run_to_trace(jobs, JOB, 1) is None
    jobs.claim(SOURCE, 4, "e")
    assert run_to_trace(jobs, JOB, 1) == 4
    assert run_to_trace(jobs, JOB, None) == 4
    jobs.queue(SOURCE, 5, "f")
    assert run_to_trace(jobs, JOB, 4) == 4
    jobs.erase(SOURCE)
    assert run_to_trace(jobs, JOB, 4) is None


@pytest.mark.parametrize("module", ["finalize.main", "gateway.app"])
def test_without_traces_nothing_of_them_is_imported(module: str) -> None:
    code = LIBRARIES.format(module, OF_TRACES)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]"
