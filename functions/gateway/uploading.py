"""Writes recordings to the inbox, or has their clients do so, and queues their jobs.

Every write names the generation that it replaces, and the object has the upload's mark. So a
request that is repeated finds out what its first try did, wherever that was cut off.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import BinaryIO

from functions.gateway.access import Caller
from functions.gateway.deployment import Deployment
from functions.gateway.recording_form import RecordingForm
from functions.gateway.upload_checks import AskedUpload, checked_upload
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.jobs.upload_store import (
    RecordingUpload,
    UploadRecord,
    UploadStore,
    differences,
    new_upload_id,
    repeatable_upload_id,
)
from shared.model.contracts import Source
from shared.model.errors import (
    JobStoreUnavailable,
    KeyReused,
    NameTaken,
    NotFound,
    RecordingErased,
    UploadGone,
)
from shared.model.option_names import UPLOAD_MARK
from shared.ports.blobs import Blob, BlobStore, PlannedUpload
from shared.runtime.job_traces import traced
from shared.runtime.spans import note_job

BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class OpenUpload:
    """An upload that waits for its bytes, and the address to which they go."""

    record: UploadRecord
    address: str
    is_new: bool


@dataclass(frozen=True)
class Uploading:
    """The stores that uploads go to."""

    blobs: BlobStore
    jobs: JobStore
    uploads: UploadStore

    # In one request

    def write(
        self,
        recording: RecordingUpload,
        file: BinaryIO,
        caller: Caller,
        idempotency_key: str | None,
    ) -> tuple[Job, bool]:
        """Write a recording to the inbox. Returns its job, and whether this request wrote it.

        Raises NameTaken, KeyReused or RecordingErased.
        """
        with traced("upload", lambda: self.jobs):
            return self._write(recording, file, caller, idempotency_key)

    def _write(
        self,
        recording: RecordingUpload,
        file: BinaryIO,
        caller: Caller,
        idempotency_key: str | None,
    ) -> tuple[Job, bool]:
        if idempotency_key is None:
            mark = secrets.token_hex(16)
            replaces = self._replaced(recording)
            source, is_new = self._put(recording, file, mark, replaces)
            return self._queue(source, recording), is_new
        upload_id = repeatable_upload_id(caller.key_id, idempotency_key)
        record, _ = self._claim(upload_id, recording, caller)
        written = self._written(record, recording)
        if written is not None:
            return self._finish(record, recording, written), False
        source, is_new = self._put(recording, file, record.mark, record.replaces)
        return self._finish(record, recording, source), is_new

    def _put(
        self, recording: RecordingUpload, file: BinaryIO, mark: str, replaces: int
    ) -> tuple[Source, bool]:
        """Write the object. Returns it, and whether this call wrote it. Raises NameTaken."""
        generation = self.blobs.put(
            recording.uri,
            file,
            if_generation_match=replaces,
            content_type=recording.content_type,
            metadata=marked(recording, mark),
        )
        if generation is not None:
            return recording.source(generation), True
        found = self.blobs.find(recording.uri)
        if found is None or found.metadata.get(UPLOAD_MARK) != mark:
            raise name_taken(recording, found)
        return recording.source(found.generation), False

    # To an address of storage's

    def open(
        self,
        recording: RecordingUpload,
        caller: Caller,
        idempotency_key: str | None,
        origin: str | None,
    ) -> OpenUpload | Job:
        """Returns an address for a recording's bytes, or the job if an earlier request with the
        Idempotency-Key is complete. `origin` is that of the web page that will upload.

        Raises NameTaken, KeyReused or RecordingErased.
        """
        upload_id = new_upload_id()
        if idempotency_key is not None:
            upload_id = repeatable_upload_id(caller.key_id, idempotency_key)
        record, is_new = self._claim(upload_id, recording, caller)
        written = self._written(record, recording)
        if written is not None:
            return self._finish(record, recording, written)
        planned = PlannedUpload(
            size=recording.size,
            if_generation_match=record.replaces,
            content_type=recording.content_type,
            metadata=marked(recording, record.mark),
            origin=origin,
        )
        address = self.blobs.open_upload(recording.uri, planned)
        if not is_new:
            self.uploads.prolong(upload_id)
        return OpenUpload(self.uploads.find(upload_id) or record, address, is_new)

    def look(self, upload_id: str, caller: Caller) -> UploadRecord | Job:
        """Returns the job of an upload that is complete, or else the upload.

        Raises NotFound, RecordingErased or UploadGone.
        """
        record = self.uploads.find(upload_id)
        if record is None or not is_visible(record, caller):
            raise NotFound("There is no such upload.")
        recording = recording_of(record)
        try:
            written = self._written(record, recording)
        except NameTaken as error:
            raise UploadGone(str(error)) from error
        if written is not None and record.generation is None:
            with traced("upload completed", lambda: self.jobs):
                return self._finish(record, recording, written)
        if written is not None:
            return self._finish(record, recording, written)
        if record.closes <= self.uploads.now():
            raise UploadGone("The upload was not completed in time. Begin another one.")
        return record

    # Steps of both

    def _claim(
        self, upload_id: str, recording: RecordingUpload, caller: Caller
    ) -> tuple[UploadRecord, bool]:
        """Record an upload. Returns its record, and whether no earlier request had made it.

        Raises NameTaken, KeyReused or RecordingErased.
        """
        record = self.uploads.find(upload_id)
        if record is None:
            replaces = self._replaced(recording)
            begun = self.uploads.begin(upload_id, caller.key_id, recording, replaces)
            if begun is not None:
                return begun, True
            record = self.uploads.find(upload_id)
        if record is None:
            raise JobStoreUnavailable("the record of the upload was deleted meanwhile")
        first = recording_of(record)
        differing = differences(first, recording)
        if differing:
            names = ", ".join(differing)
            raise KeyReused(f"The Idempotency-Key was sent before with another upload: {names}.")
        return record, False

    def _replaced(self, recording: RecordingUpload) -> int:
        """Returns the generation that an upload replaces, 0 if there is none. Raises NameTaken."""
        found = self.blobs.find(recording.uri)
        if found is None:
            return 0
        if not recording.replace:
            raise name_taken(recording, found)
        return found.generation

    def _written(self, record: UploadRecord, recording: RecordingUpload) -> Source | None:
        """Returns the object of an upload, or None if its bytes are still to come.

        Raises NameTaken if another object has come in its place.
        """
        if record.generation is not None:
            return recording.source(record.generation)
        found = self.blobs.find(recording.uri)
        if found is not None and found.metadata.get(UPLOAD_MARK) == record.mark:
            return recording.source(found.generation)
        if found is None:
            deleted = self._deleted(record, recording)
            if deleted is not None:
                return deleted
        generation = found.generation if found else 0
        if generation != record.replaces:
            raise name_taken(recording, found)
        return None

    def _deleted(self, record: UploadRecord, recording: RecordingUpload) -> Source | None:
        """Returns the object of an upload that was deleted after its answer, as keep-audio=false
        asks, or None if there was none."""
        for job in self.jobs.list_by_object(recording.bucket, recording.name):
            if job.upload_mark == record.mark:
                return job.source
        return None

    def _finish(self, record: UploadRecord, recording: RecordingUpload, source: Source) -> Job:
        """Queue the job of an upload's object. Returns the job."""
        job = self._queue(source, recording)
        self.uploads.complete(record.upload_id, source.generation)
        return job

    def _queue(self, source: Source, recording: RecordingUpload) -> Job:
        """Record that the job waits for its first run, which the object's event starts."""
        note_job(source.job_id, 1)
        self.jobs.record_upload(source, recording.size, recording.tags)
        job = self.jobs.find(source.job_id)
        if job is None:
            raise JobStoreUnavailable("the job was not found after it was queued")
        return job


