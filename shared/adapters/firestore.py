"""Documents in Firestore, or in the emulator at FIRESTORE_EMULATOR_HOST. The only module that
imports Firestore's client.

It uses no transactions: they are slow under contention, and all that is needed is compare-and-set
on a document's update time.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, cast

from google.api_core.exceptions import Conflict, FailedPrecondition, NotFound
from google.cloud import firestore

from shared.adapters.google import translate_google_errors
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document, Page
from shared.settings import settings

TIMEOUT = 30.0
"""Seconds a call may take, retries included."""

translate_errors = partial(translate_google_errors, JobStoreUnavailable, "Firestore")


class FirestoreDocuments:
    """Documents whose version is their update time."""

    def __init__(self) -> None:
        database = settings().adapters.firestore_database
        with translate_errors():  # there may be no credentials
            self._client = firestore.Client(database=database)

    def get(self, path: str) -> tuple[Document, object] | None:
        reference = self._client.document(path)
        with translate_errors():
            snapshot = reference.get(timeout=TIMEOUT)
        if not snapshot.exists:
            return None
        document = cast(Document, snapshot.to_dict())
        return document, snapshot.update_time

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        reference = self._client.document(path)
        fields = firestore_fields(document)
        with translate_errors():
            try:
                if if_version is None:
                    reference.create(fields, timeout=TIMEOUT)
                else:
                    option = self._client.write_option(last_update_time=if_version)
                    reference.update(fields, option=option, timeout=TIMEOUT)
            except (Conflict, FailedPrecondition, NotFound):
                return False
        return True

    def delete(self, path: str) -> None:
        reference = self._client.document(path)
        with translate_errors():
            reference.delete(timeout=TIMEOUT)

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        newest_first = firestore.Query.DESCENDING
        query = self._client.collection(collection).order_by("updated", direction=newest_first)
        yield from documents(query.limit(limit))

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        condition = firestore.FieldFilter(field, "==", value)
        query = self._client.collection(collection).where(filter=condition)
        yield from documents(query)

    def updated_since(self, collection: str, state: str, since: str) -> Iterator[Document]:
        of_state = firestore.FieldFilter("state", "==", state)
        recent = firestore.FieldFilter("updated", ">=", since)
        query = self._client.collection(collection).where(filter=of_state).where(filter=recent)
        yield from documents(query.order_by("updated", direction=firestore.Query.ASCENDING))

    def page(self, collection: str, page: Page) -> list[Document]:
        query = self._in_folder(collection, page.folder, page.state)
        if page.above:
            condition = firestore.FieldFilter(page.order, ">", page.above)
            query = query.where(filter=condition)
        if page.below:
            condition = firestore.FieldFilter(page.order, "<", page.below)
            query = query.where(filter=condition)
        ascending, descending = firestore.Query.ASCENDING, firestore.Query.DESCENDING
        direction = ascending if page.ascending else descending
        ordered = query.order_by(page.order, direction=direction)
        return list(documents(ordered.limit(page.limit)))

    def count(self, collection: str, folder: str, state: str) -> int:
        query = self._in_folder(collection, folder, state)
        # In the order of a page, so that the index of the pages serves.
        ordered = query.order_by("position", direction=firestore.Query.DESCENDING)
        counting: Any = ordered.count()  # the client's annotations of it are wrong
        with translate_errors():
            results = counting.get(timeout=TIMEOUT)
        return int(results[0][0].value)

    def _in_folder(self, collection: str, folder: str, state: str) -> firestore.Query:
        """Returns the query for documents with that item in `folders`, and that state if it is not
        empty."""
        condition = firestore.FieldFilter("folders", "array_contains", folder)
        query = self._client.collection(collection).where(filter=condition)
        if not state:
            return query
        of_state = firestore.FieldFilter("state", "==", state)
        return query.where(filter=of_state)


def documents(query: firestore.Query) -> Iterator[Document]:
    """Yields the documents that a query finds."""
    with translate_errors():
        snapshots = query.stream(timeout=TIMEOUT)
        for snapshot in snapshots:
            yield cast(Document, snapshot.to_dict())


def firestore_fields(document: Document) -> dict[str, Any]:
    """Returns the document with `expires` as a timestamp, the only type that a time-to-live policy
    reads."""
    expires = datetime.fromisoformat(str(document["expires"]))
    return {**document, "expires": expires}
