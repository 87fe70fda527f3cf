"""Finds the recordings of a `dropscribe run` that an earlier run uploaded."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from local.batch import Item, common_start
from shared.model.api import JobSummary

if TYPE_CHECKING:
    from dropscribe import Client


def find_known(client: "Client", items: Sequence[Item]) -> None:
    """Gives each item the newest job of its name, if that has its answer or will have it.

    The list is read until each name was found, so one of many recordings that are all known is
    read no further than they reach.
    """
    folder = client.me().folder
    by_name = {folder + item.name: item for item in items}
    names = list(by_name)
    prefix = common_start(names)
    for job in client.jobs(prefix=prefix):
        item = by_name.pop(job.name, None)
        if item is not None:
            compare(item, job)
        if not by_name:
            return


def compare(item: Item, job: JobSummary) -> None:
    """Takes over a job of the same name, or decides whether the file may replace its recording."""
    if job.state not in ("done", "queued", "running"):
        item.replace = True
    elif job.size in (None, item.size):
        item.job = job
        item.was_known = True
        item.sent = item.size
    else:
        item.error = (
            f"there is another recording called {job.name}, of {job.size} bytes; --again replaces "
            "it, and --prefix gives this one another name"
        )
