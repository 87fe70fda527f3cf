"""Adapters that keep everything in memory, for unit tests."""

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
from shared.ports.blobs import JSON, Blob, verify_digest
from shared.ports.documents import Document


class MemoryBlobs:
    """A BlobStore for unit tests: same promises, no network. `clock` gives seconds since the
    epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._objects: dict[str, tuple[Blob, bytes]] = {}
        self._generation = 0
        self._clock = clock

    def find(self, uri: str) -> Blob | None:
        return self._objects[uri][0] if uri in self._objects else None

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        """Of a glob it knows the form `**/{a,b}`."""
        endings = tuple(
            glob.removeprefix("**").replace("{", "").replace("}", "").replace(",", ",/").split(",")
        )
        found = [blob for uri, (blob, _) in sorted(self._objects.items()) if uri.startswith(prefix)]
        return iter(
            [
                blob for blob in found
                if (name := blob.uri.split("/", 3)[3]) >= start and (not end or name < end) and name.endswith(endings)
            ]
        )  # fmt: skip

    def read(self, uri: str, generation: int | None = None) -> bytes:
        blob, data = self._objects.get(uri, (None, b""))
        if blob is None or generation not in (None, blob.generation):
            raise ArtifactMissing(uri)
        return data

    def fetch(self, artifact: Artifact, to: Path) -> None:
        to.write_bytes(self.read(artifact.uri))
        verify_digest(artifact, to)

    def open(self, source: Source) -> BinaryIO:
        return io.BytesIO(self.read(source.uri, source.generation))

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        data = content.read_bytes() if isinstance(content, Path) else content
        self.put(uri, data, if_generation_match=0)
        return Artifact(uri=uri, generation=self._objects[uri][0].generation, sha256=sha256)

    def put(
        self,
        uri: str,
        data: bytes,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        found = self.find(uri)
        if (found.generation if found else 0) != if_generation_match:
            return None
        self._generation += 1
        created = datetime.fromtimestamp(self._clock(), UTC)
        checksum = base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()
        blob = Blob(uri, self._generation, len(data), created, dict(metadata or {}), checksum)
        self._objects[uri] = blob, data
        return self._generation

    def delete(self, uri: str, generation: int) -> bool:
        found = self.find(uri)
        if found is None or found.generation != generation:
            return False
        del self._objects[uri]
        return True


class MemoryDocuments:
    """Documents for unit tests."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Document, int]] = {}
        self._version = 0
        self._writing = threading.Lock()

    def get(self, path: str) -> tuple[Document, object] | None:
        return self._kept.get(path)

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        with self._writing:
            found = self._kept.get(path)
            if (found[1] if found else None) != if_version:
                return False
            self._version += 1
            self._kept[path] = document, self._version
            return True

    def delete(self, path: str) -> None:
        self._kept.pop(path, None)

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        beneath = [d for p, (d, _) in self._kept.items() if p.rpartition("/")[0] == collection]
        return iter([d for d in beneath if looked_up(d, field) == value])

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        beneath = [d for p, (d, _) in self._kept.items() if p.rpartition("/")[0] == collection]
        return iter(sorted(beneath, key=lambda d: str(d["updated"]), reverse=True)[:limit])


def looked_up(document: Document, field: str) -> JsonValue:
    """What stands at a path such as `source.name`."""
    found: JsonValue = document
    for key in field.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


class MemoryEvents:
    """Completions for unit tests."""

    def __init__(self) -> None:
        self.events: list[CloudEvent] = []

    def publish(self, event: CloudEvent) -> None:
        self.events.append(event)
