"""Bodies of the HTTP API about the jobs that have not ended."""

from shared.model.api import JobSummary
from shared.model.contracts import WireModel
from shared.model.waiting import Waiting


class QueuedJob(WireModel):
    """A job that has not ended."""

    job: JobSummary
    waiting: Waiting


class Queue(WireModel):
    """The jobs that have not ended: those that run, then those that will be started again, then
    those that wait for their first execution. Within these, the oldest is the first."""

    jobs: tuple[QueuedJob, ...]
    is_complete: bool
    """False: there are more than these."""
