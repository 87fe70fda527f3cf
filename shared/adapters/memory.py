"""Adapters that keep everything in memory, for unit tests. They pass the same contract tests as the
real ones."""

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import google_crc32c
from cloudevents.http import CloudEvent
from pydantic import JsonValue

from shared.model.contracts import Artifact, Source
from shared.model.errors import ArtifactMissing
from shared.ports.blobs import JSON, Blob, PlannedUpload, verify_digest
from shared.ports.documents import Document, Page


class MemoryBlobs:
    """A BlobStore. `clock` returns seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._objects: dict[str, tuple[Blob, bytes]] = {}
        self._uploads: dict[str, tuple[str, PlannedUpload]] = {}
        self._generation = 0
        self._clock = clock

    def find(self, uri: str) -> Blob | None:
        blob, _ = self._objects.get(uri, (None, b""))
        return blob

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        endings = endings_of(glob)
        found = []
        for uri, (blob, _) in sorted(self._objects.items()):
            name = blob.name
            is_before = name < start
            is_after = bool(end) and name >= end
            if is_before or is_after:
                continue
            if uri.startswith(prefix) and name.endswith(endings):
                found.append(blob)
        return iter(found)

    def read(self, uri: str, generation: int | None = None) -> bytes:
        blob, data = self._objects.get(uri, (None, b""))
        if blob is None or generation not in (None, blob.generation):
            raise ArtifactMissing(uri)
        return data

    def fetch(self, artifact: Artifact, to: Path) -> None:
        data = self.read(artifact.uri)
        to.write_bytes(data)
        verify_digest(artifact, to)

    def open(self, source: Source) -> BinaryIO:
        data = self.read(source.uri, source.generation)
        return io.BytesIO(data)

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        data = content.read_bytes() if isinstance(content, Path) else content
        self.put(uri, data, if_generation_match=0)
        blob, _ = self._objects[uri]
        return Artifact(uri=uri, generation=blob.generation, sha256=sha256)

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        if not isinstance(data, bytes):
            data.seek(0)
            data = data.read()
        found = self.find(uri)
        current = found.generation if found else 0
        if current != if_generation_match:
            return None
        self._generation += 1
        blob = Blob(
            uri=uri,
            generation=self._generation,
            size=len(data),
            created=datetime.fromtimestamp(self._clock(), UTC),
            metadata=dict(metadata or {}),
            crc32c=crc32c(data),
        )
        self._objects[uri] = blob, data
        return self._generation

    def open_upload(self, uri: str, upload: PlannedUpload) -> str:
        address = f"{self.upload_origin()}/{len(self._uploads) + 1}"
        self._uploads[address] = uri, upload
        return address

    def upload_origin(self) -> str:
        return "memory://uploads"

    def receive_upload(self, address: str, data: bytes) -> int | None:
        """Complete a resumable upload with all its bytes, as a client does over HTTP.

        Returns the new generation, or None if the upload fails.
        """
        uri, upload = self._uploads[address]
        if len(data) != upload.size:
            return None
        return self.put(
            uri,
            data,
            if_generation_match=upload.if_generation_match,
            content_type=upload.content_type,
            metadata=upload.metadata,
        )

    def delete(self, uri: str, generation: int) -> bool:
        found = self.find(uri)
        if found is None or found.generation != generation:
            return False
        del self._objects[uri]
        return True


def endings_of(glob: str) -> tuple[str, ...]:
    """Returns the endings of names that a pattern matches: all, or those of `**/{a,b}`.

    Other patterns of Cloud Storage are not known.
    """
    if not glob:
        return ("",)
    names = glob.removeprefix("**/{").removesuffix("}")
    return tuple(f"/{name}" for name in names.split(","))


def crc32c(data: bytes) -> str:
    """Returns the checksum as Cloud Storage writes it."""
    checksum = google_crc32c.value(data)
    big_endian = checksum.to_bytes(4, "big")
    encoded = base64.b64encode(big_endian)
    return encoded.decode()


class MemoryDocuments:
    """Documents whose versions are numbered."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Document, int]] = {}
        self._version = 0
        self._writing = threading.Lock()

    def get(self, path: str) -> tuple[Document, object] | None:
        return self._kept.get(path)

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        with self._writing:
            _, version = self._kept.get(path, (None, None))
            if version != if_version:
                return False
            self._version += 1
            self._kept[path] = document, self._version
        return True

    def delete(self, path: str) -> None:
        self._kept.pop(path, None)

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        documents = self._directly_in(collection)
        documents.sort(key=lambda document: str(document["updated"]), reverse=True)
        return iter(documents[:limit])

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        for document in self._directly_in(collection):
            if value_at(document, field) == value:
                yield document

    def updated_since(self, collection: str, state: str, since: str) -> Iterator[Document]:
        documents = self._directly_in(collection)
        documents.sort(key=lambda document: str(document["updated"]))
        for document in documents:
            if document["state"] == state and str(document["updated"]) >= since:
                yield document

    def page(self, collection: str, page: Page) -> list[Document]:
        found = []
        for document in self._directly_in(collection):
            if is_on_page(document, page):
                found.append(document)
        found.sort(key=lambda document: str(document[page.order]), reverse=not page.ascending)
        return found[: page.limit]

    def count(self, collection: str, folder: str, state: str) -> int:
        found = 0
        for document in self._directly_in(collection):
            found += has_folder(document, folder) and document["state"] == state
        return found

    def _directly_in(self, collection: str) -> list[Document]:
        found = []
        kept = list(self._kept.items())
        for path, (document, _) in kept:
            parent = path.rpartition("/")[0]
            if parent == collection:
                found.append(document)
        return found


def is_on_page(document: Document, page: Page) -> bool:
    """Returns whether a document meets a page's conditions."""
    value = document.get(page.order)
    if not isinstance(value, str) or not has_folder(document, page.folder):
        return False
    if page.state and document["state"] != page.state:
        return False
    is_below = not page.below or value < page.below
    return is_below and value > page.above


def has_folder(document: Document, folder: str) -> bool:
    folders = document.get("folders")
    return isinstance(folders, list) and folder in folders


def value_at(document: Document, field: str) -> JsonValue:
    """Returns the value of a field such as `source.name`, or None."""
    value: JsonValue = document
    for key in field.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


class MemoryEvents:
    """An EventPublisher that keeps what was published, in order."""

    def __init__(self) -> None:
        self.events: list[CloudEvent] = []

    def publish(self, event: CloudEvent) -> None:
        self.events.append(event)
