"""`dropscribe logs`: shows what the processes of the one-machine cloud log."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from local.layout import PROCESSES, Layout, layout
from local.log_reading import LogLine, Tail, parse, read_lines
from local.supervisor import supervisor_of

NAMES = (*PROCESSES, "supervisor")
"""Every process that has a log."""
POLL_SECONDS = 0.2

Filter = Callable[[str], bool]


@click.command()
@click.argument("process", metavar="[PROCESS]", required=False, type=click.Choice(NAMES))
@click.option(
    "--lines",
    default=50,
    show_default=True,
    type=click.IntRange(min=0),
    help="Number of lines, the last ones.",
)
@click.option("--job", help="Only lines about the job of this id.")
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines, until Ctrl-C.")
def logs(process: str | None, lines: int, job: str | None, follow: bool) -> None:
    """Show the last log lines of all processes in the order of their times, or of one PROCESS.

    Times are local. The log files hold them in UTC.
    """
    from local.starting import failures_as_messages

    home = layout()
    names = [process] if process else list(NAMES)
    paths = {name: home.log(name) for name in names}
    with failures_as_messages():
        if not follow and not any(path.exists() for path in paths.values()):
            reason = f"there is no log of {process} yet" if process else "there are no logs yet"
            raise click.ClickException(reason)
        matches = about(home, job)
        show(last_lines(paths, lines, matches))
        if follow:
            with suppress(KeyboardInterrupt):
                follow_logs(paths, matches, lambda: True)


def about(home: Layout, job_id: str | None) -> Filter:
    """Returns a function that says whether a line is about a job, or about any job if it is None.

    A line is about a job if it holds its id or that of its execution.
    """
    if job_id is None:
        return lambda line: True
    from local.first_key import documents_of
    from shared.jobs.job import Job

    ids = [job_id]
    documents = documents_of(home)
    stored = documents.get(f"jobs/{job_id}")
    if stored is not None:
        fields, _ = stored
        job = Job.model_validate(fields)
        ids += filter(None, [job.execution])
    return lambda line: any(each in line for each in ids)


def last_lines(paths: Mapping[str, Path], count: int, matches: Filter) -> list[LogLine]:
    """Returns the last lines of these logs, by process, in the order of their times."""
    found: list[LogLine] = []
    for name, path in paths.items():
        lines = list(filter(matches, read_lines(path)))
        first = max(0, len(lines) - count)
        found += parse(lines[first:], name)
    in_order = sorted(found, key=by_time)
    first = max(0, len(in_order) - count)
    return in_order[first:]


def follow_cloud(home: Layout) -> None:
    """Shows what is appended to the logs of a cloud, until it has ended."""
    paths = {name: home.log(name) for name in NAMES}

    def is_up() -> bool:
        return supervisor_of(home) is not None

    follow_logs(paths, about(home, None), is_up)


def follow_logs(paths: Mapping[str, Path], matches: Filter, goes_on: Callable[[], bool]) -> None:
    """Shows what is appended to these logs for as long as it goes on, or until
    KeyboardInterrupt."""
    tails = {name: Tail(path) for name, path in paths.items()}
    try:
        while goes_on():
            show(new_lines(tails, matches))
            time.sleep(POLL_SECONDS)
    finally:
        for tail in tails.values():
            tail.close()


def new_lines(tails: Mapping[str, Tail], matches: Filter) -> list[LogLine]:
    found: list[LogLine] = []
    for name, tail in tails.items():
        lines = list(filter(matches, tail.new_lines()))
        found += parse(lines, name)
    return sorted(found, key=by_time)


def by_time(line: LogLine) -> datetime:
    return line.time


def show(lines: Sequence[LogLine]) -> None:
    for line in lines:
        click.echo(line.shown())
