"""The queue as lines for a person: the jobs that have not ended, and what each waits for."""

from local.table import output_width, table
from shared.model.queue import Queue, QueuedJob
from shared.model.waiting import Waiting, WaitReason

HEADINGS = ("job", "recording", "waits for", "since", "state", "run")
EXPLANATIONS: dict[WaitReason, str] = {
    "stage_begin": (
        "to begin: all instances of the stage are busy, or the call is under way. Which of these "
        "is unknown: a call that is refused leaves no record."
    ),
    "retry": "again: its last attempt failed; the workflow calls it again by itself.",
    "worker_lost": "a new worker: the last one stopped in the middle of a part.",
    "answer": "finalize: it writes the answer, or is to begin with it; which of these is unknown.",
    "execution_begin": (
        "an execution: it waits among others, or for a free instance of prepare; which of these is "
        "unknown."
    ),
    "restart": "reconcile: the last run failed for a reason that may pass, so another one is due.",
}
"""What the words of a row mean, by reason."""


def queue_lines(queue: Queue) -> list[str]:
    """Returns a table of the jobs, how many there are, and what the words in it mean."""
    if not queue.jobs:
        return ["no job waits or runs"]
    rows = [HEADINGS, *map(queue_row, queue.jobs)]
    lines = table(rows, name_column=1, width=output_width())
    count = len(queue.jobs)
    lines.append(
        f"{count} jobs" if queue.is_complete else f"the first {count} jobs; there are more"
    )
    reasons = {queued.waiting.reason for queued in queue.jobs}
    meanings = [text for reason, text in EXPLANATIONS.items() if reason in reasons]
    return lines + meanings


def queue_row(queued: QueuedJob) -> tuple[str, ...]:
    job = queued.job
    since = queued.waiting.since.astimezone()
    return (
        job.id,
        job.name,
        waiting_text(queued.waiting),
        f"{since:%m-%d %H:%M:%S}",
        job.state,
        str(job.run),
    )


def waiting_text(waiting: Waiting) -> str:
    """Returns what a job waits for, such as "transcribe 3 to begin"."""
    numbers = [f"{stage} {count}" for stage, count in waiting.parts.items()]
    parts = ", ".join(numbers)
    match waiting.reason:
        case "at_work":
            return f"nothing: {parts} at work"
        case "stage_begin":
            return f"{parts} to begin"
        case "retry":
            return f"{parts} again"
        case "worker_lost":
            return f"{parts}: a new worker"
        case "answer":
            return "finalize"
        case "execution_begin":
            return "an execution"
        case "restart":
            return "reconcile"
