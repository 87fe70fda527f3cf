"""The commands of `dropscribe` that start and stop the one-machine cloud and say where it is."""

import ipaddress
import os
import shlex
import signal
import time
from pathlib import Path

import click

from local.connection import Gateway
from local.layout import EXECUTIONS, INBOX, OUTBOX, Layout, layout

TRACES = "DROPSCRIBE_TRACES"


def ipv4_address(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    if value is None:
        return None
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not an IPv4 address") from error


def place_of_traces(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Returns an address as it is, and a file's path from the root, since processes of the cloud
    have other folders."""
    if value is None or value == "google" or "://" in value:
        return value
    return str(Path(value).absolute())


port_option = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="DROPSCRIBE_PORT",
    help="Port of the HTTP API, also at later starts. Default: that of the last start.",
)
host_option = click.option(
    "--host",
    callback=ipv4_address,
    envvar="DROPSCRIBE_HOST",
    help="Address that the HTTP API listens on; 0.0.0.0 for all. Default: 127.0.0.1.",
)


@click.command()
@port_option
@host_option
@click.option(
    "--traces",
    callback=place_of_traces,
    envvar=TRACES,
    help="Where the trace of each job goes, as OpenTelemetry's collectors read it: a file, or an "
    "address such as http://127.0.0.1:4318. Default: there are no traces.",
)
def up(port: int | None, host: str | None, traces: str | None) -> None:
    """Start the one-machine cloud and return when every process answers.

    Prints where its page and its HTTP API are, and where the API's key. The page's address logs in
    once, within ten minutes; `dropscribe page` prints another. If the cloud cannot start, says why,
    stops what it started, and exits with 1.
    """
    from local.port_choice import GatewayAddress
    from local.starting import start_cloud

    if traces is not None:
        os.environ[TRACES] = traces
    home = layout()
    began = time.monotonic()
    started = start_cloud(home, GatewayAddress(port, host))
    seconds = time.monotonic() - began
    click.echo(f"up after {seconds:.1f} s" if started else "was up already", err=True)
    print_addresses(home)


def print_addresses(home: Layout) -> None:
    """Prints where the page, the HTTP API, its documentation and its key are."""
    with Gateway(url=None, key=None).client() as client:
        address = client.page_address()
    url = home.ports().url("gateway")
    click.echo(f"page:          {address}")
    click.echo(f"API:           {url}")
    click.echo(f"documentation: {url}/docs")
    click.echo(f"key:           in the file {home.key}")


@click.command()
@port_option
@host_option
def serve(port: int | None, host: str | None) -> None:
    """Start the one-machine cloud, show what it logs, and stop it at Ctrl-C or SIGTERM.

    For containers and systemd. Exits with 1 if the cloud cannot start, or ends by itself.
    """
    from local.cloud import down as stop
    from local.log_command import follow_cloud
    from local.port_choice import GatewayAddress
    from local.starting import failures_as_messages, start_cloud

    home = layout()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        start_cloud(home, GatewayAddress(port, host))
        print_addresses(home)
        follow_cloud(home)
    except KeyboardInterrupt:
        with failures_as_messages():
            stop(home)
        return
    raise click.ClickException("the cloud has ended; `dropscribe logs supervisor` shows its log")


@click.command()
def down() -> None:
    """Stop everything that `up` started. Unfinished work resumes at the next `up`."""
    from local.cloud import down as stop
    from local.starting import failures_as_messages

    with failures_as_messages():
        was_up = stop(layout())
    click.echo("down" if was_up else "was not up", err=True)


@click.command()
def env() -> None:
    """Print variables that point clients at the cloud: eval "$(dropscribe env)".

    They stay the same from one start to the next; before the first there are none. The key of the
    HTTP API is not printed: its line reads the file that holds it.
    """
    from local.starting import failures_as_messages

    home = layout()
    if not home.ports_file.exists():
        raise click.ClickException("the one-machine cloud was not started yet: run `dropscribe up`")
    with failures_as_messages():
        ports = home.ports()
    storage = ports.url("storage")
    executions = ports.address(EXECUTIONS)
    gateway = ports.url("gateway")
    key_file = shlex.quote(str(home.key))
    click.echo(f"export STORAGE_EMULATOR_HOST={storage}")
    click.echo("export GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false  # gcsfs would wait for gRPC")
    click.echo(f"export DROPSCRIBE_INBOX={INBOX}")
    click.echo(f"export DROPSCRIBE_OUTBOX={OUTBOX}")
    click.echo(f"export DROPSCRIBE_EXECUTIONS_HOST={executions}  # gRPC")
    click.echo(f"export DROPSCRIBE_URL={gateway}")
    click.echo(f'export DROPSCRIBE_KEY="$(cat {key_file})"')
