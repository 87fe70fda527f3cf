"""What `dropscribe run` itself costs, now and before: its processor time, and the wall.

    git worktree add ../before COMMIT
    python -m benchmarks.cli --before ../before

Each checkout has a one-machine cloud of its own, with engines that do nothing or take six seconds,
and transcribes the same recordings in turn. Compare the ratios: both ran on the same machine within
minutes.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.machine import keep
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT

ROOT = Path(__file__).parents[1]
CLIP = wav(speech()[104_000:136_000])
"""2 s of speech."""


@dataclass(frozen=True)
class Kind:
    """Recordings that are transcribed by one command."""

    recordings: int
    options: tuple[str, ...]


KINDS = {
    "engines that do nothing": Kind(40, ()),
    "engines that take six seconds": Kind(8, ("--set", "initial-prompt=slowly")),
}


@dataclass(frozen=True)
class Checkout:
    """The sources of one version, with a cloud that is up."""

    folder: Path
    home: Path

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        ours = {name: value for name, value in os.environ.items() if "DROPSCRIBE" not in name}
        paths = {"PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1"}
        home = {"DROPSCRIBE_HOME": str(self.home)}
        return subprocess.Popen(
            (sys.executable, "-m", "local.cli", *arguments),
            env={**ours, **ENVIRONMENT, **paths, **home},
            cwd=self.home.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def measure(self, files: Sequence[Path], options: Sequence[str]) -> dict[str, float]:
        """Returns the seconds of the processor and of the wall that the command took."""
        began = time.monotonic()
        process = self.command("run", *map(str, files), *options)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, f"dropscribe run ended with {status}"
        wall = time.monotonic() - began
        return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall}


@contextmanager
def started(folder: Path, home: Path) -> Iterator[Checkout]:
    checkout = Checkout(folder.resolve(), home)
    home.mkdir(parents=True)
    assert checkout.command("up").wait() == 0
    try:
        yield checkout
    finally:
        checkout.command("down").wait()


@click.command()
@click.option(
    "--before",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A checkout of the version to compare with.",
)
@click.option("--rounds", default=3, show_default=True)
def main(before: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with (
            started(before, folder / "before" / "home") as old,
            started(ROOT, folder / "now" / "home") as new,
        ):
            figures = {
                name: compare(old, new, kind, rounds, folder) for name, kind in KINDS.items()
            }
    keep("cli", figures)


def compare(
    old: Checkout, new: Checkout, kind: Kind, rounds: int, folder: Path
) -> dict[str, object]:
    """Returns the medians of both versions, and their ratios."""
    measured: dict[str, list[dict[str, float]]] = {"before": [], "now": []}
    for number in range(rounds):
        prefix = f"{kind.recordings}-{number}"
        files = recordings(folder / prefix, prefix, kind.recordings)
        measured["before"].append(old.measure(files, kind.options))
        measured["now"].append(new.measure(files, kind.options))
    medians = {version: median(runs) for version, runs in measured.items()}
    ratios = {
        what: round(medians["now"][what] / medians["before"][what], 3) for what in ("cpu", "wall")
    }
    return {"recordings": kind.recordings, "seconds": medians, "now / before": ratios}


def recordings(folder: Path, prefix: str, count: int) -> list[Path]:
    """Returns new files, of names that were not used before."""
    folder.mkdir()
    files = [folder / f"{prefix}-{number:03}.wav" for number in range(count)]
    for file in files:
        file.write_bytes(CLIP)
    return files


def median(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {
        what: round(statistics.median(run[what] for run in runs), 2) for what in ("cpu", "wall")
    }


if __name__ == "__main__":
    main()
