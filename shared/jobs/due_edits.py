"""What a save of edits leaves to do: finalize draws the files of the answer anew.

The job keeps the newest revision that its files lack, and which execution was started to draw it.
finalize reads the newest edits, writes the files, and calls `record_drawn`; if a newer revision was
saved meanwhile, it does so again. So an execution that is active draws whatever is saved before it
ends, and no second one is needed. If it dies, the drawing stays due, and reconcile starts it.

The end of a later run takes the edits over to its own transcript. It records so before it reads
them, and a revision that is saved after that is refused.
"""

from collections.abc import Callable, Iterator

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.job import Job
from shared.jobs.job_list import readable_jobs
from shared.jobs.store import JobStore, job_path


def record_due(job_id: str, revision: int, jobs: JobStore) -> Job | None:
    """Record that a revision is to be drawn. Returns the job, or None if it was erased.

    A job that takes its edits over to a new transcript stays as it is: it may have read them
    before this revision.
    """

    def due(job: Job) -> Job:
        return drawing_due(job, revision)

    return change(job_id, jobs, due)


def record_carrying(job_id: str, run: int, jobs: JobStore) -> None:
    """Record that the end of this run takes the edits over, which it reads after this call."""
    change(job_id, jobs, lambda job: job.model_copy(update={"carried_by": run}))


def record_execution(job_id: str, execution: str, jobs: JobStore) -> None:
    """Record which execution was started to draw what is due."""

    def started(job: Job) -> Job:
        return drawing_started(job, execution)

    change(job_id, jobs, started)


def record_drawn(job_id: str, revision: int, jobs: JobStore) -> bool:
    """Record that the files of the answer have a revision. Returns False if a newer one is due."""

    def with_drawn(job: Job) -> Job:
        return drawn(job, revision)

    changed = change(job_id, jobs, with_drawn)
    return changed is None or changed.edits_due is None


def list_due(jobs: JobStore) -> Iterator[Job]:
    """Returns the jobs with edits that are still to be drawn, in no order."""
    documents = jobs.documents.query("jobs", "drawing", "due")
    return readable_jobs(documents)


def change(job_id: str, jobs: JobStore, after: Callable[[Job], Job]) -> Job | None:
    """Compare-and-set of a job that is there and not erased. Returns None for any other."""

    def changed(job: Job | None) -> Job | None:
        if job is None or job.state == "erased":
            return None
        return after(job)

    return compare_and_set(jobs.documents, job_path(job_id), Job, changed)


def drawing_due(job: Job, revision: int) -> Job:
    """Returns the job with a revision to be drawn, unless a newer one is."""
    if job.is_carrying_edits:
        return job
    newest = max(job.edits_due or 0, revision)
    changes = {"drawing": "due", "edits_due": newest, "edits_revision": newest}
    return job.model_copy(update=changes)


def drawing_started(job: Job, execution: str) -> Job:
    """Returns the job with the execution that draws its edits, if they are still due."""
    if job.drawing is None:
        return job
    return job.model_copy(update={"drawing_execution": execution})


def drawn(job: Job, revision: int) -> Job:
    """Returns the job with nothing to draw, unless a newer revision is due."""
    newest = max(job.edits_revision, revision)
    changes: dict[str, object] = {"edits_revision": newest}
    if job.edits_due is not None and job.edits_due <= revision:
        changes |= {"drawing": None, "edits_due": None, "drawing_execution": ""}
    return job.model_copy(update=changes)
