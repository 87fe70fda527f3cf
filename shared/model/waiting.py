"""What a job that has not ended waits for, in the bodies of the HTTP API."""

from typing import Literal

from pydantic import AwareDatetime

from shared.model.contracts import Problem, WireModel

WaitReason = Literal[
    "at_work", "stage_begin", "retry", "worker_lost", "answer", "execution_begin", "restart"
]
"""Why a job has not ended. Only what the job's documents show: whether a stage has a free instance
is in none of them.

at_work           nothing is waited for: stages work on parts of the recording
stage_begin       no instance has begun a part of the next stage. They are all busy, or the call is
                  under way
retry             the last attempt at a part failed, and the workflow calls the stage again
worker_lost       a worker stopped in the middle of a part, and another one is to begin it again
answer            all stages are done. finalize writes the answer, or is to begin with it
execution_begin   no execution has begun the job. It waits among others, or for prepare
restart           the last run failed for a reason that may pass, and reconcile starts another one
"""


class Waiting(WireModel):
    """What a job waits for."""

    reason: WaitReason
    parts: dict[str, int]
    """Parts of the recording that this is about, by stage. Empty if it is about no stage."""
    since: AwareDatetime
    problem: Problem | None = None
    """With `restart`, why the last run failed."""
