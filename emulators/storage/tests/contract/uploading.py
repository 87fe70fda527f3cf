"""The two ways in which the client uploads, and a short one for tests that need any."""

import io
from collections.abc import Callable
from typing import Any

from google.cloud import storage

UPLOADS: dict[str, Callable[..., None]] = {
    "multipart": lambda blob, data, **options: blob.upload_from_string(data, **options),
    "resumable": lambda blob, data, **options: blob.upload_from_file(io.BytesIO(data), **options),
}


def write(bucket: storage.Bucket, name: str, data: bytes = b"x", **options: Any) -> storage.Blob:
    blob = bucket.blob(name)
    blob.upload_from_string(data, **options)
    return blob
