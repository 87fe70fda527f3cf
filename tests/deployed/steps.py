"""The steps of docs/unproved.md: the page is the data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.layout import ROOT

PAGE = ROOT / "docs" / "unproved.md"
STEP = re.compile(
    r"(\d+)\. \*\*(?P<title>.+?)\.?\*\*(?P<do>.*?)\s*Expected: (?P<expected>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Step:
    number: int
    section: str
    title: str
    do: str
    expected: str


def steps(page: Path = PAGE) -> list[Step]:
    return [step for section in page.read_text().split("\n## ")[1:] for step in of(section)]


def of(section: str) -> Iterator[Step]:
    """The numbered items; raise ValueError for one that says not what is expected."""
    heading, _, text = section.partition("\n")
    for item in re.split(r"\n(?=\d+\. )", text)[1:]:
        found = STEP.match(item)
        if found is None:
            raise ValueError(f"a step needs **a title.** and what is Expected: {item[:80]!r}")
        number, title, do, expected = (" ".join(each.split()) for each in found.groups())
        yield Step(int(number), heading.strip(), title, do.strip(), expected)
