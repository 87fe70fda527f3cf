"""Finds jobs by what a person types."""

import re
from typing import TYPE_CHECKING

import click

from shared.model.api import JobSummary

if TYPE_CHECKING:
    from dropscribe import Client

JOB_ID = re.compile(r"[0-9a-f]{20}")
NOT_FOUND = 404


def find_job(client: "Client", text: str) -> JobSummary:
    """Returns the job with an id, or the newest one of a recording's name. Raises ClickException.

    A name may lack the folder of the key.
    """
    job = find_by_id(client, text) if JOB_ID.fullmatch(text) else None
    if job is None:
        job = find_by_name(client, text)
    if job is None and (folder := client.me().folder):
        job = find_by_name(client, folder + text)
    if job is None:
        raise click.ClickException(f"there is no job {text}")
    return job


def find_by_id(client: "Client", job_id: str) -> JobSummary | None:
    from dropscribe import ApiError

    try:
        return client.job(job_id)
    except ApiError as error:
        if error.status == NOT_FOUND:
            return None
        raise


def find_by_name(client: "Client", name: str) -> JobSummary | None:
    for job in client.jobs(prefix=name):
        if job.name == name:
            return job
    return None
