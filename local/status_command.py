"""`dropscribe status` and `dropscribe failed`: what the jobs are at."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from local.batch import ENDED
from local.connection import Gateway, calls_api
from local.finding import find_job
from local.progress import duration, time_left
from local.table import output_width, table
from shared.model.api import JobSummary, JobView, StageProgress
from shared.model.contracts import Problem

if TYPE_CHECKING:
    pass

WATCH_SECONDS = 2.0
"""Seconds between two looks of --watch."""
CLEAR = "\x1b[H\x1b[2J"
"""Clears a terminal."""
Shown = tuple[list[str], bool]
"""Lines, and whether they will not change any more."""


@click.command()
@click.argument("job", required=False)
@click.option("--limit", default=20, show_default=True, help="Number of jobs, the newest first.")
@click.option("--prefix", default="", help="Only recordings whose names begin with this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the HTTP API sends it.")
@click.option("--watch", is_flag=True, help="Look every two seconds, a JOB until it has ended.")
@calls_api
def status(
    gateway: Gateway, job: str | None, limit: int, prefix: str, as_json: bool, watch: bool
) -> None:
    """Show the jobs, or everything about one JOB, by its id or its recording's name."""
    with gateway.client() as client:

        def look() -> Shown:
            if job is None:
                jobs = list(islice(client.jobs(prefix=prefix), max(0, limit)))
                return (json_lines(jobs) if as_json else list_lines(jobs)), False
            view = client.job(find_job(client, job).id)
            lines = [view.model_dump_json(indent=2)] if as_json else detail_lines(view)
            return lines, view.state in ENDED

        if watch:
            show_again_and_again(look)
        else:
            lines, _ = look()
            click.echo("\n".join(lines))


@click.command()
@click.option("--prefix", default="", help="Only recordings whose names begin with this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the HTTP API sends it.")
@calls_api
def failed(gateway: Gateway, prefix: str, as_json: bool) -> None:
    """List the jobs that ended with a problem, and why."""
    with gateway.client() as client:
        jobs = list(client.jobs(state="failed", prefix=prefix))
        if as_json:
            click.echo("\n".join(json_lines(jobs)))
            return
        for job in jobs:
            click.echo(f"{job.id}  {job.name}  {describe_problem(job.problem)}")


def show_again_and_again(look: Callable[[], Shown]) -> None:
    """Shows lines whenever they have changed, until they will not change any more or ^C."""
    shown: list[str] = []
    try:
        while True:
            lines, is_last = look()
            if lines != shown:
                is_terminal = output_width() is not None
                click.echo((CLEAR if is_terminal else "") + "\n".join(lines))
                shown = lines
            if is_last:
                return
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def json_lines(jobs: Sequence[JobSummary]) -> list[str]:
    bodies = [job.model_dump(mode="json") for job in jobs]
    return [json.dumps(bodies, indent=2, ensure_ascii=False)]


def list_lines(jobs: Sequence[JobSummary]) -> list[str]:
    """Returns a table of jobs, and how many are in which state."""
    rows = [("job", "recording", "state", "since", "took", "run")]
    for job in jobs:
        since = job.created.astimezone()
        row = (job.id, job.name, job.state, f"{since:%m-%d %H:%M:%S}", took(job), str(job.run))
        rows.append(row)
    states = Counter(job.state for job in jobs)
    counts = [f"{count} {state}" for state, count in states.most_common()]
    lines = table(rows, name_column=1, width=output_width())
    return [*lines, ", ".join(counts) or "there are no jobs"]


def took(job: JobSummary) -> str:
    """Returns how long the current run has taken or takes, as text."""
    if job.started is None:
        return ""
    ended = job.ended or datetime.now(UTC)
    seconds = (ended - job.started).total_seconds()
    return duration(max(0.0, seconds))


def detail_lines(job: JobView) -> list[str]:
    """Returns everything about a job: facts, options, and how far the stages are."""
    facts = {
        "job": job.id,
        "recording": job.name,
        "bytes": str(job.size or ""),
        "state": job.state,
        "run": str(job.run),
        "since": f"{job.created.astimezone():%Y-%m-%d %H:%M:%S}",
        "took": took(job),
        "left": " ".join(time_left(job.progress.eta_seconds)),
        "problem": describe_problem(job.problem),
        "warnings": ", ".join(job.warnings),
        "formats": ", ".join(job.formats),
        "audio": "" if job.links.audio else "deleted",
        **job.metadata,
    }
    lines = [f"{name:10}  {value}" for name, value in facts.items() if value]
    for name, option in job.options.items():
        value = json.dumps(option.value, ensure_ascii=False)
        lines.append(f"{name:10}  {value} ({option.origin})")
    for stage in job.progress.stages:
        lines.append(f"{stage.stage:10}  {describe_stage(stage)}")
    return lines


def describe_stage(stage: StageProgress) -> str:
    """Returns such as "done, 4.2 s" or "8 of 24, 91.0 s"."""
    is_done = stage.of is not None and stage.done >= stage.of
    parts = "done" if is_done else f"{stage.done} of {stage.of or '?'}"
    return f"{parts}, {stage.seconds:.1f} s"


def describe_problem(problem: Problem | None) -> str:
    if problem is None:
        return ""
    title = problem.title.rstrip(".")
    return f"{title}: {problem.detail}"
