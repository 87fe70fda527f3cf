"""Each run has one trace, which is one tree without gaps, whatever was killed."""

from shared.jobs.job import Job
from shared.model.trace_ids import trace_id_of
from tests.chaos.claims import Claims
from tests.chaos.load import Upload
from tests.support.traces import Trace, read_traces


def claim_of_traces(claims: Claims, uploads: list[Upload]) -> int:
    """Returns how many traces were looked at: those of all runs of all jobs, of a cloud at rest. A
    run that has not ended has no root, which is a gap. Of erased jobs no runs are known."""
    traces = read_traces(claims.cloud.traces)
    looked_at = 0
    for upload in uploads:
        job = claims.cloud.jobs.find(upload.source.job_id)
        if job is None:
            continue
        for times in job.runs:
            trace = traces.get(trace_id_of(job.job_id, times.run), Trace())
            gaps = trace.gaps()
            if times.run == job.run:
                gaps += missing_parts(job, trace)
            what = f"run {times.run} of job {job.job_id}: {gaps}"
            claims.claim("trace with gaps", not gaps, what)
            looked_at += 1
    return looked_at


def missing_parts(job: Job, trace: Trace) -> list[str]:
    """Returns the stages whose parts are not all in the trace of the run that was answered."""
    if job.state != "done":
        return []
    parts = {"prepare": 1, "transcribe": job.chunks, "align": job.chunks, "diarize": job.spans}
    found = []
    for stage, count in parts.items():
        missing = set(range(count or 0)) - trace.parts(stage)
        if missing:
            found.append(f"{stage} lacks {sorted(missing)}")
    if not trace.named("finalize"):
        found.append("finalize is missing")
    return found
