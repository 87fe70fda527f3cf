"""A command whose output cannot be written, or that is interrupted, ends with a message or 130."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from local.command_group import Commands

FULL = Path("/dev/full")


@click.group(cls=Commands)
def main() -> None:
    """Commands for this test."""


@main.command()
def interrupted() -> None:
    raise KeyboardInterrupt


def run(arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line with a shell that redirects its output."""
    command = f"{sys.executable} -m local.cli {arguments}"
    return subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True)


def test_an_interruption_is_the_exit_status() -> None:
    assert CliRunner().invoke(main, ["interrupted"]).exit_code == 130


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_an_error() -> None:
    done = run("env > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "Error: The disk is full: No space left on device\n"


def test_a_closed_output_is_no_error() -> None:
    done = run("env >&-")
    assert (done.returncode, done.stderr) == (0, "")
