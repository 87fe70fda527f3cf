"""Tables of progress and of jobs, made with rich."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.progress import Followed
from local.waiting import Waiting
from shared.jobs.job import Job
from shared.jobs.stage_record import StageRecord
from shared.model.contracts import Problem
from shared.model.stages import STAGES, parts_of

STEPS = tuple(name for name, stage in STAGES.items() if stage.is_recorded)
"""Stages with a column of their own. Finalize has none: the column `answer` shows it."""
AUDIO = {None: "", "due": "is being deleted", "done": "deleted"}
"""What becomes of a job's audio, by `audio_deletion`."""
SIGNS = {
    "queued": "[dim]…[/]",
    "running": "[yellow]…[/]",
    "done": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "retryable": "[red]?[/]",
    "cancelled": "[dim]–[/]",
    "erased": "[dim]–[/]",
}


def progress(followed: Sequence[Followed]) -> RenderableType:
    """Returns a table with one row per recording and one column per step."""
    table = Table(box=None, pad_edge=False)
    for heading in ("recording", *STEPS, "answer"):
        table.add_column(heading, no_wrap=True)
    for each in followed:
        name = Text(each.file.name)
        steps = [step_cell(each, step) for step in STEPS]
        table.add_row(name, *steps, answer_cell(each))
    return table


def step_cell(each: Followed, step: str) -> str:
    """Returns how many parts of a step are done, and the seconds of work."""
    records = [record for record in each.records if record.stage == step]
    if not records:
        return "[dim]·[/]"
    done = [record for record in records if record.state == "done"]
    seconds = sum(record.seconds or 0 for record in done)
    total = expected_parts(each.job, step)
    sign = SIGNS[step_state(records, total)]
    if total == 1:
        return f"{sign} {seconds:.1f} s"
    return f"{sign} {len(done)}/{total} {seconds:.1f} s"


def step_state(records: Sequence[StageRecord], total: int) -> str:
    """Returns the state of a step that has so many parts in all."""
    states = [record.state for record in records]
    if states.count("done") >= total:
        return "done"
    return "failed" if "failed" in states else "running"


def expected_parts(job: Job | None, step: str) -> int:
    """Returns how many parts the step has; 1 until that is known."""
    if job is None:
        return 1
    chunks = job.chunks or 0
    spans = job.spans or 0
    return parts_of(step, chunks, spans) or 1


def answer_cell(each: Followed) -> str:
    if each.error:
        return f"[red]✗[/] {each.error}"
    if each.job is None:
        return "[dim]waiting[/]"
    return f"{SIGNS[each.job.state]} {each.job.state}"


def failure(each: Followed) -> str | None:
    """Returns why a recording has no transcript, or None if it has one."""
    job = each.job
    if job is not None and job.state == "done":
        return None
    if job is not None and job.problem is not None:
        return describe_problem(job.problem)
    return each.error or "a failure that may pass ended the run; reconcile restarts the job"


def describe_problem(problem: Problem) -> str:
    title = problem.title.rstrip(".")
    return f"{title}: {problem.detail}"


def jobs_table(jobs: Sequence[Job], queue: Sequence[Waiting]) -> RenderableType:
    """Returns the jobs with their places in a queue, and the number of recordings without a job."""
    places = {each.execution: f"{each.stage} {each.place} of {each.length}" for each in queue}
    table = Table(box=None, pad_edge=False)
    for heading in ("job", "recording", "run", "state", "waits for", "since", "took"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("job", "waits for"))
    for job in jobs:
        created = job.created.astimezone()
        table.add_row(
            job.job_id,
            Text(job.source.name),
            str(job.run),
            f"{SIGNS[job.state]} {job.state}",
            places.get(job.execution, ""),
            f"{created:%m-%d %H:%M:%S}",
            duration(job),
        )
    known = {job.execution for job in jobs}
    waiting_at_prepare = {each.execution for each in queue if each.stage == "prepare"}
    without_job = waiting_at_prepare - known
    if not without_job:
        return table
    return Group(table, Text(f"{len(without_job)} more wait for their first turn"))


def duration(job: Job) -> str:
    """Returns how long an ended job took, as text."""
    if not job.has_ended:
        return ""
    took = job.updated - job.created
    return f"{took.total_seconds():.1f} s"


def job_details(job: Job, records: Sequence[StageRecord]) -> RenderableType:
    """Returns everything that the job store holds about a job."""
    facts = job_facts(job)
    stages = stage_table(records)
    return Group(facts, Text(), stages)


def job_facts(job: Job) -> Table:
    lines = {
        "job": job.job_id,
        "recording": job.source.uri,
        "generation": str(job.source.generation),
        "run": f"{job.run} ({job.execution})",
        "state": job.state,
        "problem": describe_problem(job.problem) if job.problem else "",
        "warnings": ", ".join(job.warnings),
        "audio": AUDIO[job.audio_deletion],
        **job.results,
    }
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in lines.items():
        if value:
            facts.add_row(name, Text(value))
    return facts


def stage_table(records: Sequence[StageRecord]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("stage", "part", "state", "attempts", "seconds"):
        table.add_column(heading)
    for record in records:
        state = record.state + (" (reused)" if record.reused else "")
        table.add_row(
            record.stage,
            str(record.part),
            state,
            str(record.attempts),
            f"{record.seconds or 0:.2f}",
        )
    return table
