"""`dropscribe run`: uploads recordings, shows progress, fetches the answers."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from local.chosen_options import chosen_options, set_option
from local.connection import Gateway, calls_api, describe_os_error
from local.exit_status import INTERRUPTED
from local.layout import layout

if TYPE_CHECKING:
    from dropscribe import Client
    from local.batch import Item
    from local.recordings import LocalRecording

NAMES_SHOWN = 3
Command = Callable[..., Any]

out_option: Callable[[Command], Command] = click.option(
    "--out",
    default=Path("transcripts"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder for the answers: each is in a folder of its recording's name.",
)
"""Adds the option --out to a command."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@out_option
@set_option
@click.option("--prefix", default="", help="Beginning of the names in the inbox, such as team/.")
@click.option("--again", is_flag=True, help="Also transcribe what has its answer already.")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for a table of the results.",
)
@click.option(
    "--timeout", default=12 * 3600.0, show_default=True, help="Seconds to wait for the answers."
)
@calls_api
def run(
    gateway: Gateway,
    paths: tuple[Path, ...],
    out: Path,
    texts: tuple[str, ...],
    prefix: str,
    again: bool,
    csv_file: Path | None,
    timeout: float,
) -> None:
    """Transcribe files and folders: upload them, show progress, fetch each answer when it is ready.

    A recording's name in the inbox is that of its file; in a folder it begins with the folder's. An
    options.json holds the options of the recordings in its folder and beneath.

    A recording that an earlier run uploaded is not uploaded again: its answer is fetched, now or
    when it is ready. Without --url, the one-machine cloud is started if it is not up.

    Exit status 0: every recording has its transcript. 1: one has none. 2: nothing was done, as the
    command is wrong. 130: Ctrl-C; the jobs go on.
    """
    chosen = chosen_options(texts)
    found = find_recordings(paths, prefix, chosen.options, out)
    with ready(gateway, out) as client:
        items = items_of(found)
        try:
            transcribe(client, items, chosen.tags, out, again=again, timeout=timeout)
            status = 0 if all(item.is_done for item in items) else 1
        except KeyboardInterrupt:
            explain_interruption(items, out)
            status = INTERRUPTED
        if csv_file is not None:
            from local.results_csv import write_results

            write_results(items, csv_file)
    sys.exit(status)


def find_recordings(
    paths: Sequence[Path], prefix: str, options: Mapping[str, Any], out: Path
) -> "list[LocalRecording]":
    """Returns the recordings. Raises UsageError if there are none, or two of one name."""
    from local.recordings import recordings
    from shared.model.errors import BadOption

    try:
        found = recordings(paths, prefix, options, out)
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(describe_os_error(error)) from error
    if not found:
        raise click.UsageError("there is no recording among the files")
    counts = Counter(each.name for each in found)
    name, count = counts.most_common(1)[0]
    if count > 1:
        raise click.UsageError(
            f"two files are named {name}: give their folders, so that the names have these too"
        )
    return found


def items_of(found: "Sequence[LocalRecording]") -> "list[Item]":
    """Returns the recordings with their sizes, and why some cannot be uploaded.

    Raises ClickException for a file that is there no more.
    """
    from local.batch import Item
    from local.recordings import refused

    items = []
    for recording in found:
        try:
            status = recording.path.stat()
        except OSError as error:
            raise click.ClickException(describe_os_error(error)) from error
        items.append(Item(recording, status.st_size, error=refused(recording, status)))
    return items


@contextmanager
def ready(gateway: Gateway, out: Path) -> "Iterator[Client]":
    """Yields a client, once answers can be written and the one-machine cloud is up, if it is that.

    Failures become messages of the command.
    """
    from local.answers import refuse_unwritable

    try:
        refuse_unwritable(out)
    except OSError as error:
        raise click.ClickException(f"--out: {describe_os_error(error)}") from error
    if gateway.is_on_this_machine:
        from local.starting import start_cloud

        start_cloud(layout())
    with gateway.client() as client:
        yield client


def transcribe(
    client: "Client",
    items: "Sequence[Item]",
    tags: Mapping[str, str],
    out: Path,
    *,
    again: bool,
    timeout: float,
) -> None:
    """Uploads recordings and follows their jobs, until each has its answer or `timeout` seconds
    have passed. The items hold what came of it.

    Raises ClickException if an answer cannot be written.
    """
    from local.display import display_for, print_folder
    from local.following import Follower
    from local.known_jobs import find_known
    from local.uploading import Uploads

    deadline = time.monotonic() + timeout
    if not again:
        find_known(client, items)
    display = display_for(items)

    def on_end(item: "Item") -> None:
        display.show_end(item)
        print_folder(item)

    new = [item for item in items if item.waits_for_upload]
    for item in new:
        item.replace = item.replace or again
    uploads = Uploads(client, new, tags)
    try:
        Follower(client, items, out).follow(display.refresh, on_end, deadline)
    except OSError as error:
        reason = describe_os_error(error)
        raise click.ClickException(f"{reason}; {how_to_fetch(items, out)}") from error
    finally:
        uploads.stop()
        display.close()
    give_up_waiting(items)


def give_up_waiting(items: "Sequence[Item]") -> None:
    """Notes and prints what has no answer in time."""
    for item in items:
        if item.has_ended:
            continue
        is_sent = item.job is not None
        item.error = "no answer in time; the job goes on" if is_sent else "not uploaded in time"
        click.echo(f"{item.name}: {item.error}", err=True)


def explain_interruption(items: "Sequence[Item]", out: Path) -> None:
    """Prints what goes on after Ctrl-C, and how to get it."""
    not_sent = [item for item in items if item.waits_for_upload]
    click.echo(how_to_fetch(items, out), err=True)
    if not_sent:
        count = len(not_sent)
        click.echo(f"recordings not uploaded: {count}; the same command uploads them", err=True)


def how_to_fetch(items: "Sequence[Item]", out: Path) -> str:
    """Returns how to get the answers of the jobs that go on."""
    under_way = [item for item in items if item.is_under_way]
    if not under_way:
        return "no job goes on"
    names = [str(item.job.id) for item in under_way if item.job is not None]
    which = " ".join(names) if len(names) <= NAMES_SHOWN else "--all"
    place = "" if out == Path("transcripts") else f" --out {out}"
    count = len(under_way)
    return (
        f"jobs that go on: {count}; fetch their answers later: dropscribe fetch {which}{place}, "
        "or the same command again"
    )
