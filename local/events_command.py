"""`dropscribe events`: shows the ends of jobs in the order in which they were recorded."""

from typing import TYPE_CHECKING

import click

from local.connection import Gateway, calls_api

if TYPE_CHECKING:
    from shared.model.event_feed import FeedItem


@click.command()
@click.option("--after", metavar="CURSOR", help="Only events after this one's cursor.")
@click.option("--follow", is_flag=True, help="Go on with events as they come, until Ctrl-C.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object per event, with its cursor.")
@calls_api
def events(gateway: Gateway, after: str | None, follow: bool, is_json: bool) -> None:
    """Show how jobs ended, the earliest first, from the oldest that is kept.

    The cursor of the last one is printed at the end: with --after, the next call goes on there.
    """
    cursor = after
    with gateway.client() as client:
        for event in client.events(after, follow=follow):
            click.echo(event.model_dump_json() if is_json else line_of(event))
            cursor = event.cursor
    if cursor is not None and not is_json:
        click.echo(f"to go on: --after {cursor}", err=True)


def line_of(event: "FeedItem") -> str:
    """Returns the local time of an end, the state, the job's id and the recording's name; of a
    batch its id and how many jobs it has."""
    moment = event.timestamp.astimezone()
    time = f"{moment:%Y-%m-%d %H:%M:%S}"
    if event.type == "dropscribe.batch.done":
        return f"{time}  batch      {event.data.batch_id}  {event.data.counts.jobs} jobs"
    ended = event.data
    return f"{time}  {ended.state:9}  {ended.job_id}  {ended.name}"
