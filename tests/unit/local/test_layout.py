"""The ports of a home stay as they are, also when a later version has more processes."""

import json
from pathlib import Path

import pytest

from local.layout import PORTS, ROOT, Layout, layout


def test_ports_are_the_same_at_the_next_start(tmp_path: Path) -> None:
    home = Layout(tmp_path / "new")
    first = home.ports().ports
    assert set(first) == set(PORTS)
    assert len(set(first.values())) == len(PORTS)
    assert home.ports().ports == first


def test_a_home_of_a_version_without_a_gateway_keeps_its_other_ports(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    before = {name: port for name, port in home.ports().ports.items() if name != "gateway"}
    former = {**before, "former": 1}
    home.ports_file.write_text(json.dumps({"ports": former}))
    after = home.ports().ports
    assert set(after) == set(PORTS)
    assert before.items() <= after.items()
    assert home.ports().ports == after


def test_an_empty_variable_names_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the current folder would get the cloud's files."""
    monkeypatch.setenv("DROPSCRIBE_HOME", "")
    assert layout().folder == ROOT / ".dropscribe"
