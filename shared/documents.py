"""JSON documents that can be compared and set: what the job store needs of a database, and nothing else.

`sqlite.py` and `firestore.py` are the real ones.
"""

import threading
from collections.abc import Iterator
from typing import Protocol

from pydantic import JsonValue

Document = dict[str, JsonValue]


class Documents(Protocol):
    """A place for JSON documents that can compare and set. A version is whatever the place calls it."""

    def get(self, path: str) -> tuple[Document, object] | None: ...

    def put(self, path: str, document: Document, over: object | None) -> bool:
        """Write over that version (None: nothing may be there). False when another was found."""
        ...

    def delete(self, path: str) -> None:
        """Whatever its version; nothing happens when it is not there."""
        ...

    def newest(self, collection: str, limit: int) -> Iterator[Document]:
        """The documents right beneath `collection`, the last updated first."""
        ...

    def matching(self, collection: str, field: str, value: str) -> Iterator[Document]:
        """The documents right beneath `collection` with that value; `field` may be a path such as `source.name`."""
        ...


class MemoryDocuments:
    """Documents for unit tests."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Document, int]] = {}
        self._version = 0
        self._writing = threading.Lock()

    def get(self, path: str) -> tuple[Document, object] | None:
        return self._kept.get(path)

    def put(self, path: str, document: Document, over: object | None) -> bool:
        with self._writing:
            found = self._kept.get(path)
            if (found[1] if found else None) != over:
                return False
            self._version += 1
            self._kept[path] = document, self._version
            return True

    def delete(self, path: str) -> None:
        self._kept.pop(path, None)

    def matching(self, collection: str, field: str, value: str) -> Iterator[Document]:
        beneath = [d for p, (d, _) in self._kept.items() if p.rpartition("/")[0] == collection]
        return iter([d for d in beneath if looked_up(d, field) == value])

    def newest(self, collection: str, limit: int) -> Iterator[Document]:
        beneath = [d for p, (d, _) in self._kept.items() if p.rpartition("/")[0] == collection]
        return iter(sorted(beneath, key=lambda d: str(d["updated"]), reverse=True)[:limit])


def looked_up(document: Document, field: str) -> JsonValue:
    """What stands at a path such as `source.name`."""
    found: JsonValue = document
    for key in field.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found
