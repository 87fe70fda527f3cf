"""Which trace a request belongs to, and the roots of traces.

A run has one trace. Its root lasts as long as the run, so it is exported when the end of the run is
recorded, from the times in the job: a repeated export is the same span. A run that was overtaken
ends with the run that came after it.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from shared.jobs.job import Job, RunTimes
from shared.jobs.store import JobStore
from shared.model.errors import Transient
from shared.model.trace_ids import root_id_of, trace_id_of
from shared.ports.spans import AttributeValue, TraceSpan
from shared.runtime.spans import RequestSpans, add_spans, is_recording, request_spans
from shared.runtime.wiring import span_exporter

log = logging.getLogger(__name__)


def traced(
    name: str,
    job_store: Callable[[], JobStore],
    job_id: str | None = None,
    run: int | None = None,
) -> AbstractContextManager[RequestSpans]:
    """Records the block as a request about a job, where there are traces."""

    def find_run(job_id: str, run: int | None) -> int | None:
        return run_to_trace(job_store(), job_id, run)

    return request_spans(name, span_exporter(), find_run, job_id, run)


def run_to_trace(jobs: JobStore, job_id: str, run: int | None) -> int | None:
    """Returns the run in whose trace a request is that says it is about `run`, or does not say it.

    That is the job's current run if the job does not know the other one, since the trace of such a
    run would have no root. Returns None if there is no such job, or it is erased.
    """
    try:
        job = jobs.find(job_id)
    except Transient as error:
        log.info("spans without a trace: %s", error)
        return None
    if job is None or job.state == "erased":
        return None
    is_known = any(times.run == run for times in job.runs)
    return run if is_known else job.run


def trace_end(job_id: str, jobs: JobStore) -> None:
    """Have the roots of the runs exported that ended when the job's last end was recorded."""
    if not is_recording():
        return
    job = jobs.find(job_id)
    if job is not None and job.ended is not None:
        add_spans(ended_roots(job, job.ended))


def ended_roots(job: Job, ended: datetime) -> list[TraceSpan]:
    """Returns the roots of the traces of the runs that ended then."""
    return [root_of(job, times, ended) for times in job.runs if times.ended == ended]


def root_of(job: Job, times: RunTimes, ended: datetime) -> TraceSpan:
    """Returns the root of a run's trace."""
    is_last = times.run == job.run
    attributes: dict[str, AttributeValue] = {
        "job_id": job.job_id,
        "run": times.run,
        "state": job.state if is_last else "overtaken",
    }
    problem = job.problem.type if job.problem and is_last else None
    return TraceSpan(
        trace_id=trace_id_of(job.job_id, times.run),
        span_id=root_id_of(job.job_id, times.run),
        parent_id=None,
        name="job",
        started=nanoseconds(times.begun),
        # Clocks of two processes may differ.
        ended=nanoseconds(max(times.begun, ended)),
        attributes=attributes,
        error=problem,
    )


def nanoseconds(time: datetime) -> int:
    """Returns a time since the epoch."""
    return round(time.timestamp() * 1e6) * 1000
