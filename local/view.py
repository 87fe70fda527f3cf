"""What a person sees: progress stage by stage, and jobs. Made with rich."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.progress import Followed
from local.waiting import Waiting
from shared.jobs.job import Job, StageRecord
from shared.model.contracts import Problem
from shared.model.stages import STAGES, parts_of

STEPS = tuple(name for name, stage in STAGES.items() if stage.is_recorded)
"""Stages with a column of their own; the answer's column stands for finalize."""
SIGNS = {
    "running": "[yellow]…[/]",
    "done": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "retryable": "[red]?[/]",
    "cancelled": "[dim]–[/]",
    "erased": "[dim]–[/]",
}


def progress(seen: Sequence[Followed]) -> RenderableType:
    """A row a recording, a column a stage."""
    table = Table(box=None, pad_edge=False)
    for heading in ("recording", *STEPS, "answer"):
        table.add_column(heading, no_wrap=True)
    for each in seen:
        table.add_row(Text(each.file.name), *(cell(each, step) for step in STEPS), answer(each))
    return table


def cell(each: Followed, step: str) -> str:
    """How many parts of a step are done of how many, and the seconds worked."""
    tasks = [task for task in each.tasks if task.stage == step]
    if not tasks:
        return "[dim]·[/]"
    done = [task for task in tasks if task.state == "done"]
    total = expected(each.job, step)
    seconds = sum(task.seconds or 0 for task in done)
    count = f"{len(done)}/{total} " if total > 1 else ""
    failed = any(task.state == "failed" for task in tasks)
    state = "done" if len(done) >= total else "failed" if failed else "running"
    return f"{SIGNS[state]} {count}{seconds:.1f} s"


def expected(job: Job | None, step: str) -> int:
    """Returns how many parts the step has; 1 until that is known."""
    if job is None:
        return 1
    return parts_of(step, job.chunks or 0, job.spans or 0) or 1


def answer(each: Followed) -> str:
    if each.error:
        return f"[red]✗[/] {each.error}"
    if each.job is None:
        return "[dim]waiting[/]"
    return f"{SIGNS[each.job.state]} {each.job.state}"


def outcome(each: Followed) -> str | None:
    """Why a recording has no transcript; None when it has one."""
    if each.job and each.job.state == "done":
        return None
    if each.job and each.job.problem:
        return explained(each.job.problem)
    return (
        each.error or "the workflow gave up on something that may pass; reconcile starts it again"
    )


def explained(problem: Problem) -> str:
    return f"{problem.title.rstrip('.')}: {problem.detail}"


def jobs_table(jobs: Sequence[Job], queue: Sequence[Waiting]) -> RenderableType:
    """The jobs, each with its place in a queue, and how many recordings wait for their first
    turn."""
    places = {one.execution: f"{one.stage} {one.place} of {one.length}" for one in queue}
    known = {job.execution for job in jobs}
    table = Table(box=None, pad_edge=False)
    for heading in ("job", "recording", "run", "state", "waits for", "since", "took"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("job", "waits for"))
    for job in jobs:
        took = (job.updated - job.created).total_seconds() if job.state != "running" else None
        table.add_row(
            job.job_id,
            Text(job.source.name),
            str(job.run),
            f"{SIGNS[job.state]} {job.state}",
            places.get(job.execution, ""),
            f"{job.created.astimezone():%m-%d %H:%M:%S}",
            f"{took:.1f} s" if took is not None else "",
        )
    first = sum(one.stage == "prepare" and one.execution not in known for one in queue)
    return Group(table, Text(f"{first} more wait for their first turn")) if first else table


def job_details(job: Job, tasks: Sequence[StageRecord]) -> RenderableType:
    """Everything the job store holds about a job."""
    facts = Table(box=None, show_header=False, pad_edge=False)
    problem = explained(job.problem) if job.problem else ""
    lines = {
        "job": job.job_id,
        "recording": job.source.uri,
        "generation": str(job.source.generation),
    }
    lines |= {
        "run": f"{job.run} ({job.execution})",
        "state": job.state,
        "problem": problem,
        **job.results,
    }
    for name, value in lines.items():
        if value:
            facts.add_row(name, Text(value))
    table = Table(box=None, pad_edge=False)
    for heading in ("stage", "part", "state", "attempts", "seconds"):
        table.add_column(heading)
    for task in tasks:
        state = f"{task.state}{' (reused)' if task.reused else ''}"
        table.add_row(
            task.stage, str(task.part), state, str(task.attempts), f"{task.seconds or 0:.2f}"
        )
    return Group(facts, Text(), table)
