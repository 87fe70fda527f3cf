"""Each threat to the HTTP API and by webhooks in SECURITY.md names a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+[.]py)::(test_\w+)`")


def threats(chapter: str) -> list[str]:
    """Returns the rows of a chapter's table of threats, without its head."""
    section = PAGE.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\|.+\|$", section)
    return rows[2:]


@pytest.mark.parametrize("chapter", ["The HTTP API", "Webhooks"])
def test_each_threat_has_one_test(chapter: str) -> None:
    rows = threats(chapter)
    assert len(rows) > 20
    for row in rows:
        last = row.strip("|").split("|")[-1].strip()
        assert TEST.fullmatch(last), row


def test_the_tests_exist() -> None:
    for path, name in TEST.findall(PAGE):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in names, f"{path} has no {name}"
