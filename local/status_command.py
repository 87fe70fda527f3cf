"""`dropscribe status` and `dropscribe failed`: what the jobs are at."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from local.batch import ENDED
from local.connection import Gateway, calls_api
from local.finding import find_job
from local.progress import duration, is_complete, parts_done, time_left
from local.queue_lines import queue_lines, waiting_text
from local.table import output_width, table
from shared.model.api import JobSummary, JobView, StageProgress
from shared.model.contracts import Problem

if TYPE_CHECKING:
    from dropscribe import Client

WATCH_SECONDS = 2.0
"""Seconds between two looks of --watch."""
CLEAR = "\x1b[H\x1b[2J"
"""Clears a terminal."""
NAME_WIDTH = 14
"""Characters of the longest name of an option."""
BUILT_IN = "built in"
"""Origin of options that were not set."""
LONGEST_QUEUE = 50
"""Jobs that the server shows of the queue at most."""
HEADINGS = ("job", "recording", "state", "since", "took", "run")
Shown = tuple[list[str], bool]
"""Lines, and whether they will not change any more."""


@click.command()
@click.argument("job", required=False)
@click.option("--limit", default=20, show_default=True, help="Number of jobs, the newest first.")
@click.option("--prefix", default="", help="Only recordings whose names begin with this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the HTTP API sends it.")
@click.option(
    "--watch",
    is_flag=True,
    help="Look every two seconds: at a JOB until it has ended, else at the queue, and at what each "
    "job in it waits for.",
)
@calls_api
def status(
    gateway: Gateway, job: str | None, limit: int, prefix: str, as_json: bool, watch: bool
) -> None:
    """Show the jobs, or everything about one JOB, by its id or its recording's name."""
    with gateway.client() as client:

        def look() -> Shown:
            if job is None and watch:
                return look_at_queue(client, prefix, limit, as_json=as_json)
            if job is None:
                return look_at_list(client, prefix, limit, as_json=as_json)
            return look_at_job(client, job, as_json=as_json)

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
            reason = describe_problem(job.problem)
            click.echo(f"{job.id}  {job.name}  {reason}")


def look_at_list(client: "Client", prefix: str, limit: int, *, as_json: bool) -> Shown:
    count = max(0, limit)
    found = client.jobs(prefix=prefix)
    jobs = list(islice(found, count))
    lines = json_lines(jobs) if as_json else list_lines(jobs)
    return lines, False


def look_at_queue(client: "Client", prefix: str, limit: int, *, as_json: bool) -> Shown:
    count = max(1, min(limit, LONGEST_QUEUE))
    queue = client.queue(prefix, count)
    lines = [queue.model_dump_json(indent=2)] if as_json else queue_lines(queue)
    return lines, False


def look_at_job(client: "Client", text: str, *, as_json: bool) -> Shown:
    job_id = find_job(client, text).id
    job = client.job(job_id)
    has_ended = job.state in ENDED
    if as_json:
        return [job.model_dump_json(indent=2)], has_ended
    return detail_lines(job), has_ended


def show_again_and_again(look: Callable[[], Shown]) -> None:
    """Shows lines whenever they have changed, until they will not change any more or Ctrl-C."""
    shown: list[str] = []
    try:
        while True:
            lines, is_last = look()
            if lines != shown:
                show_anew(lines)
                shown = lines
            if is_last:
                return
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def show_anew(lines: Sequence[str]) -> None:
    """Prints lines, on a terminal in place of what it shows."""
    is_terminal = output_width() is not None
    if is_terminal:
        click.echo(CLEAR, nl=False)
    click.echo("\n".join(lines))


def json_lines(jobs: Sequence[JobSummary]) -> list[str]:
    """Returns the jobs as a JSON list."""
    bodies = [job.model_dump(mode="json") for job in jobs]
    text = json.dumps(bodies, indent=2, ensure_ascii=False)
    return [text]


def list_lines(jobs: Sequence[JobSummary]) -> list[str]:
    """Returns a table of jobs, and how many are in which state."""
    rows = [HEADINGS, *map(job_row, jobs)]
    width = output_width()
    lines = table(rows, name_column=1, width=width)
    states = Counter(job.state for job in jobs)
    counts = [f"{count} {state}" for state, count in states.most_common()]
    summary = ", ".join(counts) or "there are no jobs"
    return [*lines, summary]


def job_row(job: JobSummary) -> tuple[str, ...]:
    since = job.created.astimezone()
    started = f"{since:%m-%d %H:%M:%S}"
    return (job.id, job.name, job.state, started, took(job), str(job.run))


def took(job: JobSummary) -> str:
    """Returns how long the current run has taken or takes, as text."""
    if job.started is None:
        return ""
    ended = job.ended or datetime.now(UTC)
    seconds = (ended - job.started).total_seconds()
    return duration(max(0.0, seconds))


def detail_lines(job: JobView) -> list[str]:
    """Returns what is known of a job, the options that were set, and how far the stages are."""
    facts = job_facts(job)
    lines = aligned(facts)
    options = {}
    for name, option in job.options.items():
        if option.origin != BUILT_IN:
            value = json.dumps(option.value, ensure_ascii=False)
            options[name] = f"{value} ({option.origin})"
    lines += aligned(options)
    stages = {stage.stage: describe_stage(stage) for stage in job.progress.stages}
    return lines + aligned(stages)


def aligned(values: Mapping[str, str]) -> list[str]:
    """Returns a line for each value that is not empty, with its name."""
    return [f"{name:{NAME_WIDTH}}  {value}" for name, value in values.items() if value]


def job_facts(job: JobView) -> dict[str, str]:
    """Returns what is known about a job, by its name. What is not known is empty."""
    created = job.created.astimezone()
    left = time_left(job.progress.eta_seconds)
    return {
        "job": job.id,
        "recording": job.name,
        "bytes": str(job.size or ""),
        "state": job.state,
        "run": str(job.run),
        "since": f"{created:%Y-%m-%d %H:%M:%S}",
        "took": took(job),
        "progress": ", ".join(left),
        "problem": describe_problem(job.problem),
        "warnings": ", ".join(job.warnings),
        "formats": ", ".join(job.formats),
        "audio": "" if job.links.audio else "deleted",
        **job.metadata,
        "waits for": waiting_text(job.waiting) if job.waiting else "",
    }


def describe_stage(stage: StageProgress) -> str:
    """Returns such as "done, 4.2 s" or "8 of 24, 91.0 s"."""
    seconds = f"{stage.seconds:.1f} s"
    if is_complete(stage):
        return f"done, {seconds}"
    return f"{parts_done(stage)}, {seconds}"


def describe_problem(problem: Problem | None) -> str:
    if problem is None:
        return ""
    return problem.summary
