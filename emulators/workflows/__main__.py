"""`python -m emulators.workflows`: runs one workflow and serves its API on 127.0.0.1."""

import signal
import sys
from pathlib import Path

import click
import uvicorn

from emulators.workflows.api import make_app
from emulators.workflows.deployment import Deployment, Workflow
from emulators.workflows.errors import SourceError
from emulators.workflows.executions import ExecutionStore
from emulators.workflows.log import log_to_stderr
from emulators.workflows.slots import Slots


def _variables(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    if bad := [value for value in values if "=" not in value]:
        raise click.BadParameter(f"{bad[0]!r} is not of the form NAME=VALUE")
    return dict(value.split("=", 1) for value in values)


def _counts(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, int]:
    counts = {}
    for value in values:
        origin, _, count = value.rpartition("=")
        if not origin or not count.isdigit() or int(count) < 1:
            raise click.BadParameter(f"{value!r} is not of the form http://HOST:PORT=COUNT")
        counts[origin] = int(count)
    return counts


@click.command()
@click.option("--port", type=int, required=True)
@click.option(
    "--grpc-port",
    type=int,
    help="Port for the client google-cloud-workflows. Default: gRPC is not served.",
)
@click.option(
    "--workflow",
    "file",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="The workflow's YAML file.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the executions.",
)
@click.option("--inbox", required=True, help="The bucket whose new objects start an execution.")
@click.option(
    "--env",
    multiple=True,
    callback=_variables,
    metavar="NAME=VALUE",
    help="For sys.get_env; repeatable.",
)
@click.option(
    "--slots",
    multiple=True,
    callback=_counts,
    metavar="ORIGIN=COUNT",
    help="Most calls at once. Repeatable.",
)
@click.option(
    "--share",
    "shares",
    multiple=True,
    callback=_counts,
    metavar="ORIGIN=COUNT",
    help="Most calls of one execution at once. Repeatable. Default: all slots.",
)
@click.option(
    "--alone",
    multiple=True,
    callback=_counts,
    metavar="ORIGIN=COUNT",
    help="Most calls of the only execution while a core is idle. Repeatable. Default: its share.",
)
@click.option("--cores", default=0, help="Cores of the machine, for --alone.")
@click.option(
    "--schedule",
    multiple=True,
    callback=_counts,
    metavar="URL=SECONDS",
    help="POST to a URL at intervals. Repeatable.",
)
@click.option("--project", default="dropscribe-local", show_default=True)
@click.option("--location", default="local", show_default=True)
def main(
    port: int,
    grpc_port: int | None,
    file: Path,
    data: Path,
    inbox: str,
    env: dict[str, str],
    slots: dict[str, int],
    shares: dict[str, int],
    alone: dict[str, int],
    cores: int,
    schedule: dict[str, int],
    project: str,
    location: str,
) -> None:
    """Runs a workflow as Google Cloud Workflows would."""
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(0)
    )  # uvicorn shuts down first, then calls this handler
    log_to_stderr()
    workflow = Workflow(project, location, file.stem, file.read_text(encoding="utf-8"), env)
    store = ExecutionStore.open(data / "executions.sqlite")
    try:
        deployment = Deployment(workflow, store, Slots(slots, shares, alone, cores))
    except SourceError as error:
        for finding in error.findings:
            click.echo(f"{file}:{finding.line}: {finding.message}", err=True)
        sys.exit(1)
    app = make_app(deployment, inbox, grpc_port, schedule)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
