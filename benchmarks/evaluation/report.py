"""The figures of both systems, set by set: a table, a plot and a record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from rich.table import Table

from benchmarks.evaluation.measures import Score, figures
from benchmarks.evaluation.speech_measures import LONGEST_WORD
from benchmarks.evaluation.start_measures import WITHIN
from benchmarks.evaluation.truth import Recording

matplotlib.use("svg")
from matplotlib import pyplot

Figures = Mapping[str, float]
Compared = dict[str, dict[str, Figures]]
"""Set -> system -> measure -> figure."""
Scores = Mapping[str, Sequence[Score]]
"""System -> the score of each recording."""
OF_RECORDING = ("der", "der_missed", "der_false_alarm", "der_confusion", "cpwer")
"""Measures that are shown for a recording by itself, with the number of speakers."""

ALL = "all sets"
NAMES = {"dropscribe": "Dropscribe", "plain": "plain whisperx"}
COLOURS = {"dropscribe": "#1f9e89", "plain": "#e07b39"}
GREY = "#7d8590"
"""Can be read on white and on black."""
STYLE: Any = {
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "dropscribe",
    "legend.frameon": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), GREY
    ),
}
PACKAGES = ("jiwer", "meeteval", "pyannote.metrics", "transformers")


UNITS = {"share": "{:.1%}", "seconds": "{:.3f} s", "count": "{:.0f}", "number": "{:.2f}"}


class Row(NamedTuple):
    label: str
    measures: tuple[str, ...]
    unit: str


ROWS = (
    Row("recordings, without an answer", ("recordings", "errors"), "count"),
    Row("WER", ("wer",), "share"),
    Row("  substituted, deleted, inserted", ("substituted", "deleted", "inserted"), "share"),
    Row("cpWER", ("cpwer",), "share"),
    Row("cpWER - WER", ("speaker_cost",), "share"),
    Row("DER, JER", ("der", "jer"), "share"),
    Row(
        "DER, JER, not judged 0.25 s either side of a border", ("der_collar", "jer_collar"), "share"
    ),
    Row(
        "  missed, false alarm, confusion",
        ("der_missed", "der_false_alarm", "der_confusion"),
        "share",
    ),
    Row("right number of speakers", ("speakers_counted",), "share"),
    Row("  off by, in the mean", ("speakers_off",), "number"),
    Row("word start off by: median, p90", ("start_median", "start_p90"), "seconds"),
    Row(
        f"  within {', '.join(f'{limit:.2f}' for limit in WITHIN)} s",
        tuple(f"start_within_{limit * 1000:.0f}ms" for limit in WITHIN),
        "share",
    ),
    Row("  onsets found", ("onsets_found",), "share"),
    Row("words", ("words",), "count"),
    Row(
        "  untimed, unordered, outside the sound, reversed",
        ("untimed", "unordered", "outside", "reversed"),
        "count",
    ),
    Row(
        f"  longer than {LONGEST_WORD} s, without a speaker",
        ("over_long", "without_speaker"),
        "count",
    ),
    Row("  aligned", ("aligned",), "share"),
    Row("speech covered by words", ("coverage",), "share"),
    Row("words a minute where nobody speaks", ("invented",), "number"),
    Row("right language", ("language",), "share"),
    Row("real-time factor", ("rtf",), "number"),
)


class Panel(NamedTuple):
    title: str
    measure: str
    scale: float


PANELS = (
    Panel("WER, %", "wer", 100),
    Panel("cpWER − WER, points", "speaker_cost", 100),
    Panel("DER, %", "der", 100),
    Panel("word start off by, median, ms", "start_median", 1000),
    Panel("words a minute where nobody speaks", "invented", 1),
    Panel("right number of speakers, %", "speakers_counted", 100),
)


def compared(recordings: Sequence[Recording], scores: Scores) -> Compared:
    """Returns the figures of each set; of each language and number of people, if there are several;
    and of all recordings."""
    groups: dict[str, list[int]] = defaultdict(list)
    for kind in (sets, languages, numbers_of_people):
        of_kind = kind(recordings)
        if kind is sets or len(of_kind) > 1:
            groups |= of_kind
    if len(recordings) > len(next(iter(groups.values()), [])):
        groups[ALL] = list(range(len(recordings)))
    found = {}
    for group, members in groups.items():
        found[group] = figures_of(members, scores)
    return found


def sets(recordings: Sequence[Recording]) -> dict[str, list[int]]:
    """Returns the numbers of the recordings in each set."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, recording in enumerate(recordings):
        groups[recording.set].append(number)
    return groups


