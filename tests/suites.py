"""Reads tests/suites.toml, the list of all suites of tests."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

TESTS = Path(__file__).parent
ROOT = TESTS.parent


class Suite(BaseModel):
    """One entry of the list, which explains the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proves: str
    files: tuple[str, ...] = ()
    marker: str | None = None
    target: str
    runs: tuple[Literal["ci", "all"], ...]

    def holds(self, test: Path) -> bool:
        """Returns True if the test file is one of the suite's files, or in one of its folders."""
        return any(test.is_relative_to(ROOT / name) for name in self.files)


def suites() -> dict[str, Suite]:
    """Returns the suites by name, in the order of the file."""
    listed = tomllib.loads((TESTS / "suites.toml").read_text())
    return {name: Suite.model_validate(entry) for name, entry in listed.items()}
