"""Errors of Google's clients during an outage are classified as transient."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from google.api_core.exceptions import Forbidden, RetryError, ServiceUnavailable
from google.auth.exceptions import RefreshError, TransportError

from shared.adapters import firestore, gcs, pubsub
from shared.adapters import workflows as workflow
from shared.model.errors import Transient

AWAY = [
    ServiceUnavailable("no"),
    Forbidden("no"),
    RetryError("no", None),
    TransportError("no"),
    RefreshError("no"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "mapped",
    [
        lambda: gcs.translate_errors("gs://b/a"),
        firestore.translate_errors,
        workflow.translate_errors,
        pubsub.translate_errors,
    ],
    ids=["storage", "firestore", "workflow", "pubsub"],
)
def test_an_outage_may_pass(
    mapped: Callable[[], AbstractContextManager[None]], error: Exception
) -> None:
    with pytest.raises(Transient, match=type(error).__name__), mapped():
        raise error
