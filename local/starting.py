"""Starts the one-machine cloud for a command: what a person sees meanwhile, and why it failed."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from local.cloud import OnWait, ignore, up
from local.connection import describe_os_error
from local.errors import CloudError
from local.layout import Layout
from local.port_choice import GatewayAddress
from local.settings_check import changed_settings, check_settings
from local.supervisor import supervisor_of
from shared.model.errors import StageError

TEXT = "starting the one-machine cloud and loading its models"


@contextmanager
def failures_as_messages() -> Iterator[None]:
    """Makes failures of the cloud and of the disk messages of the command."""
    try:
        yield
    except (CloudError, StageError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(describe_os_error(error)) from error


def start_cloud(home: Layout, wanted: GatewayAddress | None = None) -> bool:
    """Starts the cloud unless it is up. Returns False if it was up. Raises ClickException."""
    with failures_as_messages():
        unknown = check_settings(os.environ)
        for name in unknown:
            click.echo(f"{name} is no setting and has no effect", err=True)
        supervisor = supervisor_of(home)
        if supervisor is not None:
            changed = changed_settings(supervisor, os.environ)
            for name in changed:
                click.echo(f"{name} takes effect after `dropscribe down` and `up`", err=True)
            return up(home, wanted)
        with spinner() as on_wait:
            return up(home, wanted, on_wait)


@contextmanager
def spinner() -> Iterator[OnWait]:
    """Yields a function that shows which processes are not ready yet: on a terminal after a
    spinner. Without a terminal there is one line."""
    if not sys.stderr.isatty():
        click.echo(TEXT, err=True)
        yield ignore
        return
    from rich.console import Console

    with Console(stderr=True).status(TEXT) as status:

        def show(waiting: Sequence[str]) -> None:
            names = ", ".join(waiting)
            status.update(f"{TEXT}: waiting for {names}")

        yield show
