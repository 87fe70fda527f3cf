"""Where recordings, artifacts and answers live. One Protocol; `gcs.py` is the only module that knows Google.

No method writes without a precondition: what `keep` writes is named by its content and written once, and `replace` and
`delete` name the generation that they expect to find.
"""

import hashlib
import io
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from shared.contracts import Artifact, Source
from shared.errors import ArtifactChanged, ArtifactMissing
from shared.settings import settings

JSON = "application/json"


@dataclass(frozen=True)
class Blob:
    """What a bucket says of an object. `size` is in bytes."""

    uri: str
    generation: int
    size: int
    created: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


class BlobStore(Protocol):
    def find(self, uri: str) -> Blob | None: ...

    def list(self, prefix: str, *, start: str = "", end: str = "", glob: str = "") -> Iterator[Blob]:
        """The objects whose URI begins with `prefix`, in order of name.

        `start` is the first name that may be listed and `end` the first that may not; `glob` is a pattern of whole
        names as Cloud Storage has it, in which `**` matches anything and `{a,b}` either.
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

    def keep(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        """Write once under a name made of the content. If it is there already, that is it."""
        ...

    def replace(
        self, uri: str, data: bytes, *, over: int, content_type: str = JSON, metadata: Mapping[str, str] | None = None
    ) -> int | None:
        """Write over generation `over` (0: nothing may be there). The new generation, or None if another was found."""
        ...

    def delete(self, uri: str, generation: int) -> bool:
        """Delete just that generation. False when it is not the one that is there."""
        ...


def job_uri(source: Source) -> str:
    """The folder of all that the stages write. Nothing is shared between jobs, so erasing one is erasing a folder."""
    return f"gs://{settings().work}/{source.job_id}/"


def work_uri(source: Source, stage: str) -> str:
    """The folder of a stage's objects."""
    return f"{job_uri(source)}{stage}"


def problem_uri(source: Source) -> str:
    """Where the shell leaves the problem that ended a stage, for finalize to find."""
    return f"{job_uri(source)}problem.json"


def wipe(prefix: str, blobs: BlobStore) -> None:
    """Delete all that begins with `prefix`. Safe to repeat."""
    for blob in blobs.list(prefix):
        blobs.delete(blob.uri, blob.generation)


class MemoryBlobs:
    """A BlobStore for unit tests: same promises, no network. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._objects: dict[str, tuple[Blob, bytes]] = {}
        self._generation = 0
        self._clock = clock

    def find(self, uri: str) -> Blob | None:
        return self._objects[uri][0] if uri in self._objects else None

    def list(self, prefix: str, *, start: str = "", end: str = "", glob: str = "") -> Iterator[Blob]:
        """Of a glob it knows the form `**/{a,b}`."""
        endings = tuple(glob.removeprefix("**").replace("{", "").replace("}", "").replace(",", ",/").split(","))
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
        verify(artifact, to)

    def open(self, source: Source) -> BinaryIO:
        return io.BytesIO(self.read(source.uri, source.generation))

    def keep(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        data = content.read_bytes() if isinstance(content, Path) else content
        self.replace(uri, data, over=0)
        return Artifact(uri=uri, generation=self._objects[uri][0].generation, sha256=sha256)

    def replace(
        self, uri: str, data: bytes, *, over: int, content_type: str = JSON, metadata: Mapping[str, str] | None = None
    ) -> int | None:
        found = self.find(uri)
        if (found.generation if found else 0) != over:
            return None
        self._generation += 1
        created = datetime.fromtimestamp(self._clock(), UTC)
        self._objects[uri] = Blob(uri, self._generation, len(data), created, dict(metadata or {})), data
        return self._generation

    def delete(self, uri: str, generation: int) -> bool:
        found = self.find(uri)
        if found is None or found.generation != generation:
            return False
        del self._objects[uri]
        return True


def verify(artifact: Artifact, path: Path) -> None:
    """Raise ArtifactChanged unless the file holds what the artifact names."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
            raise ArtifactChanged(artifact.uri)
