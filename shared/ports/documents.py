"""What the project needs of a database: JSON documents with compare-and-set.

Every method raises JobStoreUnavailable if the database does not answer.
"""

from collections.abc import Iterator
from typing import Protocol

from pydantic import JsonValue

Document = dict[str, JsonValue]
"""Has the fields `updated` and `expires`, both ISO 8601 times in UTC."""


class Documents(Protocol):
    """Documents by paths such as `jobs/1/tasks/2`: collections and keys in turn.

    A version is any value that changes with each write; only the database compares it.
    """

    def get(self, path: str) -> tuple[Document, object] | None:
        """Returns the document and its version, or None if there is none."""
        ...

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        """Replace that version of a document (None: create the document).

        Returns False if another version was found.
        """
        ...

    def delete(self, path: str) -> None:
        """Delete a document of any version; no-op if there is none."""
        ...

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        """Yields the documents directly in a collection, the last updated first."""
        ...

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        """Yields the documents directly in a collection whose field has that value, in no order.

        The field may be in an object: `source.name`.
        """
        ...
