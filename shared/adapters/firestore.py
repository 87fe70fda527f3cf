"""Documents in Firestore, or in whatever FIRESTORE_EMULATOR_HOST points at. The only module that
imports its client.

No transactions: they crawl when contended, and compare-and-set on a document's update time is all
that is needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from google.api_core import exceptions as gone_wrong
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore

from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document
from shared.settings import settings

TIMEOUT = 30.0
"""Seconds a call may take, retries included."""


class FirestoreDocuments:
    """A version is the document's update time."""

    def __init__(self) -> None:
        self._client = firestore.Client(database=settings().firestore_database)

    def get(self, path: str) -> tuple[Document, object] | None:
        with translate_errors():
            found = self._client.document(path).get(timeout=TIMEOUT)
        return (cast(Document, found.to_dict()), found.update_time) if found.exists else None

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        at = self._client.document(path)
        with translate_errors():
            try:
                if if_version is None:
                    at.create(stored(document), timeout=TIMEOUT)
                else:
                    option = self._client.write_option(last_update_time=if_version)
                    at.update(stored(document), option=option, timeout=TIMEOUT)
            except (gone_wrong.Conflict, gone_wrong.FailedPrecondition, gone_wrong.NotFound):
                return False
            return True

    def delete(self, path: str) -> None:
        with translate_errors():
            self._client.document(path).delete(timeout=TIMEOUT)

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        query = self._client.collection(collection).where(
            filter=firestore.FieldFilter(field, "==", value)
        )
        with translate_errors():
            for found in query.stream(timeout=TIMEOUT):
                yield cast(Document, found.to_dict())

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        query = self._client.collection(collection).order_by(
            "updated", direction=firestore.Query.DESCENDING
        )
        with translate_errors():
            for found in query.limit(limit).stream(timeout=TIMEOUT):
                yield cast(Document, found.to_dict())


def stored(document: Document) -> dict[str, Any]:
    """`expires` as a timestamp, the one type a time-to-live policy reads."""
    return {**document, "expires": datetime.fromisoformat(str(document["expires"]))}


@contextmanager
def translate_errors() -> Iterator[None]:
    try:
        yield
    except (gone_wrong.GoogleAPICallError, gone_wrong.RetryError, GoogleAuthError) as error:
        raise JobStoreUnavailable(f"{type(error).__name__} from Firestore") from error
