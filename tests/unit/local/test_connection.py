"""A refusal is described by who refused: the API, or what stands in front of it."""

import pytest

from dropscribe import ApiError
from local.connection import in_plain_words
from shared.model.contracts import Problem
from shared.model.errors import Forbidden, Unauthenticated


@pytest.mark.parametrize("error", [Forbidden("no scope"), Unauthenticated("no key")])
def test_a_refusal_of_the_api_is_about_the_key(error: Forbidden | Unauthenticated) -> None:
    refusal = ApiError(error.problem(None, "gateway"), None, None)
    words = in_plain_words(refusal)
    assert "key" in words and "Google" not in words


@pytest.mark.parametrize(("status", "title"), [(401, "Unauthorized"), (403, "Forbidden")])
def test_a_refusal_in_front_of_the_api_is_not_about_the_key(status: int, title: str) -> None:
    page = Problem(type="about:blank", title=title, status=status, detail="<html>")
    words = in_plain_words(ApiError(page, None, None))
    assert words == f"the caller was refused before the API, perhaps by Google: {title}"
