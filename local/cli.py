"""The `dropscribe` command: the whole chain on one machine."""

import importlib.util
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from local.cost_command import cost
from local.job_commands import COMMANDS, option
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
    """Start the one-machine cloud; return when everything answers."""
    from local.cloud import NotUp
    from local.cloud import up as start
    from shared.model.errors import StageError

    began = time.monotonic()
    try:
        fresh = start(layout())
    except (NotUp, StageError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"up after {time.monotonic() - began:.1f} s" if fresh else "was up already", err=True
    )


@main.command()
def down() -> None:
    """Stop everything that `up` started. What is unfinished goes on at the next `up`."""
    from local.cloud import down as stop

    click.echo("down" if stop(layout()) else "was not up", err=True)


@main.command()
def env() -> None:
    """Print what points Google's client libraries at the one-machine cloud: eval "$(dropscribe
    env)"."""
    ports = layout().ports()
    click.echo(f"export STORAGE_EMULATOR_HOST={ports.url('bucket')}")
    click.echo(f"export DROPSCRIBE_INBOX={INBOX}")
    click.echo(f"export DROPSCRIBE_OUTBOX={OUTBOX}")
    click.echo(f"export DROPSCRIBE_EXECUTIONS_HOST=127.0.0.1:{ports.ports[EXECUTIONS]}  # gRPC")


@main.command()
@click.argument("job", required=False)
@click.option(
    "--limit", default=20, show_default=True, help="Show that many jobs, the last changed first."
)
def status(job: str | None, limit: int) -> None:
    """Show the jobs, or all that is known of one JOB."""
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
    help="An option of the recordings, such as language=en.",
)
@click.option(
    "--timeout", default=12 * 3600.0, show_default=True, help="Seconds to wait for the answers."
)
def run(files: tuple[Path, ...], out: Path, options: tuple[str, ...], timeout: float) -> None:
    """Transcribe FILES: upload them, show progress, fetch the answers."""
    from local import progress as follow

    twice = [name for name, count in Counter(file.name for file in files).items() if count > 1]
    if twice:
        raise click.ClickException(
            f"two files are named {twice[0]}; an answer is kept by its recording's name"
        )
    answers = transcribe(layout(), files, dict(map(option, options)), timeout)
    for each in answers:
        for path in follow.fetch(each, out):
            click.echo(path)
    sys.exit(0 if tell_problems(answers) == 0 else 1)


def transcribe(
    here: Layout, files: tuple[Path, ...], options: dict[str, str], timeout: float
) -> "list[Followed]":
    """Upload the files, starting the cloud if it is down, and show progress until each has its
    answer."""
    from rich.console import Console
    from rich.live import Live

    from local import progress as follow
    from local import view
    from local.cloud import NotUp
    from local.cloud import up as start
    from shared.model.errors import StageError

    console = Console(stderr=True)
    try:
        with console.status("starting the one-machine cloud and loading its models"):
            start(here)
        follow.connect(here)
        uploads = [follow.upload(file, options) for file in files]
    except (NotUp, StageError) as error:
        raise click.ClickException(str(error)) from error
    with Live(console=console, refresh_per_second=5) as live:
        return follow.follow(
            here, uploads, lambda seen: live.update(view.progress(seen)), time.monotonic() + timeout
        )


def tell_problems(answers: "list[Followed]") -> int:
    """How many recordings have no transcript; each with its reason."""
    from local.view import outcome

    reasons = {each.file.name: reason for each in answers if (reason := outcome(each))}
    for name, reason in reasons.items():
        click.echo(f"{name}: {reason}", err=True)
    return len(reasons)


@main.command()
@click.option(
    "--out", default=Path("transcripts"), show_default=True, type=click.Path(path_type=Path)
)
def demo(out: Path) -> None:
    """Transcribe the two-speaker recording that pyannote.audio carries, and stop what it
    started."""
    from local import progress as follow
    from local.cloud import down as stop

    here = layout()
    was_up = supervised(here)
    try:
        answers = transcribe(here, (sample(),), {}, timeout=900)
        if tell_problems(answers):
            sys.exit(1)
        fetched = {path.suffix: path for path in follow.fetch(answers[0], out)}
    finally:
        if not was_up:
            stop(here)
    click.echo("\n" + fetched[".txt"].read_text())
    click.echo(summary(fetched[".json"]))


def supervised(here: Layout) -> bool:
    from local.supervisor import supervisor_of

    return supervisor_of(here) is not None


def sample() -> Path:
    """pyannote.audio's packaged recording: 30 s of a phone call. Importing the package would take
    seconds."""
    package = importlib.util.find_spec("pyannote.audio")
    if package is None or package.origin is None:
        raise click.ClickException("pyannote.audio is not installed: run `make setup`")
    return Path(package.origin).parent / "sample" / "sample.wav"


def summary(transcript: Path) -> str:
    """Where the answer is and what it took."""
    read = json.loads(transcript.read_text())
    seconds: Counter[str] = Counter()
    for call in read["timings"]["stages"]:
        seconds[call["stage"]] += call["seconds"]
    worked = ", ".join(f"{stage} {spent:.1f} s" for stage, spent in seconds.items())
    lines = [
        f"{read['media']['duration']:.0f} s of sound in {read['timings']['wall']:.1f} s: {worked}"
    ]
    return "\n".join([*lines, *read["outputs"].values()])


@main.command()
@click.argument("part", required=False)
@click.option("--lines", default=50, show_default=True)
def logs(part: str | None, lines: int) -> None:
    """Show the last log lines of every part, or of one PART."""
    folder = layout().log("x").parent
    found = sorted(folder.glob(f"{part or '*'}.log"))
    if not found:
        raise click.ClickException(
            f"there is no log of {part}" if part else "there are no logs yet"
        )
    for log in found:
        for line in log.read_text(errors="replace").splitlines()[-lines:]:
            click.echo(f"{log.stem}: {line}")


if __name__ == "__main__":
    main()
