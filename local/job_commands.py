"""The commands of `dropscribe` that act on jobs. What they do is in shared/jobs/operations.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from local.layout import INBOX, layout

if TYPE_CHECKING:
    from shared.jobs.operations import Operations


def option(text: str) -> tuple[str, str]:
    key, given, value = text.partition("=")
    if not given or not key:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--set")
    return key, value


@contextmanager
def operations() -> "Iterator[Operations]":
    """On the cloud that is up; what cannot be done is told without a stack trace."""
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
    help="All that ended with a problem, but for those that were cancelled.",
)
@click.option(
    "--set",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Other options, such as speakers=2.",
)
def redrive(jobs: tuple[str, ...], failed: bool, options: tuple[str, ...]) -> None:
    """Run jobs again. Stages that are asked nothing new give the answers they have."""
    if not jobs and not failed:
        raise click.UsageError("name a JOB, or give --failed")
    from shared.jobs.operations import Refused

    wanted, refused = dict(map(option, options)) or None, 0
    with operations() as operate:
        for job in [*jobs, *(job.job_id for job in (operate.failed() if failed else []))]:
            try:
                click.echo(f"{job}: run {operate.redrive(job, wanted)}")
            except Refused as error:
                click.echo(f"{job}: {error}", err=True)
                refused += 1
    if refused:
        raise click.ClickException(f"{refused} not run again")


@click.command()
def failed() -> None:
    """List the jobs that ended with a problem, and why."""
    from local.view import explained

    with operations() as operate:
        for job in operate.failed():
            click.echo(
                f"{job.job_id}  {job.source.name}  {explained(job.problem) if job.problem else ''}"
            )


@click.command()
@click.argument("job")
def cancel(job: str) -> None:
    """End a JOB, by its id or its recording's name, also before it begins. A problem that says so
    is its answer."""
    with operations() as operate:
        click.echo(f"{operate.cancel(job).job_id}: cancelled")


@click.command()
@click.argument("recording")
@click.confirmation_option(prompt="Delete the recording and all that came of it?")
def erase(recording: str) -> None:
    """Delete a RECORDING, by its name in the inbox, and all that came of it."""
    with operations() as operate:
        jobs = operate.erase(INBOX, recording)
    if not jobs:
        raise click.ClickException(f"there is no {recording} in the inbox, and no job of it")
    click.echo("erased")


COMMANDS = (redrive, failed, cancel, erase)
