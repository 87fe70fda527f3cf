"""Finds jobs for a caller. One that the caller may not see is answered like one that does not
exist."""

import re

from functions.gateway.access import Caller
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.errors import NotFound, RecordingErased

JOB_ID = re.compile(r"[0-9a-f]{20}")
NO_JOB = "There is no such job."


def visible_job(job_id: str, caller: Caller, jobs: JobStore) -> Job:
    """Returns a job, which may be erased. Raises NotFound."""
    if JOB_ID.fullmatch(job_id) is None:
        raise NotFound(NO_JOB)
    job = jobs.find(job_id)
    if job is None or not job.is_in(caller.folder):
        raise NotFound(NO_JOB)
    return job


def standing_job(job_id: str, caller: Caller, jobs: JobStore) -> Job:
    """Returns a job that is not erased. Raises NotFound or RecordingErased."""
    job = visible_job(job_id, caller, jobs)
    if job.state == "erased":
        raise RecordingErased("The recording and everything made from it were erased.")
    return job
