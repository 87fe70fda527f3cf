"""Grafana's own classes know all that its dashboard says, and the dashboard's queries are PromQL.

`make clients` installs both: the classes that Grafana generates from its schemas, and a parser.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana.json"


def dashboard() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return content


def lost(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """Yields where a value of `given` is missing or another one in `kept`."""
    if isinstance(given, dict):
        for name, value in given.items():
            yield from lost(value, kept.get(name) if kept else None, f"{path}/{name}")
    elif isinstance(given, list) and kept and len(given) == len(kept):
        for number, (value, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(value, other, f"{path}/{number}")
    elif given != kept:
        yield path


def read_by_grafana(content: dict[str, Any]) -> dict[str, Any]:
    """Returns what Grafana's classes have kept of a dashboard."""
    reason = "Grafana's classes are not installed (make clients)"
    model = pytest.importorskip("grafana_foundation_sdk.models.dashboard", reason=reason)
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder").JSONEncoder
    pytest.importorskip("grafana_foundation_sdk.cog.plugins").register_default_plugins()
    kept = model.Dashboard.from_json(content)
    written: dict[str, Any] = json.loads(json.dumps(kept, cls=encoder))
    return written


def test_grafana_knows_each_field() -> None:
    assert list(lost(dashboard(), read_by_grafana(dashboard()))) == []


@pytest.mark.parametrize("place", ["gridPos", "fieldConfig", "targets"])
def test_a_field_that_grafana_does_not_know_is_found(place: str) -> None:
    content = dashboard()
    part = content["panels"][0][place]
    fields = part[0] if isinstance(part, list) else part
    fields["misspelt"] = 1
    (path,) = lost(content, read_by_grafana(content))
    assert path.startswith(f"/panels/0/{place}")


def test_grafana_has_each_kind_of_panel() -> None:
    read_by_grafana(dashboard())
    find = pytest.importorskip("grafana_foundation_sdk.cog.runtime").panelcfg_config
    kinds = {panel["type"] for panel in dashboard()["panels"]}
    assert [kind for kind in kinds if find(kind) is None] == []
    assert find("timeserie") is None


def test_each_query_is_promql() -> None:
    reason = "promql-parser is not installed (make clients)"
    promql = pytest.importorskip("promql_parser", reason=reason)
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            promql.parse(target["expr"])
    with pytest.raises(ValueError):
        promql.parse('dropscribe_jobs{state="queued"')