def languages(recordings: Sequence[Recording]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, recording in enumerate(recordings):
        if recording.language is not None:
            groups[f"language: {recording.language}"].append(number)
    return dict(sorted(groups.items()))


def numbers_of_people(recordings: Sequence[Recording]) -> dict[str, list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for number, recording in enumerate(recordings):
        if recording.people is not None:
            groups[recording.people].append(number)

    named = {}
    for people in sorted(groups):
        name = f"people: {people}"
        named[name] = groups[people]
    return named


def figures_of(members: Sequence[int], scores: Scores) -> dict[str, Figures]:
    """Returns each system's figures of some recordings, which are given by their numbers."""
    found = {}
    for system, of_all in scores.items():
        of_members = [of_all[number] for number in members]
        pooled = figures(of_members)
        found[system] = rounded(pooled)
    return found


def rounded(found: Figures) -> Figures:
    """Returns the figures to four digits after the point."""
    return {name: round(figure, 4) for name, figure in found.items()}


def table(results: Compared) -> Table:
    systems = list(next(iter(results.values())))
    made = Table(
        "set",
        "measure",
        title="Smaller is better, but for shares found, covered, aligned, within and right",
    )
    for system in systems:
        made.add_column(NAMES[system], justify="right")
    for group, by_system in results.items():
        rows = [
            row
            for row in ROWS
            if any(set(row.measures) & set(found) for found in by_system.values())
        ]
        for row in rows:
            cells = [cell(row, by_system[system]) for system in systems]
            made.add_row(
                group if row is rows[0] else "", row.label, *cells, end_section=row is rows[-1]
            )
    return made


def cell(row: Row, found: Figures) -> str:
    figures = []
    for measure in row.measures:
        figure = found.get(measure)
        figures.append(shown(figure, row.unit))
    return " / ".join(figures)


def shown(figure: float | None, unit: str) -> str:
    if figure is None:
        return "–"
    return UNITS[unit].format(figure)


def by_recording(recordings: Sequence[Recording], scores: Scores) -> Table:
    """Returns a row for each real recording of several people and each system."""
    made = Table(title="Real recordings of several people. DER and its parts in % of speech")
    made.add_column("recording", overflow="fold")
    made.add_column("system")
    for column in ("people", "found", "DER", "missed", "false alarm", "confusion", "cpWER"):
        made.add_column(column, justify="right")

    for number, recording in enumerate(recordings):
        people = recording.people or 0
        if people < 2 or not recording.real:
            continue

        name = f"{recording.set}: {recording.name}"
        for system, found in figures_of([number], scores).items():
            speakers = shown(found.get("speakers_found"), "count")
            cells = [name, NAMES[system], str(people), speakers]
            for measure in OF_RECORDING:
                share = shown(found.get(measure), "share")
                cells.append(share)
            made.add_row(*cells)
    return made


def record(recordings: Sequence[Recording], scores: Scores, **about: Any) -> dict[str, Any]:
    """Returns what is kept of a run: how it was made, on what, and every figure."""
    each = []
    for number, recording in enumerate(recordings):
        known = {
            "name": recording.name,
            "set": recording.set,
            "seconds": round(recording.seconds, 1),
            "people": recording.people,
            "language": recording.language,
        }
        each.append({**known, "figures": figures_of([number], scores)})
    return {
        **about,
        "scored_with": {package: version(package) for package in PACKAGES},
        "seconds": round(sum(recording.seconds for recording in recordings), 1),
        "sets": compared(recordings, scores),
        "recordings": each,
    }


def plot(results: Compared, file: Path) -> None:
    """A panel a measure, a line a set. The ground is left out, so that it can be read on a light
    and a dark page."""
    with pyplot.rc_context(STYLE):
        figure, grid = pyplot.subplots(
            2, 3, figsize=(10, 1.4 + 0.44 * len(results)), sharey=True, layout="constrained"
        )
        for panel, axes in zip(PANELS, grid.flat, strict=True):
            draw(panel, axes, results)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(labels))
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(
            file, transparent=True, metadata={"Date": None} if file.suffix == ".svg" else None
        )
        pyplot.close(figure)


def draw(panel: Panel, axes: Axes, results: Compared) -> None:
    """Dropscribe's dot is the smaller one and on top, so that both are seen where they are
    equal."""
    for system in reversed(next(iter(results.values()))):
        found = [
            by_system[system].get(panel.measure, nan) * panel.scale
            for by_system in results.values()
        ]
        size = 18 if system == "dropscribe" else 48
        axes.scatter(
            found,
            range(len(found)),
            size,
            COLOURS[system],
            clip_on=False,
            zorder=3,
            label=NAMES[system],
        )
    axes.set_title(panel.title, loc="left", fontsize=9)
    axes.set_yticks(range(len(results)), list(results))
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set_xlim(min(0, axes.dataLim.x0), max(0, axes.dataLim.x1) * 1.05 or 1)
    axes.grid(color=GREY, alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0)
