"""A BlobStore whose reads and writes are spans."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shared.model.contracts import Artifact, Source
from shared.ports.blobs import JSON, Blob, BlobStore, PlannedUpload
from shared.runtime.spans import trace_span


@dataclass(frozen=True)
class TracedBlobs:
    """The objects of `blobs`."""

    blobs: BlobStore

    def find(self, uri: str) -> Blob | None:
        with trace_span("storage find"):
            return self.blobs.find(uri)

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        return self.blobs.list(prefix, start=start, end=end, glob=glob)

    def read(self, uri: str, generation: int | None = None) -> bytes:
        with trace_span("storage read") as attributes:
            content = self.blobs.read(uri, generation)
            attributes["bytes"] = len(content)
            return content

    def fetch(self, artifact: Artifact, to: Path) -> None:
        with trace_span("storage read") as attributes:
            self.blobs.fetch(artifact, to)
            attributes["bytes"] = to.stat().st_size

    def open(self, source: Source) -> BinaryIO:
        with trace_span("storage open"):
            return self.blobs.open(source)

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        with trace_span("storage write", bytes=size):
            return self.blobs.put_if_absent(uri, content, sha256)

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        with trace_span("storage write"):
            return self.blobs.put(
                uri,
                data,
                if_generation_match=if_generation_match,
                content_type=content_type,
                metadata=metadata,
            )

    def open_upload(self, uri: str, upload: PlannedUpload) -> str:
        with trace_span("storage open upload"):
            return self.blobs.open_upload(uri, upload)

    def upload_origin(self) -> str:
        return self.blobs.upload_origin()

    def delete(self, uri: str, generation: int) -> bool:
        with trace_span("storage delete"):
            return self.blobs.delete(uri, generation)
