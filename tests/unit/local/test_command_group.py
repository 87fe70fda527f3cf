"""A command whose output cannot be written, or that is interrupted, ends with a message or 130."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from local import entry_point
from local.cli import main as commands
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


class Interrupted(ModuleType):
    """A module that Ctrl-C reaches while it is imported."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_an_interruption_while_modules_are_imported_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "local.cli", Interrupted("local.cli"))
    with pytest.raises(SystemExit) as ended:
        entry_point.main()
    assert ended.value.code == 130


@pytest.mark.parametrize("command", ["env", "status", "logs", "down"])
def test_a_command_that_shows_something_makes_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    home = tmp_path / "never started"
    monkeypatch.setenv("DROPSCRIBE_HOME", str(home))
    monkeypatch.delenv("DROPSCRIBE_URL", raising=False)
    done = CliRunner().invoke(commands, [command])
    assert done.exit_code == (0 if command == "down" else 1)
    assert "Traceback" not in done.output
    assert not home.exists()


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_an_error() -> None:
    done = run("--version > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "Error: The disk is full: No space left on device\n"


def test_a_closed_output_is_no_error() -> None:
    done = run("--version >&-")
    assert (done.returncode, done.stderr) == (0, "")
