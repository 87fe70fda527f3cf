"""The parts of a job whose alignment failed for good, for those who read along while it runs."""

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.job import Job
from shared.jobs.store import JobStore, job_path


def record_unaligned(job_id: str, part: int, jobs: JobStore) -> None:
    """Record that the words of a part of a running job keep the recogniser's times. Repeating it
    does no harm. Raises JobStoreUnavailable."""

    def without_alignment(job: Job | None) -> Job | None:
        return unaligned(job, part)

    compare_and_set(jobs.documents, job_path(job_id), Job, without_alignment)


def unaligned(job: Job | None, part: int) -> Job | None:
    """Returns a running job with one more part that was not aligned, or None if it has that."""
    if job is None or job.state != "running" or part in job.unaligned:
        return None
    parts = sorted([*job.unaligned, part])
    return job.model_copy(update={"unaligned": tuple(parts)})
