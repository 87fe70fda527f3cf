"""Judges a page with axe-core, which `make clients` installs."""

from dataclasses import dataclass
from typing import Any

from tests.suites import ROOT

AXE = ROOT / "build" / "clients" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Violation:
    """A rule that a page breaks, and where."""

    rule: str
    help: str
    places: tuple[str, ...]
    """HTML of the elements, cut off after 200 characters, with what is wrong."""


def violations(page: Any) -> list[Violation]:
    """Returns the violations of a page as it is. The script runs outside the page's policy."""
    page.evaluate(AXE.read_text())
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [violation_of(found) for found in result["violations"]]


def violation_of(found: dict[str, Any]) -> Violation:
    places = []
    for node in found["nodes"]:
        html = node["html"][:200]
        places.append(f"{html}: {node.get('failureSummary', '')}")
    return Violation(found["id"], found["help"], tuple(places))
