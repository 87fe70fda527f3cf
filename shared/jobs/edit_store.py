"""The edits of transcripts: which are in force, and how a further revision of them is saved.

The revision that was saved last is `edits.json` among a job's objects in the work bucket, which is
replaced by compare-and-set. The one that all files of the answer have is `edits.json` beside the
answer, which finalize writes. The work bucket forgets after some days, so each may be the newer.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from shared.jobs.due_edits import record_due, record_execution
from shared.jobs.inbox import generation_of
from shared.jobs.job import Job
from shared.jobs.layout import edits_uri, outbox_folder
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.edits import Edits, StoredEdits
from shared.model.edits_api import etag_of
from shared.model.errors import (
    ArtifactMissing,
    EditsOutdated,
    RecordingErased,
    StorageUnavailable,
    TranscriptGone,
    WorkflowUnavailable,
)
from shared.model.formats import EDITS_FILE, TRANSCRIPT
from shared.ports.blobs import Blob, BlobStore
from shared.ports.executions import Executions

log = logging.getLogger(__name__)

TRIES = 5
"""Reads that others' writes may overtake before one is given up."""
NEW_RUN = "A new run is about to replace the transcript. Its edits can be changed after that."
GONE = "It was deleted, or replaced by the answer to a newer recording of the same name."


class FoundEdits(NamedTuple):
    """The edits of a job as they were found in both places."""

    base: int
    """The run that wrote the transcript."""
    current: StoredEdits | None
    """Those in force. None: there are none."""
    is_drawn: bool
    """Whether the files of the answer have them."""
    saved: StoredEdits | None
    """What is in the work bucket, of whatever run."""
    saved_generation: int
    """Generation of that object; 0 if there is none."""

    @property
    def revision(self) -> int:
        return revision_in(self.current)

    @property
    def etag(self) -> str:
        return etag_of(self.base, self.revision)


@dataclass(frozen=True)
class EditStore:
    """The edits of one deployment's jobs."""

    blobs: BlobStore
    jobs: JobStore
    executions: Executions

    def current(self, job: Job) -> StoredEdits | None:
        """Returns the edits that are in force, or None. Raises TranscriptGone."""
        return self.find(job).current

    def find(self, job: Job) -> FoundEdits:
        """Returns the edits of a job that has a transcript. Raises TranscriptGone."""
        return find_edits(job.source, self.blobs)

    def save(self, job: Job, edits: Edits, base: int, revision: int) -> StoredEdits:
        """Replace a revision of the edits by a further one, and have it drawn. Returns it.

        It can be repeated: the same edits are not saved twice in a row. Raises EditsOutdated if
        `base` and `revision` are not those in force, TranscriptGone or RecordingErased.
        """
        found = self.find(job)
        if job.is_carrying_edits:
            raise EditsOutdated(NEW_RUN, found.etag)
        saved = repeated(found, edits, base, revision)
        if saved is None:
            saved = self._replace(job, found, edits, base, revision)
        try:
            self._have_drawn(job, saved)
        except WorkflowUnavailable as error:
            log.warning("edits not drawn yet: %s", error)
        return saved

    def _replace(
        self, job: Job, found: FoundEdits, edits: Edits, base: int, revision: int
    ) -> StoredEdits:
        """Write the next revision over the one that was found. Raises EditsOutdated."""
        refuse_outdated(found, base, revision)
        stored = next_revision(found, edits, self.jobs)
        if put_edits(job.source, stored, found, self.blobs):
            return stored
        return self._written_before(job, stored)

    def _written_before(self, job: Job, stored: StoredEdits) -> StoredEdits:
        """Returns the revision if it is stored already: the response to the write was lost, and the
        write was repeated. Raises EditsOutdated if another writer was faster."""
        found = self.find(job)
        if found.current != stored:
            raise outdated(found)
        return stored

    def _have_drawn(self, job: Job, stored: StoredEdits) -> None:
        """Have finalize draw a revision: by the execution that does so already, or by a new one.

        Raises WorkflowUnavailable: the drawing stays due, and reconcile starts it. Raises
        RecordingErased, after the edits were deleted, if the recording was erased meanwhile.
        """
        job_id = job.job_id
        due = record_due(job_id, stored.revision, self.jobs)
        if due is None:
            delete_saved(job.source, self.blobs)
            raise RecordingErased("the recording was erased meanwhile")
        if due.is_carrying_edits:
            etag = etag_of(stored.base, stored.revision)
            raise EditsOutdated(NEW_RUN, etag)
        drawing = due.drawing_execution
        is_being_drawn = drawing and self.executions.is_active(drawing)
        if is_being_drawn:
            return
        execution = self.executions.draw_edits(job.source, stored.base)
        record_execution(job_id, execution, self.jobs)


