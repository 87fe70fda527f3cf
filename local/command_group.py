"""The group of all commands: what no command handles itself ends with a message and a status."""

import io
import sys
from typing import Any

import click

from local.connection import describe_os_error
from local.exit_status import INTERRUPTED


class Commands(click.Group):
    """Commands whose output may not be written, or that are interrupted at any moment."""

    def main(self, *args: Any, **options: Any) -> Any:
        if sys.stdout is None:  # the caller has closed it
            sys.stdout = io.StringIO()
        try:
            return self._main_and_flush(*args, **options)
        except OSError as error:
            click.echo(f"Error: {describe_os_error(error)}", err=True)
            sys.exit(1)

    def _main_and_flush(self, *args: Any, **options: Any) -> Any:
        """Runs a command. What it has printed is written before the end of the process, so that a
        full disk is noticed."""
        try:
            return super().main(*args, **options)
        finally:
            sys.stdout.flush()

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            context.exit(INTERRUPTED)
