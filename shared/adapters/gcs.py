"""Cloud Storage, through its own client. The only module that imports it."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import google.cloud.storage as storage
import requests
from google.api_core import exceptions as gone_wrong
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage.retry import DEFAULT_RETRY

from shared.model.contracts import Artifact, Source
from shared.model.errors import ArtifactMissing, StorageUnavailable
from shared.ports.blobs import JSON, Blob, verify_digest

TIMEOUT = 60
"""Seconds without a byte before a request is given up."""
RETRY = DEFAULT_RETRY.with_timeout(90)
"""All requests here can be repeated: reads, and writes with a generation precondition."""
PIECE = 2 << 20
"""Bytes a ranged read fetches at a time."""
OUTAGES = (
    gone_wrong.GoogleAPICallError, gone_wrong.RetryError, GoogleAuthError, requests.RequestException, ConnectionError,
)  # fmt: skip
TYPES = {".json": JSON, ".wav": "audio/wav"}


class GcsBlobs:
    """A BlobStore in Cloud Storage, or in whatever STORAGE_EMULATOR_HOST points at."""

    def __init__(self) -> None:
        self._client = storage.Client()

    def find(self, uri: str) -> Blob | None:
        with translate_errors(uri):
            bucket, name = split(uri)
            blob = self._client.bucket(bucket).get_blob(name, timeout=TIMEOUT, retry=RETRY)
            return described(blob) if blob else None

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        bucket, name = split(prefix)
        bounds = {
            "start_offset": start or None,
            "end_offset": end or None,
            "match_glob": glob or None,
        }
        with translate_errors(prefix):
            for blob in self._client.list_blobs(
                bucket, prefix=name, timeout=TIMEOUT, retry=RETRY, **bounds
            ):
                yield described(blob)

    def read(self, uri: str, generation: int | None = None) -> bytes:
        with translate_errors(uri):
            return cast(
                bytes, self._at(uri, generation).download_as_bytes(timeout=TIMEOUT, retry=RETRY)
            )

    def fetch(self, artifact: Artifact, to: Path) -> None:
        with translate_errors(artifact.uri):
            self._at(artifact.uri).download_to_filename(str(to), timeout=TIMEOUT, retry=RETRY)
        verify_digest(artifact, to)

    def open(self, source: Source) -> BinaryIO:
        blob = self._at(source.uri, source.generation)
        with translate_errors(source.uri):
            blob.reload(timeout=TIMEOUT, retry=RETRY)
        return cast(BinaryIO, io.BufferedReader(Ranged(blob), buffer_size=PIECE))

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        blob = self._at(uri)
        options: dict[str, Any] = {"if_generation_match": 0, "timeout": TIMEOUT, "retry": RETRY}
        with translate_errors(uri):
            try:
                if isinstance(content, Path):
                    blob.upload_from_filename(
                        str(content), content_type=TYPES[content.suffix], **options
                    )
                else:
                    blob.upload_from_string(content, content_type=JSON, **options)
            except gone_wrong.PreconditionFailed:
                blob.reload(timeout=TIMEOUT, retry=RETRY)
        return Artifact(uri=uri, generation=blob.generation, sha256=sha256)

    def put(
        self,
        uri: str,
        data: bytes,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        blob = self._at(uri)
        blob.metadata = dict(metadata or {})
        with translate_errors(uri):
            try:
                blob.upload_from_string(
                    data,
                    content_type=content_type,
                    if_generation_match=if_generation_match,
                    timeout=TIMEOUT,
                    retry=RETRY,
                )
            except gone_wrong.PreconditionFailed:
                return None
            return cast(int, blob.generation)

    def upload(self, uri: str, path: Path, metadata: Mapping[str, str]) -> int:
        """Put a file there as a new generation over whatever stands there now."""
        blob = self._at(uri)
        blob.metadata = dict(metadata)
        standing = self.find(uri)
        over = standing.generation if standing else 0
        with translate_errors(uri):
            blob.upload_from_filename(
                str(path), if_generation_match=over, timeout=TIMEOUT, retry=RETRY
            )
        return cast(int, blob.generation)

    def delete(self, uri: str, generation: int) -> bool:
        with translate_errors(uri):
            try:
                self._at(uri).delete(if_generation_match=generation, timeout=TIMEOUT, retry=RETRY)
            except (gone_wrong.NotFound, gone_wrong.PreconditionFailed):
                return False
            return True

    def _at(self, uri: str, generation: int | None = None) -> storage.Blob:
        bucket, name = split(uri)
        return self._client.bucket(bucket).blob(name, generation=generation)


class Ranged(io.RawIOBase):
    """One generation of an object as a raw seekable file; each read is a ranged request."""

    def __init__(self, blob: storage.Blob) -> None:
        self._blob = blob
        self._size = cast(int, blob.size)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        end = self._position + wanted - 1
        with translate_errors(str(self._blob.path)):
            data = self._blob.download_as_bytes(
                start=self._position, end=end, timeout=TIMEOUT, retry=RETRY
            )
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def split(uri: str) -> tuple[str, str]:
    """Bucket and name."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    return bucket, name


def described(blob: storage.Blob) -> Blob:
    uri = f"gs://{blob.bucket.name}/{blob.name}"
    return Blob(
        uri, blob.generation, blob.size, blob.time_created, dict(blob.metadata or {}), blob.crc32c
    )


@contextmanager
def translate_errors(uri: str) -> Iterator[None]:
    """Google's failures as ours. A refusal (403) is an outage too: the fix is ours, and the job can
    wait for it. So is a metadata server that has no token for us at the moment."""
    try:
        yield
    except gone_wrong.NotFound as error:
        raise ArtifactMissing(uri) from error
    except OUTAGES as error:
        raise StorageUnavailable(f"{type(error).__name__} from storage") from error
