"""JSON documents that can be compared and set: what the job store needs of a database, and nothing
else.

`sqlite.py` and `firestore.py` are the real ones.
"""

from collections.abc import Iterator
from typing import Protocol

from pydantic import JsonValue

Document = dict[str, JsonValue]


class Documents(Protocol):
    """A place for JSON documents that can compare and set. A version is whatever the place calls
    it."""

    def get(self, path: str) -> tuple[Document, object] | None: ...

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        """Write over that version (None: nothing may be there). False when another was found."""
        ...

    def delete(self, path: str) -> None:
        """Whatever its version; nothing happens when it is not there."""
        ...

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        """The documents right beneath `collection`, the last updated first."""
        ...

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        """The documents right beneath `collection` with that value; `field` may be a path such as
        `source.name`."""
        ...
