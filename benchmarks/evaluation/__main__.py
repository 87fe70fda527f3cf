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
from benchmarks.evaluation import (
    catalogue,
    composed,
    folder,
    packages,
    people,
    report,
    sets,
    systems,
)
from benchmarks.evaluation.measures import Score, score
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.voices import Split

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
    seed = composed.SEED if asked.data else sets.SEEDS[asked.split]
    kept = report.record(recordings, scores, split=asked.split, seed=seed)

    is_published = asked.split == "test" and not asked.data and not asked.sets
    if is_published and set(asked.system) == set(systems.RUN):
        machine.keep("evaluation", kept)
        report.plot(results, PLOT)
    else:
        (WORK / "figures.json").write_text(json.dumps(kept, indent=1))
        report.plot(results, WORK / "figures.svg")

    console = Console(width=WIDTH)
    console.print(report.table(results))
    rows = report.by_recording(recordings, scores)
    if rows.row_count:
        console.print(rows)


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
    """Returns the recordings of the sets asked for, or of all. Exits if there are none."""
    home = WORK / "recordings"
    home.mkdir(parents=True, exist_ok=True)
    try:
        if asked.data:
            found = given(asked.data, asked.split, asked.sets, home)
        else:
            found = sets.recordings(asked.split, home)
    except (packages.PackagesMissing, folder.NothingGiven) as missing:
        raise SystemExit(str(missing)) from missing

    if unknown := set(asked.sets) - {recording.set for recording in found}:
        raise SystemExit(f"there is no set {', '.join(sorted(unknown))}")
    return [recording for recording in found if not asked.sets or recording.set in asked.sets]


def given(data: Path, split: Split, names: Sequence[str], home: Path) -> list[Recording]:
    """Returns a folder's recordings and, if it names who speaks, what is composed of them.

    Composes only the named sets; all if none is named.
    """
    found = folder.recordings(data, split)
    if not (data / catalogue.MANIFEST).exists():
        return found
    speaking = people.of_folder(data, split)
    for plan in composed.all_plans(speaking):
        if not names or plan.set in names:
            found.append(composed.recording(plan, speaking, split, home))
    return found


def judged(system: str, recordings: Sequence[Recording], reuse: bool) -> list[Score]:
    """Returns the score of each recording."""
    outputs = WORK / "outputs"
    results = systems.results(system, recordings, outputs, reuse)

    scores = []
    for recording, result in zip(recordings, results, strict=True):
        one = score(recording, result)
        scores.append(one)
    return scores


if __name__ == "__main__":
    main()
