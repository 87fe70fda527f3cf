"""The docs list every setting that the code reads, in the same order."""

import re
from pathlib import Path

from shared.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "options.md").read_text()


def test_every_setting_is_on_the_page() -> None:
    shown = re.findall(r"(?m)^\| `(\w+)` \|", PAGE.partition("\n## Settings of a deployment\n")[2])
    assert shown == list(Settings.model_fields)
