"""The commands of `dropscribe` that act on jobs, by shared/jobs/operations.py."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from local.layout import INBOX, layout

if TYPE_CHECKING:
    from shared.jobs.operations import Operations


def chosen_options(texts: Sequence[str]) -> dict[str, str]:
    """Returns the options and tags of texts KEY=VALUE. Raises UsageError if an option is unknown,
    wrong, or given twice."""
    from shared.model.errors import BadOption
    from shared.model.object_metadata import is_tag
    from shared.model.options import resolve

    options: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise click.UsageError(f"--set: {text!r} is not KEY=VALUE")
        if key in options:
            raise click.UsageError(f"--set: {key} is given twice")
        options[key] = value
    without_tags: dict[str, JsonValue] = {}
    for key, value in options.items():
        if not is_tag(key):
            without_tags[key] = value
    try:
        resolve({"--set": without_tags})
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    return options


@contextmanager
def operations() -> "Iterator[Operations]":
    """Yields operations on the running cloud. Their errors become messages of the command."""
    from local.progress import connect
    from local.supervisor import supervisor_of
    from shared.jobs.operations import Operations
    from shared.model.errors import StageError
    from shared.runtime.wiring import blob_store, executions, job_store

    here = layout()
    if supervisor_of(here) is None:
        raise click.ClickException("the one-machine cloud is not up: run `dropscribe up`")
    connect(here)
    try:
        yield Operations(blob_store(), job_store(), executions())
    except StageError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("jobs", nargs=-1, metavar="JOB...")
@click.option(
    "--failed",
    is_flag=True,
    help="All jobs that ended with a problem, except for cancelled ones.",
)
@click.option(
    "--set",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option, such as speakers=2. Replaces all options of earlier redrives.",
)
@click.option(
    "--reset-options",
    is_flag=True,
    help="Forget the options of earlier redrives: those of the upload are in force again.",
)
def redrive(
    jobs: tuple[str, ...], failed: bool, options: tuple[str, ...], reset_options: bool
) -> None:
    """Run jobs again. Stages whose inputs did not change return their cached results.

    Without --set and --reset-options, the options are those of the last redrive.
    """
    if not jobs and not failed:
        raise click.UsageError("name a JOB, or give --failed")
    from shared.model.errors import Permanent

    is_changed = reset_options or bool(options)
    changed = chosen_options(options) if is_changed else None
    refused = 0
    with operations() as operate:
        job_ids = list(jobs)
        if failed:
            job_ids += [job.job_id for job in operate.failed()]
        for job_id in job_ids:
            try:
                click.echo(f"{job_id}: run {operate.redrive(job_id, changed)}")
            except Permanent as error:
                click.echo(f"{job_id}: {error}", err=True)
                refused += 1
    if refused:
        raise click.ClickException(f"{refused} jobs were not run again")


@click.command()
def failed() -> None:
    """List the jobs that ended with a problem, and why."""
    from local.view import describe_problem

    with operations() as operate:
        for job in operate.failed():
            reason = ""
            if job.problem is not None:
                reason = describe_problem(job.problem)
            click.echo(f"{job.job_id}  {job.source.name}  {reason}")


@click.command()
@click.argument("job")
def cancel(job: str) -> None:
    """Cancel a JOB, by its id or its recording's name, even before it starts.

    Its answer is a problem that says so.
    """
    with operations() as operate:
        source = operate.cancel(job)
        click.echo(f"{source.job_id}: cancelled")


@click.command()
@click.argument("recording")
@click.confirmation_option(prompt="Delete the recording and everything made from it?")
def erase(recording: str) -> None:
    """Delete a RECORDING, by its name in the inbox, and everything made from it."""
    with operations() as operate:
        jobs = operate.erase(INBOX, recording)
    if not jobs:
        raise click.ClickException(f"no recording {recording} in the inbox, and no job for it")
    click.echo("erased")


COMMANDS = (redrive, failed, cancel, erase)
