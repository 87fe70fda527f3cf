"""The pictures of docs/page.md can be taken; `pytest tests/browser/test_pictures.py` takes them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway
from tests.browser.pictures import FOLDER, PICTURES, Picture, write_picture

MAX_BYTES = 600_000
"""Of all pictures together."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_taken(
    new_page: Callable[..., Any],
    gateway: BrowserGateway,
    complaints: Complaints,
    picture: Picture,
) -> None:
    complaints.expect("412")  # a conflict
    page = picture.take(new_page, gateway)
    write_picture(picture, page)
    assert picture.path.stat().st_size > 0


def test_the_pictures_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MAX_BYTES
