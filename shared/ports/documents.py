"""What the project needs of a database: JSON documents with compare-and-set.

Every method raises JobStoreUnavailable if the database does not answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pydantic import JsonValue

Document = dict[str, JsonValue]
"""Has the fields `updated` and `expires`, both ISO 8601 times in UTC."""


def earliest(time: datetime) -> str:
    """Returns a text that no document's time at `time` or later is less than.

    The time of a document that has no fraction may be greater though it is up to a second earlier.
    """
    return time.isoformat().removesuffix("+00:00")


OrderField = Literal["position", "ended", "updated"]
"""Fields by which pages are ordered. Their values are texts."""


@dataclass(frozen=True)
class Page:
    """Which documents of a collection a page has: those whose list `folders` has an item, in the
    order of a field.

    Each combination of fields needs a composite index in terraform/firestore.tf.
    """

    folder: str
    """Item of the list `folders`."""
    order: OrderField
    limit: int
    ascending: bool = False
    above: str = ""
    """Only values of the order field greater than this."""
    below: str = ""
    """Only values of the order field less than this. Empty: no bound."""
    state: str = ""
    """Value of the field `state`. Empty: any."""


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

    def updated_since(self, collection: str, state: str, since: str) -> Iterator[Document]:
        """Yields the documents directly in a collection that have that value in their field
        `state` and were updated then or later, the first updated first."""
        ...

    def page(self, collection: str, page: Page) -> list[Document]:
        """Returns the documents of a page, in its order."""
        ...

    def count(self, collection: str, folder: str, state: str) -> int:
        """Returns how many documents directly in a collection have that item in their list
        `folders`, and that value in their field `state`."""
        ...
