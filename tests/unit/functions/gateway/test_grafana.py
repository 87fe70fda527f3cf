"""The Grafana dashboard asks for metrics that the gateway has, and shows all of them."""

import json
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from functions.gateway.examples import EXAMPLES
from functions.gateway.exposition import prometheus_text
from shared.model.metrics import Metrics

ROOT = Path(__file__).parents[4]
DASHBOARD = ROOT / "docs" / "grafana.json"
NOT_SHOWN = {"dropscribe_window_seconds", "dropscribe_window_is_complete"}
"""How the others are to be read."""


def exposed() -> set[str]:
    metrics = Metrics.model_validate(EXAMPLES["Metrics"])
    text = prometheus_text(metrics, {"forbidden": 1}).decode()
    families = text_string_to_metric_families(text)
    return {sample.name for family in families for sample in family.samples}


def test_each_query_is_of_a_metric_and_each_metric_has_a_panel() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    asked = {name for query in queries for name in re.findall(r"dropscribe_\w+", query)}
    assert asked == exposed() - NOT_SHOWN


def test_the_run_of_the_picture_has_values_for_each_panel() -> None:
    run = json.loads((ROOT / "benchmarks" / "results" / "dashboard.json").read_text())
    last = run["figures"]["scrapes"][-1]["values"]
    known = {series.partition("{")[0] for series in last}
    panels = json.loads(DASHBOARD.read_text())["panels"]
    for panel in panels:
        for target in panel["targets"]:
            (name,) = re.findall(r"dropscribe_\w+", target["expr"])
            assert name in known, panel["title"]


def test_no_panel_lies_on_another() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)
