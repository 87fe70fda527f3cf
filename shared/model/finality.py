"""Which problems are final, and which are about a job and not about one of its parts."""

from shared.model.contracts import Problem
from shared.model.errors import (
    AudioDeleted,
    BadOption,
    Cancelled,
    Permanent,
    RecordingErased,
    StageBusy,
    StageError,
)

PROBLEMS_OF_THE_JOB = (
    BadOption.name(),
    Cancelled.name(),
    RecordingErased.name(),
    AudioDeleted.name(),
    StageBusy.name(),
)
"""Types of problems that are about the job and not about the part that a stage works on. They end
the run even at a stage that an answer can do without. workflows/transcription.yaml holds the same
list."""


def statuses(kind: type[StageError]) -> frozenset[int]:
    """Returns the HTTP statuses of an error class and of every class derived from it."""
    found = {int(kind.status)}
    for derived in kind.__subclasses__():
        found |= statuses(derived)
    return frozenset(found)


def is_final(problem: Problem) -> bool:
    """Returns whether the same request would fail again, so the problem is the job's answer."""
    final = statuses(Permanent)
    return problem.status in final
