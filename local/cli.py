"""The `dropscribe` command: its jobs, on a deployment or on this machine, and the one-machine
cloud itself."""

import importlib.util
import json
import shutil
import sys
from collections import Counter
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from local.cloud_commands import down, env, serve, up
from local.command_group import Commands
from local.connection import Gateway, calls_api
from local.cost_command import cost
from local.edits_command import edits, rename
from local.events_command import events
from local.finding import find_job
from local.job_commands import cancel, erase, fetch, redrive
from local.keys_command import keys
from local.layout import layout
from local.log_command import logs
from local.page_command import page
from local.run_command import out_option, ready, run, transcribe
from local.status_command import failed, status
from local.webhooks_command import webhooks
from shared import __version__
from shared.model.formats import FORMATS, TRANSCRIPT

if TYPE_CHECKING:
    from dropscribe import Client


@click.group(cls=Commands)
@click.version_option(__version__, package_name="dropscribe")
def main() -> None:
    """Drop a recording into a bucket; get back who said what, and when."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name may have any characters


CLOUD = (up, serve, down, env, page, logs, cost)
JOBS = (run, status, failed, redrive, cancel, erase, fetch, rename, edits)
COMMANDS = (*CLOUD, *JOBS, events, keys, webhooks)

for command in COMMANDS:
    main.add_command(command)


@main.command()
@out_option
def demo(out: Path) -> None:
    """Transcribe a two-speaker recording that pyannote.audio packages, then stop the cloud, unless
    it was up before. Ends with the address of the transcript: a file that plays the recording."""
    from local.batch import Item
    from local.cloud import down as stop
    from local.recordings import LocalRecording
    from local.starting import failures_as_messages
    from local.supervisor import supervisor_of

    here = layout()
    was_up = supervisor_of(here) is not None
    file = sample()
    item = Item(LocalRecording(file, file.name, {}), file.stat().st_size)
    try:
        with ready(Gateway(url=None, key=None), out) as client:
            transcribe(client, [item], {}, out, again=True, timeout=900)
            if item.is_done and item.job is not None and item.folder is not None:
                address = write_page(client, item.job.id, item.folder, file)
    finally:
        if not was_up:
            with failures_as_messages():
                stop(here)
    if not item.is_done or item.folder is None:
        sys.exit(1)
    text = (item.folder / FORMATS["txt"].file_name).read_text()
    click.echo(f"\n{text}")
    click.echo(summary(item.folder / TRANSCRIPT.file_name))
    click.echo(where_to_correct(item.name, is_up=was_up))
    click.echo(f"Read it with its sound: {address}")


def write_page(client: "Client", job_id: str, folder: Path, recording: Path) -> str:
    """Writes a transcript as an HTML page, and the recording beside it, which the page plays.

    Returns the address of the page.
    """
    from local.answers import write

    page = folder.absolute() / FORMATS["html"].file_name
    write(page, client.transcript(job_id, "html"))
    shutil.copyfile(recording, page.with_name(recording.name))
    return page.as_uri()


def where_to_correct(name: str, *, is_up: bool) -> str:
    """Returns the address of a transcript on the deployment's page, or how to get it from a cloud
    that is down."""
    if not is_up:
        return f"Correct it on the page: dropscribe up, then dropscribe page {name}"
    with Gateway(url=None, key=None).client() as client:
        job_id = find_job(client, name).id
        address = client.page_address(job_id)
    return f"Correct it on the page: {address}"


def sample() -> Path:
    """Returns pyannote.audio's packaged recording, 30 s of a phone call.

    The package is located without importing it, which would take seconds.
    """
    package = importlib.util.find_spec("pyannote.audio")
    if package is None or package.origin is None:
        raise click.ClickException("pyannote.audio is not installed: run `make setup`")
    folder = Path(package.origin).with_name("sample")
    return folder / "sample.wav"


def summary(transcript: Path) -> str:
    """Returns the seconds that a transcript took, and the URIs of its formats, one per line."""
    answer = json.loads(transcript.read_text())
    timings = answer["timings"]
    seconds: Counter[str] = Counter()
    for call in timings["stages"]:
        seconds[call["stage"]] += call["seconds"]
    by_stage = [f"{stage} {spent:.1f} s" for stage, spent in seconds.items()]
    stages = ", ".join(by_stage)
    duration = answer["media"]["duration"]
    wall = timings["wall"]
    first = f"{duration:.0f} s of sound in {wall:.1f} s: {stages}"
    outputs = answer["outputs"].values()
    return "\n".join([first, *outputs])


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--inbox", help="Bucket. Default: DROPSCRIBE_INBOX, or Terraform's output.")
@click.option("--outbox", help="Bucket. Default: DROPSCRIBE_OUTBOX, or Terraform's output.")
@click.option(
    "--seconds", default=1800.0, show_default=True, help="Seconds to wait for the answer."
)
@calls_api
def smoke(
    gateway: Gateway, file: Path | None, inbox: str | None, outbox: str | None, seconds: float
) -> None:
    """Transcribe FILE, or a packaged phone call, with a deployment on Google: through its buckets,
    and with a --key through its API, too. The --url is by default Terraform's output."""
    from local.deployment import Failed, find_deployment
    from local.smoke import smoke as transcribe_with
    from local.smoke_api import smoke_api

    recording = file or sample()
    report = partial(click.echo, err=True)
    try:
        deployment = find_deployment(inbox, outbox)
        texts = transcribe_with(deployment, recording, seconds, report)
        click.echo(next(texts), err=True)
        for text in texts:
            click.echo(text)
        url = gateway.url or deployment.api_url
        if url is None or gateway.key is None:
            click.echo("the API was not tried: that needs --url and --key", err=True)
            return
        for text in smoke_api(url, gateway.key, recording, seconds, report):
            click.echo(text)
    except Failed as error:
        raise click.ClickException(f"smoke: {error}") from error


if __name__ == "__main__":
    main()