def put_edits(source: Source, edits: StoredEdits, found: FoundEdits, blobs: BlobStore) -> bool:
    """Write edits into the work bucket over those that were found there. Returns False if another
    writer was faster."""
    content = edits.model_dump_json(indent=1)
    written = blobs.put(
        edits_uri(source), content.encode(), if_generation_match=found.saved_generation
    )
    return written is not None


def delete_saved(source: Source, blobs: BlobStore) -> None:
    """Delete the edits that were saved for a recording that was erased meanwhile."""
    saved = blobs.find(edits_uri(source))
    if saved is not None:
        blobs.delete(saved.uri, saved.generation)


def next_revision(found: FoundEdits, edits: Edits, jobs: JobStore) -> StoredEdits:
    """Returns the edits as the revision after those that were found."""
    fields = dict(edits)
    former = found.current
    return StoredEdits(
        **fields,
        base=found.base,
        revision=found.revision + 1,
        updated=datetime.fromtimestamp(jobs.clock(), UTC),
        unapplied=former.unapplied if former else (),
    )


def repeated(found: FoundEdits, edits: Edits, base: int, revision: int) -> StoredEdits | None:
    """Returns the current revision if it is the one that a request, which is repeated, has saved,
    or None."""
    current = found.current
    if current is None or (found.base, current.revision) != (base, revision + 1):
        return None
    return current if current.edits == edits else None


def refuse_outdated(found: FoundEdits, base: int, revision: int) -> None:
    """Raises EditsOutdated if the edits are not those in force, or if a newer run has taken them
    over, whose transcript is about to be there."""
    is_overtaken = found.saved is not None and found.saved.base > base
    if is_overtaken or (found.base, found.revision) != (base, revision):
        raise outdated(found)


def outdated(found: FoundEdits) -> EditsOutdated:
    return EditsOutdated(f"The current ETag is {found.etag}.", found.etag)


def find_edits(source: Source, blobs: BlobStore) -> FoundEdits:
    """Returns the edits of a recording that has a transcript. Raises TranscriptGone."""
    base = answered_run(source, blobs)
    drawn = drawn_edits(source, base, blobs)
    saved, generation = saved_edits(source, blobs)
    is_of_base = saved is not None and saved.base == base
    is_newer = revision_in(saved) > revision_in(drawn)
    if is_of_base and is_newer:
        return FoundEdits(base, saved, False, saved, generation)
    return FoundEdits(base, drawn, True, saved, generation)


def revision_in(edits: StoredEdits | None) -> int:
    """Returns the revision of edits, 0 if there are none."""
    return 0 if edits is None else edits.revision


def answered_run(source: Source, blobs: BlobStore) -> int:
    """Returns the run that wrote the transcript. Raises TranscriptGone."""
    blob = blobs.find(f"{outbox_folder(source)}/{TRANSCRIPT.file_name}")
    if blob is None or generation_of(blob) != source.generation:
        raise TranscriptGone(GONE)
    return run_of(blob)


def run_of(answer: Blob) -> int:
    """Returns the run that wrote an object of the outbox."""
    return int(answer.metadata["dropscribe-run"])


def revision_of(answer: Blob) -> int:
    """Returns the revision of the edits that an object of the outbox was drawn with, 0 without."""
    return int(answer.metadata.get("dropscribe-revision", 0))


def drawn_edits(source: Source, base: int, blobs: BlobStore) -> StoredEdits | None:
    """Returns the edits that the files of the answer have, or None."""
    edits, blob = read_edits(f"{outbox_folder(source)}/{EDITS_FILE}", blobs)
    if edits is None or blob is None or generation_of(blob) != source.generation:
        return None
    return edits if edits.base == base else None


def saved_edits(source: Source, blobs: BlobStore) -> tuple[StoredEdits | None, int]:
    """Returns the edits that were saved last and the generation of their object, or None and 0."""
    edits, blob = read_edits(edits_uri(source), blobs)
    return edits, blob.generation if blob else 0


def read_edits(uri: str, blobs: BlobStore) -> tuple[StoredEdits | None, Blob | None]:
    """Returns the edits in an object, and the object. Both are None if there is none."""
    for _ in range(TRIES):
        blob = blobs.find(uri)
        if blob is None:
            return None, None
        try:
            content = blobs.read(uri, blob.generation)
        except ArtifactMissing:
            continue  # it was replaced in between
        return StoredEdits.model_validate_json(content), blob
    raise StorageUnavailable(f"other writers overtook {TRIES} reads")
