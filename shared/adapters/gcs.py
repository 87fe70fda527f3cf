"""Objects in Cloud Storage. The only module that imports its client."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import google.cloud.storage as storage
import requests
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY

from shared.adapters.google import translate_google_errors
from shared.model.contracts import Artifact, Source
from shared.model.errors import ArtifactMissing, ContentUnreadable, StorageUnavailable
from shared.model.formats import BYTES
from shared.ports.blobs import JSON, Blob, PlannedUpload, verify_digest

TIMEOUT = 60
"""Seconds without a byte before a request is given up."""
RETRY = DEFAULT_RETRY.with_timeout(90)
"""Retries for up to 90 s. All requests here can be repeated: reads, and writes with a generation
precondition."""
RANGE_BYTES = 2 << 20
"""Bytes that a ranged read fetches at a time."""
PART_BYTES = 8 << 20
"""Bytes of a large file that are in memory at a time while it is written."""
CONTENT_TYPES = {".json": JSON, ".wav": "audio/wav", ".bin": BYTES}
REFUSED = (
    "storage refuses to return it (HTTP status 400), as it does for an object encrypted with"
    " a key of the uploader's own (CSEK)"
)
OUTAGES: tuple[type[Exception], ...] = (
    ConnectionError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.JSONDecodeError,
    DataCorruption,
)
"""What the client raises, beside Google's errors, if a connection or a response breaks. Everything
else that requests raises, such as ContentDecodingError, would be raised again by each retry."""


class GcsBlobs:
    """A BlobStore in Cloud Storage, or in the emulator at STORAGE_EMULATOR_HOST."""

    def __init__(self) -> None:
        self._client = storage.Client()

    def find(self, uri: str) -> Blob | None:
        bucket_name, name = split_uri(uri)
        bucket = self._client.bucket(bucket_name)
        with translate_errors(uri):
            found = bucket.get_blob(name, timeout=TIMEOUT, retry=RETRY)
        if found is None:
            return None
        return blob_of(found)

    def list(
        self, prefix: str, *, start: str = "", end: str = "", glob: str = ""
    ) -> Iterator[Blob]:
        bucket, name = split_uri(prefix)
        with translate_errors(prefix):
            listing = self._client.list_blobs(
                bucket,
                prefix=name,
                start_offset=start or None,
                end_offset=end or None,
                match_glob=glob or None,
                timeout=TIMEOUT,
                retry=RETRY,
            )
            for found in listing:
                yield blob_of(found)

    def read(self, uri: str, generation: int | None = None) -> bytes:
        blob = self._at(uri, generation)
        with translate_errors(uri):
            content = blob.download_as_bytes(raw_download=True, timeout=TIMEOUT, retry=RETRY)
        return cast(bytes, content)

    def fetch(self, artifact: Artifact, to: Path) -> None:
        blob = self._at(artifact.uri)
        with translate_errors(artifact.uri):
            blob.download_to_filename(str(to), timeout=TIMEOUT, retry=RETRY)
        verify_digest(artifact, to)

    def open(self, source: Source) -> BinaryIO:
        blob = self._at(source.uri, source.generation)
        with translate_errors(source.uri):
            blob.reload(timeout=TIMEOUT, retry=RETRY)
        unbuffered = RangedReader(blob)
        reader = io.BufferedReader(unbuffered, buffer_size=RANGE_BYTES)
        return cast(BinaryIO, reader)

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        blob = self._at(uri)
        with translate_errors(uri):
            try:
                if isinstance(content, Path):
                    blob.upload_from_filename(
                        str(content),
                        content_type=CONTENT_TYPES[content.suffix],
                        if_generation_match=0,
                        timeout=TIMEOUT,
                        retry=RETRY,
                    )
                else:
                    blob.upload_from_string(
                        content,
                        content_type=JSON,
                        if_generation_match=0,
                        timeout=TIMEOUT,
                        retry=RETRY,
                    )
            except PreconditionFailed:
                blob.reload(timeout=TIMEOUT, retry=RETRY)
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
        blob = self._at(uri)
        blob.metadata = dict(metadata or {})
        blob.chunk_size = PART_BYTES
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        size = file.seek(0, io.SEEK_END)
        with translate_errors(uri):
            try:
                blob.upload_from_file(
                    file,
                    rewind=True,
                    size=size,
                    content_type=content_type,
                    if_generation_match=if_generation_match,
                    timeout=TIMEOUT,
                    retry=RETRY,
                )
            except PreconditionFailed:
                return None
        return cast(int, blob.generation)

    def open_upload(self, uri: str, upload: PlannedUpload) -> str:
        blob = self._at(uri)
        blob.metadata = dict(upload.metadata)
        with translate_errors(uri):
            url = blob.create_resumable_upload_session(
                size=upload.size,
                if_generation_match=upload.if_generation_match,
                content_type=upload.content_type,
                origin=upload.origin,
                checksum=None,
                timeout=TIMEOUT,
                retry=RETRY,
            )
        return cast(str, url)

    def upload_origin(self) -> str:
        return cast(str, self._client.api_endpoint)

    def upload(self, uri: str, path: Path, metadata: Mapping[str, str]) -> int:
        """Write a file over the current generation of an object, if there is one. Returns the new
        generation."""
        blob = self._at(uri)
        blob.metadata = dict(metadata)
        current = self.find(uri)
        generation = current.generation if current else 0
        with translate_errors(uri):
            blob.upload_from_filename(
                str(path), if_generation_match=generation, timeout=TIMEOUT, retry=RETRY
            )
        return cast(int, blob.generation)

    def delete(self, uri: str, generation: int) -> bool:
        blob = self._at(uri)
        with translate_errors(uri):
            try:
                blob.delete(if_generation_match=generation, timeout=TIMEOUT, retry=RETRY)
            except (NotFound, PreconditionFailed):
                return False
        return True

    def _at(self, uri: str, generation: int | None = None) -> storage.Blob:
        bucket_name, name = split_uri(uri)
        bucket = self._client.bucket(bucket_name)
        return bucket.blob(name, generation=generation)


class RangedReader(io.RawIOBase):
    """One generation of an object as a seekable file without a buffer: each read is a request."""

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
        origins = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}
        position = origins[whence] + offset
        self._position = max(0, position)
        return self._position

    def readinto(self, buffer: Any) -> int:
        remaining = self._size - self._position
        capacity = len(buffer)
        length = min(capacity, remaining)
        if length <= 0:
            return 0
        last = self._position + length - 1
        path = str(self._blob.path)
        with translate_errors(path):
            data = self._download(self._position, last)
        count = len(data)
        buffer[:count] = data
        self._position += count
        return count

    def _download(self, first: int, last: int) -> bytes:
        """Returns a range of the content as it is stored.

        Unpacking it, as the client would for Content-Encoding gzip, needs all that is before. A
        request that is refused as wrong (400) is so each time: that of an object encrypted with a
        key of the uploader's own, for example.
        """
        try:
            data = self._blob.download_as_bytes(
                start=first, end=last, raw_download=True, timeout=TIMEOUT, retry=RETRY
            )
        except BadRequest as error:
            raise ContentUnreadable(REFUSED) from error
        return cast(bytes, data)


def split_uri(uri: str) -> tuple[str, str]:
    """Returns the bucket and the name."""
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    return bucket, name


def blob_of(found: storage.Blob) -> Blob:
    return Blob(
        uri=f"gs://{found.bucket.name}/{found.name}",
        generation=found.generation,
        size=found.size,
        created=found.time_created,
        metadata=dict(found.metadata or {}),
        crc32c=found.crc32c,
        content_encoding=found.content_encoding,
    )


@contextmanager
def translate_errors(uri: str) -> Iterator[None]:
    """Raises ArtifactMissing or StorageUnavailable instead of the exceptions of the client."""
    with translate_google_errors(StorageUnavailable, "storage", *OUTAGES):
        try:
            yield
        except NotFound as error:
            raise ArtifactMissing(uri) from error
