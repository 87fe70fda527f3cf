"""The commands of `dropscribe` that act on jobs, by shared/jobs/operations.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from local.layout import INBOX, layout

if TYPE_CHECKING:
    from shared.jobs.operations import Operations


def option(text: str) -> tuple[str, str]:
    """Returns the key and the value of KEY=VALUE."""
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--set")
    return key, value


@contextmanager
def operations() -> "Iterator[Operations]":
    """Yields operations on the running cloud. Their errors become messages of the command."""
    from local.progress import connect
    from local.supervisor import supervisor_of
    from shared.jobs.operations import Operations, Refused
    from shared.model.errors import StageError
    from shared.runtime.wiring import blob_store, executions, job_store

    here = layout()
    if supervisor_of(here) is None:
        raise click.ClickException("the one-machine cloud is not up: run `dropscribe up`")
    connect(here)
    try:
        yield Operations(blob_store(), job_store(), executions())
    except (Refused, StageError) as error:
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
    help="Other options, such as speakers=2.",
)
def redrive(jobs: tuple[str, ...], failed: bool, options: tuple[str, ...]) -> None:
    """Run jobs again. Stages whose inputs did not change return their cached results."""
    if not jobs and not failed:
        raise click.UsageError("name a JOB, or give --failed")
    from shared.jobs.operations import Refused
    from shared.model.errors import AudioDeleted

    changed = dict(map(option, options)) or None
    refused = 0
    with operations() as operate:
        job_ids = list(jobs)
        if failed:
            job_ids += [job.job_id for job in operate.failed()]
        for job_id in job_ids:
            try:
                click.echo(f"{job_id}: run {operate.redrive(job_id, changed)}")
            except (Refused, AudioDeleted) as error:
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
