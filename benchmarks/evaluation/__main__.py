"""Dropscribe against plain whisperx, on the same models and recordings: how right the transcripts
are.

    python -m benchmarks.evaluation [--split tune] [--sets NAME...] [--data FOLDER] [--system NAME]
    [--reuse]

The whole test split with both systems is what is published: results/evaluation.json and
docs/evaluation.svg. Any other run leaves its figures in .dropscribe/evaluation.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.evaluation import folder, packages, report, sets, systems
from benchmarks.evaluation.measures import Score, score
from benchmarks.evaluation.truth import Recording

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".dropscribe/evaluation"
PLOT = ROOT / "docs/evaluation.svg"
WIDTH = 120
"""Columns of the table, in a pipe too."""


def main() -> None:
    asked = arguments()
    recordings = chosen(asked)
    scores = {system: judged(system, recordings, asked.reuse) for system in asked.system}
    results = report.compared(recordings, scores)
    drawn = (
        {"split": None} if asked.data else {"split": asked.split, "seed": sets.SEEDS[asked.split]}
    )
    kept = report.record(recordings, results, **drawn)
    if asked.data or asked.sets or asked.split != "test" or set(asked.system) != set(systems.RUN):
        (WORK / "figures.json").write_text(json.dumps(kept, indent=1))
        report.plot(results, WORK / "figures.svg")
    else:
        machine.keep("evaluation", kept)
        report.plot(results, PLOT)
    Console(width=WIDTH).print(report.table(results))


def arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.evaluation")
    asked.add_argument(
        "--split", choices=("tune", "test"), default="test", help="nothing is tuned on test"
    )
    asked.add_argument("--sets", nargs="+", default=[], metavar="NAME", help="these alone")
    asked.add_argument(
        "--data", type=Path, metavar="FOLDER", help="recordings of one's own instead"
    )
    asked.add_argument(
        "--system",
        choices=tuple(systems.RUN),
        nargs="+",
        default=list(systems.RUN),
        help="these alone",
    )
    asked.add_argument(
        "--reuse", action="store_true", help="take what the same code made of the same sound before"
    )
    return asked.parse_args()


def chosen(asked: argparse.Namespace) -> list[Recording]:
    (WORK / "recordings").mkdir(parents=True, exist_ok=True)
    try:
        found = (
            folder.recordings(asked.data)
            if asked.data
            else sets.recordings(asked.split, WORK / "recordings")
        )
    except (packages.PackagesMissing, folder.NothingGiven) as missing:
        raise SystemExit(str(missing)) from missing
    if unknown := set(asked.sets) - {recording.set for recording in found}:
        raise SystemExit(f"there is no set {', '.join(sorted(unknown))}")
    return [recording for recording in found if not asked.sets or recording.set in asked.sets]


def judged(system: str, recordings: Sequence[Recording], reuse: bool) -> list[Score]:
    results = systems.results(system, recordings, WORK / "outputs", reuse)
    return [score(*each) for each in zip(recordings, results, strict=True)]


if __name__ == "__main__":
    main()
