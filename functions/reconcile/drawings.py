"""Has finalize draw edits that were saved, and whose execution died or was never started."""

from itertools import islice

from functions.reconcile.active import ActiveExecutions
from functions.reconcile.starts import Starts
from shared.jobs.due_edits import list_due, record_execution

MAX_DRAWINGS = 500
"""Jobs whose edits are looked after in one sweep. The next sweep goes on with the rest."""


def draw_due_edits(starts: Starts, active: ActiveExecutions) -> int:
    """Start an execution for each job whose edits are still to be drawn, and that no execution
    draws. Returns their number.

    A job that runs is left alone: the end of its run draws its edits, too.
    """
    started = 0
    due_jobs = islice(list_due(starts.jobs), MAX_DRAWINGS)
    for job in list(due_jobs):
        with starts.survived(job.job_id):
            if not job.has_ended:
                continue
            if job.drawing_execution and active.has(job.drawing_execution):
                continue
            execution = starts.executions.draw_edits(job.source, job.run)
            record_execution(job.job_id, execution, starts.jobs)
            started += 1
    return started
