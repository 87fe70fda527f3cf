"""How clients see a job: its state, its progress, what it waits for, its options and where its
answer is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

from functions.gateway.deployment import Deployment
from functions.gateway.job_progress import progress_of
from functions.gateway.waiting import waiting_of
from shared.jobs.job import Job, JobState
from shared.jobs.stage_record import StageRecord
from shared.model.api import ApiState, JobLinks, JobSummary, JobView
from shared.model.api_paths import job_path
from shared.model.errors import BadOption
from shared.model.object_metadata import client_metadata
from shared.model.options import Options, option_values
from shared.model.waiting import Waiting

PROBLEM_RESULT = "problem"
"""Name of the problem among a job's results; all others are formats of the transcript."""
WILL_BE_REPEATED = "will_be_repeated"
"""Code of the warning that the last run failed for a reason that may pass."""


def api_state(state: JobState) -> ApiState:
    """Returns the state as clients see it. A run that will be repeated is running."""
    if state == "retryable":
        return "running"
    return state


def job_states(state: ApiState) -> tuple[JobState, ...]:
    """Returns the states that clients see as this one."""
    states: tuple[JobState, ...] = get_args(JobState)
    return tuple(each for each in states if api_state(each) == state)


def is_over(job: Job) -> bool:
    """Returns whether the state will not change by itself."""
    return job.has_ended and job.state != "retryable"


def current_view(job: Job, stores: Deployment) -> JobView:
    """Returns a job with its options, its progress now and what it waits for. All of it is in the
    job's records, which are read once."""
    records = stores.jobs.records.of_job(job.job_id)
    now = datetime.fromtimestamp(stores.jobs.clock(), UTC)
    lease = timedelta(seconds=stores.jobs.limits.lease)
    waiting = waiting_of(job, options_of(job), records, now, lease)
    return job_view(job, records, now, waiting)


def job_view(
    job: Job, records: Sequence[StageRecord], now: datetime, waiting: Waiting | None = None
) -> JobView:
    """Returns a job with its options and its progress, which `records` tell."""
    summary = job_summary(job)
    fields = dict(summary)
    return JobView(
        **fields,
        options=job.options_in_force,
        progress=progress_of(job, options_of(job), records, now),
        waiting=waiting,
    )


def options_of(job: Job) -> Options | None:
    """Returns the options in force, or None until they are recorded, and of a later version that
    has other options."""
    if not job.options_in_force:
        return None
    try:
        return option_values(job.options_in_force)
    except BadOption:
        return None


def job_summary(job: Job) -> JobSummary:
    """Returns a job as a list shows it."""
    has_failed = job.state in ("failed", "cancelled")
    return JobSummary(
        id=job.job_id,
        name=job.source.name,
        state=api_state(job.state),
        size=job.size,
        run=job.run,
        created=job.created,
        updated=job.updated,
        started=None if job.state == "queued" else job.claimed,
        ended=job.ended if is_over(job) else None,
        problem=job.problem if has_failed else None,
        warnings=warnings_of(job),
        formats=formats_of(job),
        edits=job.edits_revision,
        metadata=metadata_of(job),
        links=links_of(job),
    )


def warnings_of(job: Job) -> tuple[str, ...]:
    if job.state == "retryable":
        return (*job.warnings, WILL_BE_REPEATED)
    return job.warnings


def formats_of(job: Job) -> tuple[str, ...]:
    """Returns the formats in which there is a transcript. A failed job has that of an earlier run,
    if there is one."""
    return tuple(name for name in job.results if name != PROBLEM_RESULT)


def metadata_of(job: Job) -> dict[str, str]:
    return client_metadata(job.tags)


def links_of(job: Job) -> JobLinks:
    path = job_path(job.job_id)
    has_transcript = bool(formats_of(job))
    has_audio = job.state != "erased" and job.audio_deletion is None
    return JobLinks(
        self=path,
        transcript=f"{path}/transcript" if has_transcript else None,
        audio=f"{path}/audio" if has_audio else None,
    )