def uploading(stores: Deployment) -> Uploading:
    return Uploading(stores.blobs, stores.jobs, stores.uploads)


def store_form(
    form: RecordingForm,
    asked: AskedUpload,
    caller: Caller,
    stores: Deployment,
    idempotency_key: str | None,
) -> tuple[Job, bool]:
    """Write a form's recording to the inbox. Returns its job, and whether it is a new one.

    Raises RecordingTooLarge, UploadRefused, NameTaken, KeyReused or RecordingErased.
    """
    if idempotency_key is not None:
        asked = replace(asked, sha256=digest_of(form.file))
    recording = checked_upload(asked, caller, stores.blobs)
    return uploading(stores).write(recording, form.file, caller, idempotency_key)


def digest_of(file: BinaryIO) -> str:
    """Returns the SHA-256 digest of a file that is at its begin, in hex."""
    digest = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def marked(recording: RecordingUpload, mark: str) -> dict[str, str]:
    """Returns the metadata of an upload's object."""
    return {**recording.options, **recording.tags, UPLOAD_MARK: mark}


def name_taken(recording: RecordingUpload, found: Blob | None) -> NameTaken:
    """Returns the error that names the job of the recording in the way."""
    if found is None:
        return NameTaken("The recording that was to be replaced was deleted meanwhile.")
    job_id = recording.source(found.generation).job_id
    return NameTaken(
        f"The recording of job {job_id} has the name. Upload under another name, or with "
        "replace=true and, if there is one, another Idempotency-Key."
    )


def recording_of(record: UploadRecord) -> RecordingUpload:
    """Returns what a record is about. Raises RecordingErased."""
    if record.recording is None:
        raise RecordingErased("The recording and everything made from it were erased.")
    return record.recording


def is_visible(record: UploadRecord, caller: Caller) -> bool:
    """Returns whether a caller may know of an upload. One that is erased has no name any more, so
    that only the key that sent it sees it."""
    if record.recording is None:
        return record.key_id == caller.key_id
    return caller.may_see(record.recording.name)
