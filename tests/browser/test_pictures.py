"""The pictures of docs/page.md can be taken, and those that are there are small."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway
from tests.suites import ROOT

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (make clients)")

from tests.browser.pictures import FOLDER, PICTURES, Picture

DASHBOARD = "dashboard"
"""A picture that a benchmark draws."""
MAX_BYTES = 600_000
"""Of all pictures together."""


@pytest.mark.slow
@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_can_be_taken(
    new_page: Callable[..., Any],
    gateway: BrowserGateway,
    complaints: Complaints,
    picture: Picture,
    tmp_path: Path,
) -> None:
    complaints.expect("412")  # a conflict
    path = picture.write(tmp_path, new_page, gateway)
    assert path.stat().st_size > 0


def test_the_pictures_of_the_documents_are_all_there_and_small() -> None:
    names = {picture.name for picture in PICTURES}
    assert {path.stem for path in FOLDER.iterdir()} == {*names, DASHBOARD}
    page = (ROOT / "docs" / "page.md").read_text()
    assert [name for name in names if f"(pictures/{name}.webp)" not in page] == []
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MAX_BYTES
