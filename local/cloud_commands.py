"""The commands of `dropscribe` that start and stop the one-machine cloud and say where it is."""

import shlex
import time

import click

from local.layout import EXECUTIONS, INBOX, OUTBOX, Layout, layout


@click.command()
def up() -> None:
    """Start the one-machine cloud and return when every process answers."""
    from local.cloud import NotUp
    from local.cloud import up as start
    from shared.model.errors import StageError

    home = layout()
    began = time.monotonic()
    try:
        started = start(home)
    except (NotUp, StageError) as error:
        raise click.ClickException(str(error)) from error
    seconds = time.monotonic() - began
    click.echo(f"up after {seconds:.1f} s" if started else "was up already", err=True)
    print_addresses(home)


def print_addresses(home: Layout) -> None:
    """Prints where the HTTP API, its documentation and its key are."""
    url = home.ports().url("gateway")
    click.echo(f"API:           {url}")
    click.echo(f"documentation: {url}/docs")
    click.echo(f"key:           in the file {home.key}")


@click.command()
def down() -> None:
    """Stop everything that `up` started. Unfinished work resumes at the next `up`."""
    from local.cloud import down as stop

    was_up = stop(layout())
    click.echo("down" if was_up else "was not up", err=True)


@click.command()
def env() -> None:
    """Print variables that point clients at the cloud: eval "$(dropscribe env)".

    The key of the HTTP API is not printed: its line reads the file that holds it.
    """
    home = layout()
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
