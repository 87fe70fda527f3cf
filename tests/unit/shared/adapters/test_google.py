"""Errors that Google's clients raise in an outage become errors that may pass."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from google.api_core.exceptions import Forbidden, NotFound, RetryError, ServiceUnavailable
from google.auth.exceptions import RefreshError, TransportError

from shared.adapters import firestore, gcs, pubsub, workflows
from shared.model.errors import ArtifactMissing, Transient

OUTAGES = [
    ServiceUnavailable("no"),
    Forbidden("no"),
    RetryError("no", None),
    TransportError("no"),
    RefreshError("no"),
]


@pytest.mark.parametrize("error", OUTAGES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "translate_errors",
    [
        lambda: gcs.translate_errors("gs://b/a"),
        firestore.translate_errors,
        workflows.translate_errors,
        pubsub.translate_errors,
    ],
    ids=["storage", "firestore", "workflow", "pubsub"],
)
def test_an_outage_may_pass(
    translate_errors: Callable[[], AbstractContextManager[None]], error: Exception
) -> None:
    with pytest.raises(Transient, match=f"^{type(error).__name__} from "), translate_errors():
        raise error


def test_a_missing_object_is_no_outage() -> None:
    with pytest.raises(ArtifactMissing, match="gs://b/a"), gcs.translate_errors("gs://b/a"):
        raise NotFound("no")


def test_an_error_of_our_own_code_is_not_translated() -> None:
    with pytest.raises(ZeroDivisionError), firestore.translate_errors():
        raise ZeroDivisionError
