"""The `dropscribe` command: the one-machine cloud."""

import importlib.util
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from local.cost_command import cost
from local.job_commands import COMMANDS, chosen_options
from local.layout import EXECUTIONS, INBOX, OUTBOX, Layout, layout

if TYPE_CHECKING:
    from local.progress import Followed


@click.group()
def main() -> None:
    """Drop a recording into a bucket; get back who said what, and when."""


for command in (*COMMANDS, cost):
    main.add_command(command)


@main.command()
def up() -> None:
    """Start the one-machine cloud and return when every process answers."""
    from local.cloud import NotUp
    from local.cloud import up as start
    from shared.model.errors import StageError

    began = time.monotonic()
    try:
        started = start(layout())
    except (NotUp, StageError) as error:
        raise click.ClickException(str(error)) from error
    seconds = time.monotonic() - began
    click.echo(f"up after {seconds:.1f} s" if started else "was up already", err=True)


@main.command()
def down() -> None:
    """Stop everything that `up` started. Unfinished work resumes at the next `up`."""
    from local.cloud import down as stop

    was_up = stop(layout())
    click.echo("down" if was_up else "was not up", err=True)


@main.command()
def env() -> None:
    """Print variables that point storage clients at the cloud: eval "$(dropscribe env)"."""
    ports = layout().ports()
    storage = ports.url("storage")
    executions = ports.address(EXECUTIONS)
    click.echo(f"export STORAGE_EMULATOR_HOST={storage}")
    click.echo("export GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false  # gcsfs would wait for gRPC")
    click.echo(f"export DROPSCRIBE_INBOX={INBOX}")
    click.echo(f"export DROPSCRIBE_OUTBOX={OUTBOX}")
    click.echo(f"export DROPSCRIBE_EXECUTIONS_HOST={executions}  # gRPC")


@main.command()
@click.argument("job", required=False)
@click.option(
    "--limit", default=20, show_default=True, help="Number of jobs, the last changed first."
)
def status(job: str | None, limit: int) -> None:
    """Show the jobs, or everything known about one JOB."""
    from rich.console import Console

    from local import view
    from local.progress import connect
    from local.waiting import waiting
    from shared.runtime.wiring import job_store

    connect(layout())
    jobs = job_store()
    if job is None:
        Console().print(view.jobs_table(jobs.list_recent(limit), waiting(layout())))
    elif found := jobs.find(job):
        Console().print(view.job_details(found, jobs.stage_records(job)))
    else:
        raise click.ClickException(f"there is no job {job}")


@main.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--out", default=Path("transcripts"), show_default=True, type=click.Path(path_type=Path)
)
@click.option(
    "--set",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the recordings, such as language=en, or a tag, such as x-order-id=77.",
)
@click.option(
    "--timeout", default=12 * 3600.0, show_default=True, help="Seconds to wait for the answers."
)
def run(files: tuple[Path, ...], out: Path, options: tuple[str, ...], timeout: float) -> None:
    """Transcribe FILES: upload them, show progress, fetch the answers.

    An options.json among FILES holds the options of the others in its folder.
    """
    from local.progress import fetch
    from local.recordings import metadata_by_recording
    from shared.model.errors import BadOption

    chosen = chosen_options(options)
    try:
        uploads = metadata_by_recording(files, chosen)
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    if not uploads:
        raise click.UsageError("there is no recording among the files")
    counts = Counter(file.name for file in uploads)
    name, count = counts.most_common(1)[0]
    if count > 1:
        raise click.ClickException(
            f"two files are named {name}; answers are stored by the recording's name"
        )
    followed = transcribe(layout(), uploads, timeout)
    for each in followed:
        for path in fetch(each, out):
            click.echo(path)
    failures = print_failures(followed)
    sys.exit(1 if failures else 0)


def transcribe(
    here: Layout, metadata: Mapping[Path, Mapping[str, str]], timeout: float
) -> "list[Followed]":
    """Uploads the files and shows progress until each has its answer, or the timeout has passed.

    Starts the cloud if it is not up. `metadata` is by file, `timeout` is in seconds. Nothing is
    uploaded if a file would only be answered with a bad option.
    """
    from rich.console import Console
    from rich.live import Live

    from local import progress, view
    from local.cloud import NotUp
    from local.cloud import up as start
    from shared.model.errors import BadOption, StageError
    from shared.runtime.wiring import blob_store

    console = Console(stderr=True)
    try:
        with console.status("starting the one-machine cloud and loading its models"):
            start(here)
        progress.connect(here)
        blobs = blob_store()
        for file, options in metadata.items():
            progress.check_options(file, options, blobs)
        uploads = [progress.upload(file, options) for file, options in metadata.items()]
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    except (NotUp, StageError) as error:
        raise click.ClickException(str(error)) from error
    with Live(console=console, refresh_per_second=5) as live:

        def show(followed: "Sequence[Followed]") -> None:
            live.update(view.progress(followed))

        return progress.follow(here, uploads, show, time.monotonic() + timeout)


def print_failures(followed: "Sequence[Followed]") -> int:
    """Prints why recordings have no transcript. Returns the number of these recordings."""
    from local.view import failure

    failures = 0
    for each in followed:
        reason = failure(each)
        if reason is not None:
            click.echo(f"{each.file.name}: {reason}", err=True)
            failures += 1
    return failures


@main.command()
@click.option(
    "--out", default=Path("transcripts"), show_default=True, type=click.Path(path_type=Path)
)
def demo(out: Path) -> None:
    """Transcribe a two-speaker recording that pyannote.audio packages, then stop the cloud."""
    from local.cloud import down as stop
    from local.progress import fetch
    from local.supervisor import supervisor_of

    here = layout()
    was_up = supervisor_of(here) is not None
    try:
        followed = transcribe(here, {sample(): {}}, timeout=900)
        if print_failures(followed):
            sys.exit(1)
        fetched = {path.suffix: path for path in fetch(followed[0], out)}
    finally:
        if not was_up:
            stop(here)
    click.echo("\n" + fetched[".txt"].read_text())
    click.echo(summary(fetched[".json"]))


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
def smoke(file: Path | None, inbox: str | None, outbox: str | None, seconds: float) -> None:
    """Transcribe FILE, or a packaged phone call, with a deployment on Google."""
    from local.deployment import Failed, find_deployment
    from local.smoke import smoke as transcribe_with

    try:
        deployment = find_deployment(inbox, outbox)
        texts = transcribe_with(deployment, file or sample(), seconds)
        click.echo(next(texts), err=True)
        for text in texts:
            click.echo(text)
    except Failed as error:
        raise click.ClickException(f"smoke: {error}") from error


@main.command()
@click.argument("process", required=False)
@click.option("--lines", default=50, show_default=True)
def logs(process: str | None, lines: int) -> None:
    """Show the last log lines of every process, or of one PROCESS."""
    pattern = layout().log(process or "*")
    files = sorted(pattern.parent.glob(pattern.name))
    if not files:
        reason = f"there is no log of {process}" if process else "there are no logs yet"
        raise click.ClickException(reason)
    for file in files:
        text = file.read_text(errors="replace")
        last_lines = text.splitlines()[-lines:]
        for line in last_lines:
            click.echo(f"{file.stem}: {line}")


if __name__ == "__main__":
    main()
