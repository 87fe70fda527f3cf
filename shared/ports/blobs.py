"""Where recordings, artifacts and answers live. One Protocol; `gcs.py` is the only module that
knows Google.

No method writes without a precondition: what `keep` writes is named by its content and written
once, and `replace` and `delete` name the generation that they expect to find.
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
    """What a bucket says of an object. `size` is in bytes."""

    uri: str
    generation: int
    size: int
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    crc32c: str | None = None
    """Of the content, as Cloud Storage writes it: base64 of four bytes, the most significant
    first."""


class BlobStore(Protocol):
    def find(self, uri: str) -> Blob | None: ...

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        """The objects whose URI begins with `prefix`, in order of name.

        `start` is the first name that may be listed and `end` the first that may not; `glob` is a
        pattern of whole names as Cloud Storage has it, in which `**` matches anything and `{a,b}`
        either.
        """
        ...

    def read(self, uri: str, generation: int | None = None) -> bytes:
        """Raise ArtifactMissing when it, or that generation of it, is not there."""
        ...

    def fetch(self, artifact: Artifact, to: Path) -> None:
        """Copy to a local file; raise ArtifactChanged when the content is not the named one."""
        ...

    def open(self, source: Source) -> BinaryIO:
        """A seekable reader of just that generation, fetching ranges as they are read."""
        ...

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        """Write once under a name made of the content. If it is there already, that is it."""
        ...

    def put(
        self,
        uri: str,
        data: bytes,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        """Write over generation `over` (0: nothing may be there). The new generation, or None if
        another was found."""
        ...

    def delete(self, uri: str, generation: int) -> bool:
        """Delete just that generation. False when it is not the one that is there."""
        ...


def delete_prefix(prefix: str, blobs: BlobStore) -> None:
    """Delete all that begins with `prefix`. Safe to repeat."""
    for blob in blobs.list(prefix):
        blobs.delete(blob.uri, blob.generation)


def verify_digest(artifact: Artifact, path: Path) -> None:
    """Raise ArtifactChanged unless the file holds what the artifact names."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
            raise ArtifactChanged(artifact.uri)
