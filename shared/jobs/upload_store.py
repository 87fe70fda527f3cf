"""Stores what is uploaded through the HTTP API, from the request until its records expire.

An upload is the document `uploads/<upload_id>`. The id of one that was sent with an Idempotency-Key
is made of the key, so that a repeated request finds the record of the first. The object in the
inbox has the record's `mark` in its metadata, by which it is recognised as this very upload: two
requests with one Idempotency-Key may both write, and only one object comes of it.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.job import StoredModel
from shared.model.contracts import Source, WireModel
from shared.ports.documents import Documents

SESSION_DAYS = 7
"""Days after which Cloud Storage forgets an upload that is not complete."""
KEPT_DAYS = 30
"""Days after the last request until a record expires. As long, a repeated request is recognised."""
ID_DIGITS = 32


class RecordingUpload(WireModel):
    """A recording as it was asked to be uploaded."""

    bucket: str
    name: str
    size: int
    """In bytes."""
    sha256: str | None
    """Of the content; null if it is not known before the upload."""
    content_type: str
    options: dict[str, str]
    """By name, as the object's metadata holds them."""
    tags: dict[str, str]
    replace: bool
    """Whether a recording of that name may be replaced."""

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"

    def source(self, generation: int) -> Source:
        return Source(bucket=self.bucket, name=self.name, generation=generation)


class UploadRecord(StoredModel):
    """An upload, and what became of it."""

    upload_id: str
    key_id: str
    """The API key that it was sent with."""
    mark: str
    """Recognises the object of this upload."""
    recording: RecordingUpload | None
    """Null once the recording is erased."""
    replaces: int
    """Generation of the object that it replaces; 0: none."""
    state: Literal["open", "complete", "erased"]
    generation: int | None = None
    """Of the object, once it is known."""
    created: datetime
    updated: datetime
    closes: datetime
    """When storage forgets an upload that is not complete."""
    expires: datetime


@dataclass(frozen=True)
class UploadStore:
    """Uploads in `documents`. `clock` returns seconds since the epoch."""

    documents: Documents
    clock: Callable[[], float]

    def find(self, upload_id: str) -> UploadRecord | None:
        found = self.documents.get(upload_path(upload_id))
        if found is None:
            return None
        document, _ = found
        return UploadRecord.model_validate(document)

    def begin(
        self, upload_id: str, key_id: str, recording: RecordingUpload, replaces: int
    ) -> UploadRecord | None:
        """Record an upload before anything of it is written. Returns its record, or None if there
        is one already."""
        now = self.now()
        first = UploadRecord(
            upload_id=upload_id,
            key_id=key_id,
            mark=secrets.token_hex(16),
            recording=recording,
            replaces=replaces,
            state="open",
            created=now,
            updated=now,
            closes=now + timedelta(days=SESSION_DAYS),
            expires=now + timedelta(days=KEPT_DAYS),
        )

        def begun(record: UploadRecord | None) -> UploadRecord | None:
            return first if record is None else None

        return compare_and_set(self.documents, upload_path(upload_id), UploadRecord, begun)

    def prolong(self, upload_id: str) -> None:
        """Record that storage was asked again for an address, which counts from now."""
        now = self.now()

        def prolonged(record: UploadRecord | None) -> UploadRecord | None:
            if record is None:
                return None
            times = {
                "updated": now,
                "closes": now + timedelta(days=SESSION_DAYS),
                "expires": now + timedelta(days=KEPT_DAYS),
            }
            return record.model_copy(update=times)

        compare_and_set(self.documents, upload_path(upload_id), UploadRecord, prolonged)

    def complete(self, upload_id: str, generation: int) -> None:
        """Record that an object of this generation came of the upload."""
        now = self.now()

        def completed(record: UploadRecord | None) -> UploadRecord | None:
            if record is None or record.state != "open":
                return None
            changes = {"state": "complete", "generation": generation, "updated": now}
            return record.model_copy(update=changes)

        compare_and_set(self.documents, upload_path(upload_id), UploadRecord, completed)

    def erase(self, bucket: str, name: str) -> None:
        """Remove the name, the options and the tags of a recording from all its uploads."""
        now = self.now()

        def erased(record: UploadRecord | None) -> UploadRecord | None:
            if record is None or record.recording is None:
                return None
            changes = {"state": "erased", "recording": None, "updated": now}
            return record.model_copy(update=changes)

        for document in self.documents.query("uploads", "recording.name", name):
            record = UploadRecord.model_validate(document)
            if record.recording is not None and record.recording.bucket == bucket:
                path = upload_path(record.upload_id)
                compare_and_set(self.documents, path, UploadRecord, erased)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def upload_path(upload_id: str) -> str:
    return f"uploads/{upload_id}"


def new_upload_id() -> str:
    return "u_" + secrets.token_hex(ID_DIGITS // 2)


def repeatable_upload_id(key_id: str, idempotency_key: str) -> str:
    """Returns the id of the upload that an API key sends with this Idempotency-Key."""
    identity = f"{key_id}\n{idempotency_key}"
    digest = hashlib.sha256(identity.encode())
    return "u_" + digest.hexdigest()[:ID_DIGITS]


def differences(first: RecordingUpload, second: RecordingUpload) -> list[str]:
    """Returns what differs between two uploads that were sent with one Idempotency-Key."""
    differing = []
    for field in ("name", "size", "replace"):
        if getattr(first, field) != getattr(second, field):
            differing.append(field)
    digests = {first.sha256, second.sha256} - {None}
    if len(digests) == 2:
        differing.append("file")
    differing += differing_names(first.options, second.options)
    differing += [f"metadata {name}" for name in differing_names(first.tags, second.tags)]
    return differing


def differing_names(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """Returns the names that only one of two mappings has, or that have two values."""
    names = sorted({*first, *second})
    return [name for name in names if first.get(name) != second.get(name)]
