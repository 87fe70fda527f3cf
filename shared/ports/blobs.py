"""What the project needs of an object store.

No method writes without a precondition: `put_if_absent` writes an object whose name is made of its
content, and `put` and `delete` name the generation that they expect to find.

Every method raises StorageUnavailable if the store does not answer.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from shared.model.contracts import Artifact, Source
from shared.model.errors import ArtifactChanged

JSON = "application/json"


@dataclass(frozen=True)
class Blob:
    """Metadata of one generation of an object."""

    uri: str
    generation: int
    size: int
    """In bytes."""
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    crc32c: str | None = None
    """Checksum of the content as Cloud Storage writes it: base64 of four bytes, the most
    significant first."""
    content_encoding: str | None = None
    """How the content claims to be compressed, such as "gzip"."""

    @property
    def name(self) -> str:
        """The object's name in its bucket."""
        return self.uri.split("/", 3)[3]


@dataclass(frozen=True)
class PlannedUpload:
    """What the object of a resumable upload will be."""

    size: int
    """In bytes."""
    if_generation_match: int
    """The generation that it replaces; 0: none."""
    content_type: str
    metadata: Mapping[str, str]
    origin: str | None = None
    """Origin of the web page that uploads, such as "https://example.org"; None: no page does."""


class BlobStore(Protocol):
    """Objects in buckets, by URIs such as `gs://bucket/name`."""

    def find(self, uri: str) -> Blob | None:
        """Returns the object's metadata, or None if there is no such object."""
        ...

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        """Yields the objects whose URI begins with `prefix`, in the order of their names.

        `start` is the first name that may be listed and `end` the first that may not; empty means
        no bound. `glob` is Cloud Storage's pattern of whole names, in which `**` matches anything
        and `{a,b}` either of both.
        """
        ...

    def read(self, uri: str, generation: int | None = None) -> bytes:
        """Returns the content of the object, or of that generation of it, as it is stored.

        Raises ArtifactMissing.
        """
        ...

    def fetch(self, artifact: Artifact, to: Path) -> None:
        """Copy an artifact to a local file.

        Raises ArtifactMissing, or ArtifactChanged if the content has another digest.
        """
        ...

    def open(self, source: Source) -> BinaryIO:
        """Returns a seekable file of that generation, which is read in ranges, as it is stored.

        Opening or reading it raises ArtifactMissing, or ContentUnreadable.
        """
        ...

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        """Write an object whose name is made of its content; no-op if it already exists.

        Returns it as an artifact with the given digest.
        """
        ...

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        """Replace that generation of an object (0: create the object). A file is read from its
        begin.

        Returns the new generation, or None if another generation was found. That may also be the
        one that this call wrote, if the response was lost and the request repeated.
        """
        ...

    def open_upload(self, uri: str, upload: PlannedUpload) -> str:
        """Returns the address of a resumable upload, to which anybody who has it can upload.

        The object is replaced once it has all its bytes. An upload of another size, or one that
        finds another generation at its end, fails.
        """
        ...

    def upload_origin(self) -> str:
        """Returns the origin of the addresses of resumable uploads, such as
        "https://storage.googleapis.com"."""
        ...

    def delete(self, uri: str, generation: int) -> bool:
        """Delete that generation of an object. Returns whether it was there."""
        ...


def delete_prefix(prefix: str, blobs: BlobStore) -> None:
    """Delete all objects whose URI begins with `prefix`. It can be repeated."""
    for blob in blobs.list(prefix):
        blobs.delete(blob.uri, blob.generation)


def verify_digest(artifact: Artifact, path: Path) -> None:
    """Raises ArtifactChanged if the file's digest is not the artifact's."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != artifact.sha256:
        raise ArtifactChanged(artifact.uri)
