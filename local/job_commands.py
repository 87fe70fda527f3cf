"""The commands of `dropscribe` that act on jobs, through the HTTP API."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from local.answers import JSON, is_fetched, refuse_unwritable
from local.answers import fetch as fetch_answer
from local.chosen_options import chosen_options, set_option
from local.connection import Gateway, calls_api, in_plain_words
from local.fetching import AnswerFetcher
from local.finding import find_job
from local.run_command import out_option
from shared.model.formats import FORMATS

if TYPE_CHECKING:
    from dropscribe import Client
    from shared.model.api import JobSummary


@click.command()
@click.argument("jobs", nargs=-1, metavar="JOB...")
@click.option(
    "--failed",
    is_flag=True,
    help="All jobs that ended with a problem, except for cancelled ones.",
)
@set_option
@click.option(
    "--reset-options",
    is_flag=True,
    help="Forget the options of earlier redrives: those of the upload are in force again.",
)
@calls_api
def redrive(
    gateway: Gateway,
    jobs: tuple[str, ...],
    failed: bool,
    texts: tuple[str, ...],
    reset_options: bool,
) -> None:
    """Run jobs again, by their ids or their recordings' names.

    Stages whose inputs did not change return their cached results. Options of --set replace those
    of earlier redrives. Without --set and --reset-options they stay as they are. Exit status 1: a
    job was not run again.
    """
    from dropscribe import ApiError

    if not jobs and not failed:
        raise click.UsageError("name a JOB, or give --failed")
    chosen = chosen_options(texts)
    if chosen.tags:
        raise click.UsageError("--set: a tag is given when a recording is uploaded")
    is_changed = reset_options or bool(texts)
    options = chosen.options if is_changed else None
    refused = 0
    with gateway.client() as client:
        job_ids = [find_job(client, job).id for job in jobs]
        if failed:
            job_ids += [job.id for job in client.jobs(state="failed")]
        for job_id in job_ids:
            try:
                run = client.redrive(job_id, options).run
                click.echo(f"{job_id}: run {run}")
            except ApiError as error:
                click.echo(f"{job_id}: {in_plain_words(error)}", err=True)
                refused += 1
    if refused:
        raise click.ClickException(f"jobs that were not run again: {refused}")


@click.command()
@click.argument("job")
@calls_api
def cancel(gateway: Gateway, job: str) -> None:
    """Cancel a JOB, by its id or its recording's name, even before it starts.

    Its answer is a problem that says so.
    """
    with gateway.client() as client:
        job_id = find_job(client, job).id
        client.cancel(job_id)
    click.echo(f"{job_id}: cancelled")


@click.command()
@click.argument("recording")
@click.option("--yes", is_flag=True, help="Do not ask.")
@calls_api
def erase(gateway: Gateway, recording: str, yes: bool) -> None:
    """Delete a RECORDING, by its name or its job's id, and everything made from it.

    What was fetched into folders of this machine, such as transcripts/, stays.
    """
    with gateway.client() as client:
        found = find_job(client, recording)
        if not yes:
            question = f"Delete {found.name}, its answer and everything else made from it?"
            click.confirm(question, abort=True)
        client.erase(found.id)
    click.echo(f"erased {found.name}; answers that were fetched into folders stay")


@click.command()
@click.argument("jobs", nargs=-1, metavar="JOB...")
@click.option("--all", "is_all", is_flag=True, help="Every answer that is not in the folder yet.")
@click.option("--prefix", default="", help="With --all: of names that begin with this.")
@click.option(
    "--formats",
    "formats_text",
    default="",
    metavar="FORMAT,...",
    help="Formats beside transcript.json, such as docx,srt: any, not only those of the job.",
)
@out_option
@calls_api
def fetch(
    gateway: Gateway,
    jobs: tuple[str, ...],
    is_all: bool,
    prefix: str,
    formats_text: str,
    out: Path,
) -> None:
    """Fetch the answers of jobs that have ended, by their ids or their recordings' names.

    They have the names and corrections that were saved. Exit status 1: a job has no answer yet.
    """
    if not jobs and not is_all:
        raise click.UsageError("name a JOB, or give --all")
    if is_all and formats_text:
        raise click.UsageError("--formats is for named jobs")
    formats = parse_formats(formats_text)
    without = 0
    with gateway.client() as client:
        refuse_unwritable(out)
        named = [find_job(client, job) for job in jobs]
        for job in named:
            folder = fetch_answer(client, job, out, formats)
            if folder is None:
                click.echo(f"{job.name}: {job.state}, no answer yet", err=True)
                without += 1
            else:
                click.echo(folder)
        if is_all:
            fetch_all(client, prefix, out)
    if without:
        raise click.ClickException(f"jobs without an answer: {without}")


def parse_formats(text: str) -> list[str]:
    """Returns the formats in a list with commas. Raises UsageError for one that there is not."""
    formats = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in formats:
        if name not in FORMATS and name != JSON:
            raise click.UsageError(f"--formats: {name!r} is none of {', '.join(FORMATS)}")
    return formats


def fetch_all(client: "Client", prefix: str, out: Path) -> None:
    """Fetches the answers that are not in the folder, of the newest job of each name."""
    states = chain(client.jobs("done", prefix), client.jobs("failed", prefix))
    newest: dict[str, JobSummary] = {}
    for job in states:
        known = newest.get(job.name)
        if known is None or job.created > known.created:
            newest[job.name] = job
    missing = [job for job in newest.values() if not is_fetched(job, out)]
    for folder in AnswerFetcher(client, out).fetch_new(missing):
        if folder is not None:
            click.echo(folder)
