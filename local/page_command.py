"""`dropscribe page`: prints an address of the page that logs its reader in once."""

import click

from local.connection import Gateway, calls_api
from local.finding import find_job


@click.command()
@click.argument("job", required=False)
@calls_api
def page(gateway: Gateway, job: str | None) -> None:
    """Print an address of the page, or of the transcript of a JOB, by its id or its recording's
    name.

    The address logs in once, within ten minutes, as the key of the command. After that it shows the
    page only to a browser that is logged in.
    """
    with gateway.client() as client:
        job_id = None if job is None else find_job(client, job).id
        click.echo(client.page_address(job_id))
