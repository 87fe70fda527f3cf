"""Draws the Grafana dashboard with the metrics of a recorded run: `python -m
benchmarks.dashboard_picture` writes docs/pictures/dashboard.webp.

docs/grafana.json says which panels there are, where, and what each asks for, so the picture cannot
show what the dashboard does not. Its queries are evaluated here, since Grafana and Prometheus are
not needed for so few.
"""

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from PIL import Image

from benchmarks.dashboard import RUN
from benchmarks.machine import RESULTS

matplotlib.use("agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

DOCS = Path(__file__).parents[1] / "docs"
DASHBOARD = DOCS / "grafana.json"
PICTURE = DOCS / "pictures" / "dashboard.webp"
QUALITY = 85
"""Of WebP, from 0 to 100."""
INCHES, DPI = (12.0, 13.75), 110
MINUTES_AFTER = 1.0
"""For which the last values are shown: the gateway reads its jobs once a minute."""
COLUMNS = 24
"""Of Grafana's grid."""
QUERY = re.compile(
    r'(?:increase\()?(?P<name>\w+)(?:\{(?P<label>\w+)=~"(?P<pattern>[^"]*)"\})?(?:\[1h\]\))?'
)
"""The queries of the dashboard: a metric, perhaps with a pattern for one of its labels, or how much
it has grown in an hour. A run is shorter than that and counts from 0, so it has grown by its
value."""
SERIES = re.compile(r"(?P<name>\w+)\{(?P<labels>.*)\}")
LABEL = re.compile(r'(\w+)="([^"]*)"')
UNITS = {"s": ", in seconds", "currencyUSD": ", in USD"}
COLOURS = ("#5794f2", "#73bf69", "#ff9830", "#f2495c", "#b877d9", "#8f3bb8", "#37872d")
"""Grafana's."""
BACKGROUND, PANEL, TEXT, GRID = "#f4f5f5", "#ffffff", "#24292e", "#e3e4e6"


@dataclass(frozen=True)
class Line:
    """One series of a panel: its minutes, its values and its name in the legend."""

    name: str
    minutes: list[float]
    values: list[float]


def evaluate(query: str, legend: str, scrapes: list[dict[str, Any]], end: float) -> list[Line]:
    """Returns the series that a query asks for. Each value holds until the next scrape that said
    something new."""
    asked = QUERY.fullmatch(query)
    assert asked is not None, f"the query is of no known form: {query}"
    lines = []
    for series in series_of(asked, scrapes):
        known = [scrape for scrape in scrapes if series in scrape["values"]]
        minutes = [scrape["second"] / 60 for scrape in known]
        values = [scrape["values"][series] for scrape in known]
        name = legend_of(series, legend)
        lines.append(Line(name, [*minutes, end], [*values, values[-1]]))
    return lines


def series_of(asked: re.Match[str], scrapes: list[dict[str, Any]]) -> list[str]:
    """Returns the names of all series of a query, in the order in which they first had a value."""
    found: dict[str, None] = {}
    for scrape in scrapes:
        for series in scrape["values"]:
            if is_asked(asked, series):
                found[series] = None
    return list(found)


def is_asked(asked: re.Match[str], series: str) -> bool:
    name, labels = parts_of(series)
    if name != asked["name"]:
        return False
    if asked["label"] is None:
        return True
    return re.fullmatch(asked["pattern"], labels.get(asked["label"], "")) is not None


def parts_of(series: str) -> tuple[str, dict[str, str]]:
    """Returns name and labels of a series such as `jobs{state="done"}`."""
    found = SERIES.fullmatch(series)
    assert found is not None, series
    return found["name"], dict(LABEL.findall(found["labels"]))


def legend_of(series: str, legend: str) -> str:
    """Returns the text of a legend such as "{{state}}" for a series."""
    name, labels = parts_of(series)
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend or name)
    return text.removeprefix("urn:dropscribe:problem:")


def draw_panel(axes: Axes, panel: dict[str, Any], scrapes: list[dict[str, Any]]) -> None:
    """Draws the series of a panel as Grafana does: lines with a light area, and a legend below."""
    defaults = panel["fieldConfig"]["defaults"]
    end = scrapes[-1]["second"] / 60 + MINUTES_AFTER
    lines = []
    for target in panel["targets"]:
        lines += evaluate(target["expr"], target.get("legendFormat", ""), scrapes, end)
    is_stacked = "stacking" in defaults.get("custom", {})
    if is_stacked and lines:
        values = [line.values for line in lines]
        names = [line.name for line in lines]
        axes.stackplot(
            lines[0].minutes, values, labels=names, step="post", colors=COLOURS, alpha=0.45
        )
    else:
        for line, colour in zip(lines, COLOURS, strict=False):
            axes.step(line.minutes, line.values, where="post", label=line.name, color=colour)
            axes.fill_between(line.minutes, line.values, step="post", color=colour, alpha=0.08)
    unit = UNITS.get(defaults.get("unit", ""), "")
    axes.set_title(panel["title"] + unit, loc="left", fontsize=10, weight="bold", color=TEXT)
    if not any(value for line in lines for value in line.values):
        axes.set_ylim(0, 1)
    dress(axes, end)


def dress(axes: Axes, end: float) -> None:
    """Gives a panel its frame, its grid and its legend."""
    axes.set_facecolor(PANEL)
    axes.set_xlim(0, end)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(color=GRID, linewidth=0.8)
    axes.tick_params(labelsize=8, colors="#6e7379", length=0)
    axes.xaxis.set_major_formatter(lambda minute, _: f"{minute:g} min")
    for spine in axes.spines.values():
        spine.set_color(GRID)
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.1),
        ncols=4,
        fontsize=8,
        frameon=False,
        handlelength=1.2,
    )


def place(panel: dict[str, Any], rows: int) -> tuple[float, float, float, float]:
    """Returns left, bottom, width and height of a panel's axes, as shares of the picture."""
    grid = panel["gridPos"]
    width, height = grid["w"] / COLUMNS, grid["h"] / rows
    left = grid["x"] / COLUMNS + 0.05
    bottom = (1 - (grid["y"] + grid["h"]) / rows) * 0.985 + height * 0.22
    return left, bottom, width - 0.075, height * 0.62


def main() -> None:
    run = json.loads((RESULTS / f"{RUN}.json").read_text())["figures"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = pyplot.figure(figsize=INCHES, dpi=DPI, facecolor=BACKGROUND)
    for panel in panels:
        axes = figure.add_axes(place(panel, rows))
        draw_panel(axes, panel, run["scrapes"])
    drawn = io.BytesIO()
    figure.savefig(drawn, facecolor=BACKGROUND)
    Image.open(drawn).convert("RGB").save(PICTURE, "webp", quality=QUALITY)
    print(PICTURE)


if __name__ == "__main__":
    main()
